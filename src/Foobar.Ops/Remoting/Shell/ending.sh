# How a session's runner ends jobs and itself (for the names and the files see runner.sh, which follows this text).
#
# The runner ends when its input ends (sshd saw the client go), and when a write fails (SIGPIPE): a writer that died
# with the token would keep all others waiting for it. A guard beside each runner ends what is left when the runner was
# killed, hangs, or the client gave no sign of life for 35 s (the network is gone, and sshd does not notice for hours).

# Ends a job with all that it started: id.
__fb_killing() {
    trap - EXIT HUP TERM
    exec 7>&-
    __fb_all=' ' __fb_round=0
    while [ "$__fb_round" -lt 30 ]; do
        __fb_find "$1"
        [ "$__fb_all" != ' ' ] || { [ ! -e "$__fb_dir/o$1" ] && __fb_child "$1"; } || break
        __fb_signal=TERM
        [ "$__fb_round" -lt 2 ] || __fb_signal=KILL
        # A process that changed its user (the job itself called sudo) may only be ended by root.
        kill -s $__fb_signal $__fb_all || [ "$__fb_round" -lt 3 ] || sudo -n kill -s $__fb_signal $__fb_all
        sleep 0.1 || sleep 1
        __fb_round=$((__fb_round + 1))
    done
}

# Finds the living processes of a job, into __fb_all: those with its mark, those that were found before, and all their descendants.
__fb_find() {
    __fb_old=$__fb_all __fb_all=' '
    for __fb_x in $__fb_old; do
        [ ! -e "/proc/$__fb_x/fd" ] || __fb_dead "$__fb_x" || __fb_all="$__fb_all$__fb_x "
    done
    for __fb_x in /proc/[0-9]*; do
        [ ! "$__fb_x/fd/9" -ef "$__fb_dir/o$1" ] || __fb_add "${__fb_x#/proc/}"
    done
    for __fb_x in $(grep -slF "FOOBAR_JOB=$__fb_nonce-$1." /proc/[0-9]*/environ); do
        __fb_x=${__fb_x#/proc/}
        __fb_add "${__fb_x%/environ}"
    done
    ! __fb_child "$1" || __fb_add "$__fb_q"
    __fb_pairs=$(grep -s '^PPid:' /proc/[0-9]*/status)
    __fb_more=1
    while [ $__fb_more = 1 ]; do
        __fb_more=0
        for __fb_x in $__fb_pairs; do
            case $__fb_x in
                /proc/*) __fb_q=${__fb_x#/proc/} __fb_q=${__fb_q%%/*} ;;
                *) case $__fb_all in *" $__fb_x "*) __fb_add "$__fb_q" ;; esac ;;
            esac
        done
    done
}

__fb_add() {
    case $__fb_all in
        *" $1 "*) ;;
        *) __fb_dead "$1" || { __fb_all="$__fb_all$1 " __fb_more=1; } ;;
    esac
}

# A process that has ended and waits for its parent.
__fb_dead() {
    read -r __fb_stat <"/proc/$1/stat" || return 0
    case ${__fb_stat##*) } in Z* | X*) return 0 ;; esac
    return 1
}

# The connection is gone, or the session is over: nothing stays. It stands as the action of each signal itself: where 'exit'
# stood there, dash ran it as the first thing of the trap on EXIT when its input ended too, and the trap did nothing.
__fb_end() {
    trap '' HUP TERM PIPE
    trap - EXIT
    exec 7>&-
    # Whoever waits for a token that was lost may write, and sees that nobody reads.
    printf '\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n' >&8
    __fb_close
    [ -z "${__fb_rootpid-}" ] || wait "$__fb_rootpid"
    # The guard as late as can be, so that there is nearly always one of the two, and with the program that it waits for.
    __fb_guardpid=
    __fb_end_own
    __fb_leave
    exit 0
} 2>/dev/null

# Ends the runner's other processes, so that no job starts any more and none forks, then the jobs. What runs is learned from
# the files: variables may lack what a signal came between.
__fb_close() {
    # A shell that waits now and is gone afterwards has run nothing: its worker's last job had ended.
    __fb_idle=' '
    for __fb_x in "$__fb_dir"/q*; do
        __fb_k=${__fb_x##*/q}
        if read -r __fb_q <"$__fb_x" && [ "/proc/$__fb_q/fd/4" -ef "$__fb_dir/w$__fb_k" ]; then
            __fb_idle="$__fb_idle$__fb_k:$__fb_q "
        fi
    done
    __fb_end_own
    __fb_enders=
    for __fb_x in "$__fb_dir"/q*; do
        __fb_k=${__fb_x##*/q}
        if [ -O "$__fb_x" ] && read -r __fb_y __fb_id __fb_z <"$__fb_dir/c$__fb_k" && [ -n "$__fb_id" ]; then
            eval "__fb_p$__fb_id=none __fb_k$__fb_id=$__fb_k"
            if __fb_child "$__fb_id" && ! __fb_idled; then
                __fb_killing "$__fb_id" &
                __fb_enders="$__fb_enders $!"
            fi
        fi
    done
    for __fb_x in "$__fb_dir"/[sz][0-9]*; do
        if [ -O "$__fb_x" ]; then
            __fb_refuse "${__fb_x##*/[sz]}" &
            __fb_enders="$__fb_enders $!"
        fi
    done
    [ -z "$__fb_enders" ] || wait $__fb_enders
}

# Ends the runner's other processes, which its token marks, but for the guard.
__fb_end_own() {
    read -r __fb_self __fb_x </proc/self/stat
    __fb_round=0 __fb_more=1
    while [ $__fb_more = 1 ] && [ $__fb_round -lt 10 ]; do
        __fb_round=$((__fb_round + 1)) __fb_more=0
        for __fb_x in /proc/[0-9]*; do
            # Root's processes are for root's runner to end.
            if [ "$__fb_x/fd/8" -ef "$__fb_dir/t" ] && [ -O "$__fb_x" ]; then
                case " $__fb_self $__fb_main ${__fb_guardpid-} ${__fb_rootpid-} " in
                    *" ${__fb_x#/proc/} "*) ;;
                    *) kill -s KILL "${__fb_x#/proc/}" && __fb_more=1 ;;
                esac
            fi
        done
    done
}

__fb_idled() {
    case $__fb_idle in *" $__fb_k:$__fb_q "*) __fb_dead "$__fb_q" ;; *) return 1 ;; esac
}

# Removes the session's files, once root's runner, or its guard, needs them no more.
__fb_leave() {
    if [ -n "${__fb_is_root-}" ]; then
        rm -f "$__fb_dir/R"
        return
    fi
    for __fb_x in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        [ -e "$__fb_dir/R" ] || break
        sleep 1
    done
    rm -rf "$__fb_dir"
}

# Watches over the runner: ends everything when it is gone, or when its client is.
__fb_guard() {
    trap '' HUP INT TERM PIPE
    trap - EXIT
    exec 7>&-
    __fb_beat= __fb_late=0
    while [ "/proc/$__fb_main/fd/8" -ef "$__fb_dir/t" ] && [ "/proc/$__fb_login/fd/8" -ef "$__fb_dir/t" ] && [ "$__fb_late" -lt 7 ]; do
        sleep 5
        __fb_x=
        read -r __fb_x <"$__fb_dir/h"
        if [ "$__fb_x" = "$__fb_beat" ]; then
            __fb_late=$((__fb_late + 1))
            __fb_look_all
        else
            __fb_beat=$__fb_x __fb_late=0
        fi
    done
    __fb_clear
}

# Looks at the jobs of a client that may look no more. What runs is learned from the files.
__fb_look_all() {
    __fb_survey 0
    for __fb_x in "$__fb_dir"/q*; do
        __fb_k=${__fb_x##*/q}
        if [ -O "$__fb_x" ] && read -r __fb_y __fb_id __fb_cap <"$__fb_dir/c$__fb_k" && [ -n "$__fb_cap" ]; then
            eval "__fb_p$__fb_id=none __fb_k$__fb_id=$__fb_k"
            ! __fb_child "$__fb_id" || ! __fb_outgrown "$__fb_id" "$__fb_cap" || (__fb_killing "$__fb_id")
        fi
    done
}

# Ends what a runner left, and the runner first.
__fb_clear() {
    kill -s KILL "$__fb_main"
    sleep 0.2 || sleep 1
    __fb_close
    __fb_leave
}

# Directories of sessions that were killed together with their guards.
__fb_sweep() {
    for __fb_y in "$1"/foobar-*; do
        if [ -O "$__fb_y" ] && read -r __fb_p __fb_q <"$__fb_y/m" && [ ! "/proc/$__fb_p/fd/8" -ef "$__fb_y/t" ] &&
            [ ! "/proc/$__fb_q/fd/8" -ef "$__fb_y/t" ]; then
            rm -rf "$__fb_y"
        fi
    done
}

