# What a server's shell is given over standard input: it runs jobs side by side and sends each one's output back in frames.
# POSIX sh with Linux's /proc; known to work in dash, bash and busybox. Set before: __fb_nonce, and __fb_env, the words by
# which a program is started in an environment of ours; for root's runner __fb_dir and __fb_is_root too. Frames (a line of
# ASCII words, then as many bytes as it says):
#   FOOBAR nonce uid directory     this text has been read (a hyphen for the directory: no place to spool was found)
#   R                              root's runner is ready
#   r code length                  root's runner ended; what sudo said
#   p number                       a ping was read
#   o id length, e id length       a part of a job's output or error
#   x id code cut length length    a job ended; the rest of its output and error
#   f id                           a job could not be started: no room for its output, or its input did not arrive
#   d id                           the process that was to report a job's end was killed; the job was ended
#   k id                           a request to end a job was read
#   s id, z id                     a streamed command may start; it was ended, and will not start any more
# A worker waits for one job after another; the shell that will run the next one is started beforehand, and waits for a line
# on descriptor 4, so that a job costs no fork while somebody waits for it. It is a program of its own: its $$ is nobody
# else's. Files of worker k: wk its FIFO, ck the script (its first line has the job's id and cap), qk the waiting shell's
# process id. Files of job i: oi, ei output and error, ii input, fi the input failed. Files of the session: t the token, h the
# last sign of life of the client, m the process ids of the login's runner and of its guard, R while root's runner lives.
# A streamed command is started by sshd in a channel of its own, but bears the marks of a job, so that it is found and ended as
# one: oi holds its mark, si while it may run, zi when it may not any more. It opens oi, then looks for si (ShellEnvironment.cs):
# so a command that starts late either sees that si is gone or is found by whoever removed it.
# The fewer files and redirections, the sooner a job is done: each takes a dozen system calls.
# Other descriptors: 7 to root's runner (closed by 'exec' in every other process: a redirection of a function's call keeps a
# copy, and root's runner would never see the end), 8 the token that allows to write a frame (and the mark of the runner's own
# processes), 9 marks every process of a job (unless it closed it; then the environment or its parents tell).
# How jobs and the session are ended: ending.sh, which stands before this text.

__fb_nl='
'
__fb_ids=
__fb_workers=
__fb_main=$$

# What a job's shell does: waits for a line, then runs the script. Its arguments: the directory, the worker, the nonce.
# The script begins with __fb_begin: id, cap. Where there is no room for the output, the shell ends.
__fb_waiting='
__fb_begin() {
    exec >>"$__fb_dir/o$1" 2>>"$__fb_dir/e$1" 4>&- 8>&- 9<"$__fb_dir/o$1"
    [ ! -e "$__fb_dir/i$1" ] || exec <"$__fb_dir/i$1"
    FOOBAR_JOB=$__fb_nonce-$1.
    export FOOBAR_JOB
    unset __fb_dir __fb_nonce __fb_c __fb_x
    unset -f __fb_begin
}
__fb_dir=$1 __fb_c=$1/c$2 __fb_nonce=$3
set --
read -r __fb_x <&4
. "$__fb_c"
'

# A job: worker, id, the most bytes of output and of error to keep, script.
__fb_job() {
    eval "[ -n \"\${__fb_w$1-}\" ]" || __fb_hire "$1"
    if [ ! -e "$__fb_dir/f$2" ] && printf '__fb_begin %s %s\n%s\n' "$2" "$3" "$4" >"$__fb_dir/c$1"; then
        eval "__fb_p$2=\$__fb_w$1 __fb_k$2=$1"
        __fb_ids="$__fb_ids $2"
        echo 1<>"$__fb_dir/w$1"
    else
        __fb_frame "f $2$__fb_nl"
    fi
}

__fb_hire() {
    [ -p "$__fb_dir/w$1" ] || mkfifo "$__fb_dir/w$1"
    exec 4<>"$__fb_dir/w$1"
    __fb_work "$1" </dev/null &
    exec 4>&-
    eval "__fb_w$1=\$!"
    __fb_workers="$__fb_workers $1"
}

__fb_work() {
    trap - EXIT HUP TERM
    trap __fb_broken PIPE
    exec 7>&-
    LC_ALL=C
    __fb_last= __fb_again=0
    while :; do
        (
            trap - PIPE
            umask "$__fb_umask"
            export LC_ALL=C.UTF-8
            exec $__fb_sh -c "$__fb_waiting" sh "$__fb_dir" "$1" "$__fb_nonce"
        ) &
        echo $! >"$__fb_dir/q$1"
        wait $!
        __fb_code=$?
        read -r __fb_x __fb_id __fb_cap <"$__fb_dir/c$1"
        [ -n "$__fb_id" ] || exit
        if [ "$__fb_id" = "$__fb_last" ]; then
            # The shell that waited was killed.
            __fb_again=$((__fb_again + 1))
            [ $__fb_again -lt 5 ] || exit
        elif [ "$__fb_code" = 0 ] || [ -e "$__fb_dir/e$__fb_id" ]; then
            __fb_report "$__fb_id" "$__fb_cap"
        else
            __fb_frame "f $__fb_id$__fb_nl"
        fi
        __fb_last=$__fb_id
    done
}

# A frame could not be written: nobody reads any more.
__fb_broken() {
    kill -s TERM "$__fb_main"
    exit 1
}

# Lets a worker go: its number. It ends by itself, since it may have the token still.
__fb_dismiss() {
    eval "[ -n \"\${__fb_w$1-}\" ]" || return 0
    echo exit >"$__fb_dir/c$1"
    echo 1<>"$__fb_dir/w$1"
    unset "__fb_w$1"
}

# Sends what a job gave. Short text goes out by builtins alone: starting one program costs more than all the rest.
__fb_report() {
    __fb_o=$__fb_dir/o$1 __fb_e=$__fb_dir/e$1 __fb_i=$__fb_dir/i$1
    __fb_cut=0 __fb_to= __fb_te=
    __fb_size "$__fb_o" "$2"
    __fb_no=$__fb_n
    __fb_size "$__fb_e" "$2"
    __fb_ne=$__fb_n
    if [ "$__fb_no" -gt 0 ]; then
        if __fb_text "$__fb_o" "$__fb_no"; then __fb_to=$__fb_t; else __fb_send o "$1" "$__fb_o" "$__fb_no"; __fb_no=0; fi
        true >"$__fb_o"
    fi
    if [ "$__fb_ne" -gt 0 ]; then
        if __fb_text "$__fb_e" "$__fb_ne"; then __fb_te=$__fb_t; else __fb_send e "$1" "$__fb_e" "$__fb_ne"; __fb_ne=0; fi
        true >"$__fb_e"
    fi
    [ ! -e "$__fb_i" ] || true >"$__fb_i"
    __fb_frame "x $1 $__fb_code $__fb_cut $__fb_no $__fb_ne$__fb_nl$__fb_to$__fb_te"
}

# The size of a spool file, at most the cap: file, cap. A line feed is appended (and never sent), for the position after it
# is the size.
__fb_size() {
    __fb_n=0
    [ -s "$1" ] || return 0
    exec 5>>"$1"
    if echo >&5 && read -r __fb_x __fb_n </proc/self/fdinfo/5; then
        __fb_n=$((__fb_n - 1))
    else
        __fb_n=$(wc -c <"$1")
        __fb_n=$((__fb_n))
    fi
    exec 5>&-
    [ "$__fb_n" -le "$2" ] || { __fb_n=$2 __fb_cut=1; }
}

# Reads a short spool file; false if it is long, or holds a NUL (which variables can't).
__fb_text() {
    [ "$2" -le 1024 ] && [ "$__fb_cut" = 0 ] || return 1
    __fb_t=
    while IFS= read -r __fb_x; do
        __fb_t=$__fb_t$__fb_x$__fb_nl
    done <"$1"
    __fb_t=${__fb_t%?}
    [ ${#__fb_t} -eq "$2" ]
}

# Sends a spool file in parts, so that others' frames get their turn: kind, id, file, length.
__fb_send() {
    __fb_at=0
    while [ "$__fb_at" -lt "$4" ]; do
        __fb_part=$(($4 - __fb_at))
        [ "$__fb_part" -le 262144 ] || __fb_part=262144
        read -r __fb_x <&8
        printf '%s\n' "$1 $2 $__fb_part"
        if [ "$__fb_part" = 262144 ]; then
            dd if="$3" bs=262144 skip=$((__fb_at / 262144)) count=1
        elif [ "$__fb_at" = 0 ]; then
            head -c "$__fb_part" "$3"
        else
            tail -c "+$((__fb_at + 1))" "$3" | head -c "$__fb_part"
        fi
        echo >&8
        __fb_at=$((__fb_at + __fb_part))
    done
}

__fb_frame() {
    read -r __fb_x <&8
    printf %s "$1"
    echo >&8
}

# The client lives: a number.
__fb_ping() {
    echo "$1" >"$__fb_dir/h"
    __fb_frame "p $1$__fb_nl"
}

# A part of a job's input, before the job: id, base64. A sign of life too: a long input may keep pings waiting.
__fb_put() {
    echo "put $1 $((__fb_puts = __fb_puts + 1))" >"$__fb_dir/h"
    printf %s "$2" | base64 -d >>"$__fb_dir/i$1" || true >"$__fb_dir/f$1"
}

# Lets a streamed command start: id.
__fb_stream() {
    if true >"$__fb_dir/o$1" && true >"$__fb_dir/s$1"; then
        __fb_frame "s $1$__fb_nl"
    else
        __fb_frame "f $1$__fb_nl"
    fi
} 2>/dev/null

# Ends a streamed command, whether it runs or is yet to start: id.
__fb_unstream() {
    (
        __fb_refuse "$1"
        (cd "$__fb_dir" && exec rm -f "o$1" "z$1")
        __fb_frame "z $1$__fb_nl" >&3
    ) 3>&1 </dev/null >/dev/null &
}

__fb_refuse() {
    trap - EXIT HUP TERM
    trap __fb_broken PIPE
    exec 7>&-
    mv "$__fb_dir/s$1" "$__fb_dir/z$1"
    __fb_killing "$1"
} 2>/dev/null

# Jobs whose results have arrived: forgets them and their files.
__fb_forget() {
    __fb_files=
    for __fb_x; do
        unset "__fb_p$__fb_x" "__fb_k$__fb_x"
        __fb_files="$__fb_files o$__fb_x e$__fb_x i$__fb_x f$__fb_x s$__fb_x"
    done
    __fb_left=
    for __fb_x in $__fb_ids; do
        eval "[ -z \"\${__fb_p$__fb_x-}\" ] || __fb_left=\"\$__fb_left $__fb_x\""
    done
    __fb_ids=$__fb_left
    (cd "$__fb_dir" && exec rm -f $__fb_files) </dev/null >/dev/null
}

# Looks at jobs that take longer, as the client asks again and again; a guard of its own for each job would cost processes.
# The least of their caps if files are looked at too, or a hyphen; then id and cap of each job. Ends a job when its output has
# outgrown the cap, or when its worker was killed, so that nobody would tell its end.
__fb_look() {
    __fb_survey "$1"
    shift
    while [ $# -gt 0 ]; do
        if ! __fb_child "$1"; then
            :
        elif [ ! "/proc/$__fb_p/fd/8" -ef "$__fb_dir/t" ]; then
            __fb_once "$1" "d $1$__fb_nl"
        elif __fb_outgrown "$1" "$2"; then
            __fb_once "$1" ""
        fi
        shift 2
    done
} 2>/dev/null

# Which files are longer than the least of the caps: that cap. One program for all jobs.
__fb_survey() {
    __fb_long=
    [ "$1" = - ] || __fb_long=$(cd "$__fb_dir" && exec find . -name '[oe][0-9]*' -size +"$1"c)
}

# Ends a job that is not being ended yet: id, a frame to send afterwards.
__fb_once() {
    case " ${__fb_ending-} " in *" $1 "*) return 0 ;; esac
    __fb_ending="${__fb_ending-} $1"
    (
        (
            trap - EXIT HUP TERM
            trap __fb_broken PIPE
            exec 7>&-
            __fb_killing "$1"
            [ -z "$2" ] || __fb_frame "$2" >&3
        ) 3>&1 </dev/null >/dev/null &
    )
}

# Whether the output or the error of a job is longer than its cap: id, cap. Where the job's shell still writes to the file that
# it was given, its position there is the file's length and costs no program; for what opened the files anew, __fb_long has those
# that may be longer.
__fb_outgrown() {
    for __fb_x in 1:o 2:e; do
        __fb_y=${__fb_x%:*}
        if [ "/proc/$__fb_q/fd/$__fb_y" -ef "$__fb_dir/${__fb_x#*:}$1" ] && read -r __fb_x __fb_n <"/proc/$__fb_q/fdinfo/$__fb_y" &&
            [ "$__fb_n" -gt "$2" ]; then
            return 0
        fi
    done
    case "$__fb_long$__fb_nl" in
        */[oe]"$1$__fb_nl"*) [ -n "$(find "$__fb_dir/o$1" "$__fb_dir/e$1" -size +"$2"c)" ] ;;
        *) return 1 ;;
    esac
}

# The process that runs a job's script, into __fb_q; false if the job has surely ended: its worker has another, its next child
# waits (on descriptor 4), or its files are gone. Also sets __fb_p, the worker's process, and __fb_k, its number.
__fb_child() {
    eval "__fb_p=\${__fb_p$1-} __fb_k=\${__fb_k$1-}"
    [ -n "$__fb_p" ] && read -r __fb_x __fb_y __fb_z <"$__fb_dir/c$__fb_k" && [ "$__fb_y" = "$1" ] || return 1
    # A worker that was hired just now has not started its first shell yet.
    read -r __fb_q <"$__fb_dir/q$__fb_k" || __fb_q=none
    if [ -e "$__fb_dir/o$1" ]; then
        __fb_begun=$1
        [ ! "/proc/$__fb_q/fd/4" -ef "$__fb_dir/w$__fb_k" ]
    else
        # It has not begun yet; or its result has arrived and its files were removed.
        [ "${__fb_begun-}" != "$1" ]
    fi
}

# Ends a job with all that it started: id. Acknowledged at once, so that a silent server is told from a slow end.
__fb_kill() {
    ! __fb_child "$1" || (__fb_killing "$1" </dev/null >/dev/null &)
    __fb_frame "k $1$__fb_nl"
}

# Starts root's runner: its text, and sudo's password where one is needed.
__fb_root() {
    rm -f "$__fb_dir/r"
    mkfifo "$__fb_dir/r"
    exec 7<>"$__fb_dir/r"
    (
        trap - EXIT HUP TERM
        trap __fb_broken PIPE
        exec 7>&- 2>"$__fb_dir/s"
        if [ $# -gt 1 ]; then
            printf '%s\n' "$2" | sudo -k -S -p '' -- sh -c "exec $__fb_env sh <\"\$0\"" "$__fb_dir/r"
        else
            sudo -n -- sh -c "exec $__fb_env sh <\"\$0\"" "$__fb_dir/r"
        fi
        __fb_code=$?
        __fb_t=$(head -c 4000 "$__fb_dir/s" | tr -d '\000')
        LC_ALL=C
        __fb_frame "r $__fb_code ${#__fb_t}$__fb_nl$__fb_t"
    ) </dev/null &
    __fb_rootpid=$!
    printf '%s\n' "$1" >&7
}

# Has root's runner do something: the text of a call.
__fb_as_root() {
    printf '%s\n' "$1" >&7
}

# Where output is spooled: in memory, so that a full disk doesn't matter.
__fb_start() {
    for __fb_x in /dev/shm "${XDG_RUNTIME_DIR:-/dev/shm}" "${TMPDIR:-/tmp}" /tmp /var/tmp "${HOME:-/}"; do
        __fb_dir=$__fb_x/foobar-$__fb_nonce
        if [ -d "$__fb_x" ] && mkdir -m 700 "$__fb_dir"; then
            if (cd "$__fb_dir" && exec mkfifo t w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 w11 w12 w13 w14 w15 w16 w17 w18 w19 w20) && echo 0 >"$__fb_dir/h"; then
                __fb_sweep "$__fb_x"
                return 0
            fi
            rm -rf "$__fb_dir"
        fi
    done
    __fb_dir=-
} 2>/dev/null

# Which shell this is, to run the jobs in.
__fb_sh=$(readlink "/proc/$$/exe") || __fb_sh=sh
case ${__fb_sh##*/} in
    bash*) __fb_sh="$__fb_sh --posix" ;;
    busybox*) __fb_sh="$__fb_sh sh" ;;
esac
# Only absolute directories of programs: others would change with the place a command runs in.
__fb_y=$IFS __fb_z=
set -f
IFS=:
for __fb_x in $PATH; do
    case $__fb_x in /*) __fb_z=$__fb_z:$__fb_x ;; esac
done
IFS=$__fb_y PATH=${__fb_z#:}
set +f
__fb_umask=$(umask)
__fb_puts=0
umask 077
if [ -n "${__fb_is_root-}" ]; then
    exec 8<>"$__fb_dir/t" 2>/dev/null
    read -r __fb_login __fb_x <"$__fb_dir/m"
    true >"$__fb_dir/R"
else
    __fb_start
    if [ "$__fb_dir" = - ]; then
        printf '\nFOOBAR %s %s -\n' "$__fb_nonce" "$(id -u)"
        exit 1
    fi
    exec 8<>"$__fb_dir/t" 2>/dev/null
    __fb_login=$$
fi
__fb_guard </dev/null >/dev/null &
__fb_guardpid=$!
trap __fb_end EXIT HUP TERM PIPE
if [ -n "${__fb_is_root-}" ]; then
    __fb_frame "R$__fb_nl"
else
    echo "$$ $__fb_guardpid" >"$__fb_dir/m"
    echo >&8
    printf '\nFOOBAR %s %s %s\n' "$__fb_nonce" "$(id -u)" "$__fb_dir"
fi
