using System.Globalization;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>
/// What runs on a server to change its certificates. A change keeps what it needs in a directory that only root can enter:
/// <c>pending.ID</c> while it is made, <c>kept.ID</c> once it has ended. What must not be ended half way runs apart from the
/// session, so that it comes to its end when the operator's process dies.
/// </summary>
internal static class ChangeScripts
{
    private const string Environment = "export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin\n";

    // Where every change keeps what it replaced.
    //   temp_of    where the new file lies until it takes its place: the same directory, so that the change is one rename. HAProxy
    //              loads no file of a directory whose name begins with a dot.
    //   put_back   makes every file of a change what it was before, with owner and mode
    //   nginx_takes  nginx's own look at its configuration: the one that the running master was started with
    //   end        tells what came of it; the last thing done
    internal const string Tools = """
        store=/var/lib/foobar-ops/certificate
        dir_of() { for each in "$store/pending.$1" "$store/kept.$1"; do [ ! -d "$each" ] || { echo "$each"; return; }; done; }
        temp_of() { printf '%s/.%s.foobar' "$(dirname -- "$1")" "$(basename -- "$1")"; }
        save() { sync -- "$1" 2>/dev/null || sync; }
        put_back() {
            n=0
            while IFS= read -r real; do
                n=$((n + 1))
                t=$(temp_of "$real")
                rm -f -- "$t"
                cp -p -- "$d/old.$n" "$t" && save "$t" && mv -f -- "$t" "$real" || return
            done < "$d/files"
            while IFS= read -r extra; do
                [ ! -e "$d/extra.$(basename -- "$extra")" ] || cp -p -- "$d/extra.$(basename -- "$extra")" "$extra"
            done < "$d/extras"
        }
        nginx_takes() {
            program=nginx config= prefix=
            for process in /proc/[0-9]*; do
                name=
                { read -r name < "$process/comm"; } 2>/dev/null
                [ "$name" = nginx ] && [ "$(readlink "$process/ns/pid")" = "$(readlink /proc/self/ns/pid)" ] || continue
                title=$(tr '\0' ' ' < "$process/cmdline" 2>/dev/null)
                case $title in 'nginx: master process '*) ;; *) continue ;; esac
                set -f
                set -- ${title#nginx: master process }
                set +f
                [ ! -x "$1" ] || program=$1
                before=
                for word in "$@"; do
                    case $before in -c) config=$word ;; -p) prefix=$word ;; esac
                    before=$word
                done
                break
            done
            "$program" -t -q ${config:+-c "$config"} ${prefix:+-p "$prefix"}
        }
        clear_temps() { while IFS= read -r real; do rm -f -- "$(temp_of "$real")"; done < "$d/files"; }
        alone() { command -v flock >/dev/null 2>&1 || return 0; exec 5> "$d/lock" && flock -w 20 5; }
        end() { printf '%s\n' "$1" > "$FOOBAR_RESULT.new"; mv -f "$FOOBAR_RESULT.new" "$FOOBAR_RESULT"; exit 0; }

        """;

    // Runs what stands on standard input apart from the session: with no descriptor, variable or parent by which the session would
    // find and end it. Says what it said. Each run has files of its own: a step that was cancelled may still run here when its undo
    // begins, and waits for its turn then.
    private const string Detach = """
        set -u
        d=$(dir_of "$1")
        [ -n "$d" ] || { echo 'the change is not known here any more' >&2; exit 4; }
        umask 077
        run=$d/run.$$
        rm -f "$run.result"
        cat > "$run"
        env -u FOOBAR_JOB FOOBAR_RESULT="$run.result" setsid sh -c 'sh "$@" </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &' apart "$run" "$d" "$@"
        while [ ! -e "$run.result" ]; do sleep 0.05 2>/dev/null || sleep 1; done
        cat "$run.result"
        case $(cat "$run.result") in done*) exit 0 ;; *) exit 9 ;; esac
        """;

    private const string Stage = Environment + Tools + """
        set -eu
        umask 077
        id=$1 by=$2 seconds=$3 serverkey=$4 back=$5
        shift 5
        d=$store/pending.$id
        mkdir -p "$store"
        chmod 700 "$store"
        [ ! -e "$d/begun" ] || exit 0
        rm -rf "$d"
        mkdir "$d"
        printf '%s\n' "$by" > "$d/by"
        date +%s > "$d/time"
        echo $(($(date +%s) + seconds)) > "$d/deadline"
        : > "$d/extras"
        : > "$d/files"
        for other in "$store"/pending.*; do
            [ "$other" != "$d" ] && [ "$(date +%s)" -lt "$(cat "$other/deadline" 2>/dev/null || echo 0)" ] || continue
            echo "another change is under way here, by $(cat "$other/by" 2>/dev/null)" >&2
            exit 10
        done
        cat > "$d/in"
        sed -n '/-----BEGIN CERTIFICATE-----/,/-----END CERTIFICATE-----/p' "$d/in" > "$d/chain"
        sed -n '/-----BEGIN .*PRIVATE KEY-----/,/-----END .*PRIVATE KEY-----/p' "${serverkey:-$d/in}" > "$d/key"
        rm -f "$d/in"
        n=0
        for real in "$@"; do
            n=$((n + 1))
            printf '%s\n' "$real" >> "$d/files"
            cp -p -- "$real" "$d/old.$n"
            for extra in "$real.ocsp" "$real.sctl"; do
                [ ! -e "$extra" ] || { cp -p -- "$extra" "$d/extra.$(basename -- "$extra")"; printf '%s\n' "$extra" >> "$d/extras"; }
            done
            if [ -n "$back" ]; then
                cat "$store/kept.$back/old.$n" > "$d/new"
            else
                : > "$d/new"
                ! grep -q -e '-----BEGIN CERTIFICATE-----' "$d/old.$n" || cat "$d/chain" >> "$d/new"
                ! grep -q -e 'PRIVATE KEY-----' "$d/old.$n" || cat "$d/key" >> "$d/new"
                sed -n '/-----BEGIN .*DH PARAMETERS-----/,/-----END .*DH PARAMETERS-----/p' "$d/old.$n" >> "$d/new"
            fi
            t=$(temp_of "$real")
            rm -f -- "$t"
            cp -a -- "$real" "$t" 2>/dev/null || cp -p -- "$real" "$t"
            cat "$d/new" > "$t"
            touch -- "$t"
            save "$t"
            sha256sum < "$d/new" >> "$d/left"
        done
        rm -f "$d/new" "$d/chain" "$d/key"
        : > "$d/staged"
        """;

    // All renames, then a look by the programs themselves at what they would load at their next start; else all is as before.
    private const string Install = Environment + Tools + """
        d=$1
        shift 2
        trap '' HUP INT TERM
        alone || end 'refused: another step of this change still runs here'
        : > "$d/begun"
        sync
        while IFS= read -r real; do
            t=$(temp_of "$real")
            [ -e "$t" ] || [ -e "$d/moved" ] || { put_back; end "refused: $t is gone"; }
            [ ! -e "$t" ] || mv -f -- "$t" "$real" || { put_back; end "refused: $real can't be replaced"; }
        done < "$d/files"
        : > "$d/moved"
        while IFS= read -r extra; do rm -f -- "$extra"; done < "$d/extras"
        nginx=$1
        shift
        if [ $# -gt 0 ] && ! haproxy -c -q "$@" > "$d/said" 2>&1; then put_back; end "refused: haproxy -c: $(grep -v '^$' "$d/said" | tail -n 3 | tr '\n' ' ')"; fi
        if [ "$nginx" = yes ] && ! nginx_takes > "$d/said" 2>&1; then put_back; end "refused: nginx -t: $(tail -n 3 "$d/said" | tr '\n' ' ')"; fi
        : > "$d/installed"
        end done
        """;

    // Makes the running programs serve what their files hold. HAProxy takes a certificate over its socket in a transaction, from
    // one handshake to the next; where that can't be, it is reloaded: its listening sockets go over to the new process.
    //   $1 socket, $2 how HAProxy takes it (swap, reload, none), $3 nginx (yes, no), then name, certificate and key of each
    private const string ActivateBody = """
        say() {
            if command -v socat >/dev/null 2>&1; then socat -t5 - "UNIX-CONNECT:$socket"
            elif command -v perl >/dev/null 2>&1; then
                perl -MIO::Socket::UNIX -e 'my $s = IO::Socket::UNIX->new(Peer => shift) or die "$!\n"; $s->autoflush(1); print $s <STDIN>; print <$s>;' "$socket"
            else
                python3 -c 'import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(sys.stdin.buffer.read()); [sys.stdout.buffer.write(b) for b in iter(lambda: s.recv(65536), b"")]' "$socket"
            fi
        }
        swap() {
            said=$({ printf 'set ssl cert %s <<\n' "$1"; cat -- "$2" ${3:+"$3"} | grep -v '^[[:space:]]*$'; echo; } | say 2>&1)
            case $said in
                *'Transaction created'* | *'Transaction updated'*) ;;
                *) echo "HAProxy does not take $1: $(printf '%s' "$said" | tr '\n' ' ')"; return 1 ;;
            esac
            said=$(printf 'commit ssl cert %s\n' "$1" | say 2>&1)
            case $said in
                *Success!*) ;;
                *) printf 'abort ssl cert %s\n' "$1" | say >/dev/null 2>&1
                   echo "HAProxy does not commit $1: $(printf '%s' "$said" | tr '\n' ' ')"; return 1 ;;
            esac
        }
        master_of() {
            for process in /proc/[0-9]*; do
                name=
                { read -r name < "$process/comm"; } 2>/dev/null
                [ "$name" = "$1" ] && [ "$(readlink "$process/ns/pid")" = "$(readlink /proc/self/ns/pid)" ] || continue
                case $(tr '\0' ' ' < "$process/cmdline") in $2) echo "${process#/proc/}"; return ;; esac
            done
        }
        reload_haproxy() {
            if [ -d /run/systemd/system ] && systemctl --quiet is-active haproxy.service; then systemctl reload haproxy.service
            else
                master=$(master_of haproxy '* -W*')
                [ -n "$master" ] && kill -s USR2 "$master"
            fi
        }
        activate() {
            socket=$1 how=$2 nginx=$3
            shift 3
            failed=
            if [ "$how" = swap ]; then
                while [ $# -ge 3 ]; do
                    told=$(swap "$1" "$2" "$3") || failed="$failed $told"
                    shift 3
                done
            elif [ "$how" = reload ]; then
                reload_haproxy || failed="$failed HAProxy could not be reloaded."
            fi
            if [ "$nginx" = yes ]; then
                master=$(master_of nginx 'nginx: master process *')
                { [ -n "$master" ] && kill -s HUP "$master"; } || failed="$failed nginx could not be reloaded."
            fi
        }

        """;

    private const string Activate = Environment + Tools + ActivateBody + """
        d=$1
        shift 2
        trap '' HUP INT TERM
        alone || end 'refused: another step of this change still runs here'
        : > "$d/activated"
        activate "$@"
        [ -z "$failed" ] || end "refused:$failed"
        end done
        """;

    private const string Restore = Environment + Tools + ActivateBody + """
        d=$1
        shift 2
        trap '' HUP INT TERM
        alone || end 'refused: another step of this change still runs here'
        failed=
        clear_temps
        if [ -e "$d/begun" ]; then put_back || end 'refused: the old files could not be put back'; fi
        [ ! -e "$d/activated" ] || activate "$@"
        [ -z "$failed" ] || end "refused:$failed"
        rm -f "$d/begun" "$d/moved" "$d/installed" "$d/activated"
        end done
        """;

    private const string Forget = Environment + Tools + """
        d=$store/pending.$1
        [ -d "$d" ] || exit 0
        if [ -e "$d/files" ]; then clear_temps; fi
        rm -rf "$d"
        """;

    // What the change before this one kept goes with it: old keys are not hoarded.
    private const string Keep = Environment + Tools + """
        id=$1
        if [ -d "$store/pending.$id" ]; then
            if [ ! -s "$store/pending.$id/files" ]; then
                rm -rf "$store/pending.$id"
                exit 0
            fi
            rm -f "$store/pending.$id"/run.* "$store/pending.$id/lock" "$store/pending.$id/said"
            mv "$store/pending.$id" "$store/kept.$id" || exit
        fi
        [ -d "$store/kept.$id" ] || exit 4
        for old in "$store"/kept.*; do [ "$old" = "$store/kept.$id" ] || rm -rf "$old"; done
        """;

    // An earlier change that was ended midway: its files stand whole, and are kept; or they are put back.
    private const string Settle = Environment + Tools + """
        id=$1
        d=$store/pending.$id
        [ -d "$d" ] || exit 0
        alone || exit 9
        if [ -e "$d/installed" ]; then
            mv "$d" "$store/kept.$id" || exit
            for old in "$store"/kept.*; do [ "$old" = "$store/kept.$id" ] || rm -rf "$old"; done
            exit 0
        fi
        if [ -e "$d/begun" ]; then put_back || exit 9; fi
        if [ -e "$d/files" ]; then clear_temps; fi
        rm -rf "$d"
        """;

    private const string Look = Environment + Tools + """
        for d in "$store"/pending.* "$store"/kept.*; do
            [ -d "$d" ] || continue
            word=${d##*/}
            state=${word%%.*}
            if [ "$state" = pending ]; then
                state=staged
                [ ! -e "$d/begun" ] || state=begun
                [ ! -e "$d/installed" ] || state=installed
            fi
            printf '%s %s %s %s %s\n' "${word#*.}" "$state" "$(cat "$d/time" 2>/dev/null || echo 0)" "$(cat "$d/deadline" 2>/dev/null || echo 0)" "$(cat "$d/by" 2>/dev/null)"
        done
        """;

    // Of each file of a change: the copy that was kept, whether the file is as the change left it, and its path.
    private const string Kept = Environment + Tools + """
        d=$(dir_of "$1")
        [ -n "$d" ] || exit 4
        n=0
        while IFS= read -r real; do
            n=$((n + 1))
            state=changed
            [ "$(sha256sum < "$real" 2>/dev/null)" != "$(sed -n "${n}p" "$d/left")" ] || state=same
            printf '%s %s %s\n' "$d/old.$n" "$state" "$real"
        done < "$d/files"
        """;

    private const string KeyDigest = Environment + """
        [ -f "$1" ] || exit 4
        openssl pkey -in "$1" -passin pass: -pubout -outform DER | sha256sum
        """;

    // Each program's own look at its configuration: what a start would say now.
    private const string Rehearse = Environment + Tools + """
        nginx=$1
        shift
        [ $# -eq 0 ] || haproxy -c -q "$@" 2>&1 || exit 1
        [ "$nginx" != yes ] || nginx_takes 2>&1
        """;

    /// <summary>Lays the new files beside the old ones and saves those.</summary>
    /// <param name="target">The server.</param>
    /// <param name="content">Chain and key in PEM.</param>
    /// <param name="by">Who makes the change.</param>
    public static RemoteCommand ToStage(ChangeTarget target, byte[] content, string by) => Root(RemoteCommand.FromScript(
        Stage, [
            target.Id,
            by,
            ((int)ChangeTarget.Deadline.TotalSeconds).ToString(CultureInfo.InvariantCulture),
            target.ServerKey ?? "",
            target.Back?.Id ?? "",
            .. target.Files.Select(static file => file.RealPath),
        ])) with
    { Input = content };

    /// <summary>Puts the new files in place, if the programs would start with them.</summary>
    public static RemoteCommand ToInstall(ChangeTarget target) => Apart(Install, target.Id, Checked(target));

    /// <summary>Makes the running programs serve what their files hold.</summary>
    public static RemoteCommand ToActivate(ChangeTarget target) => Apart(Activate, target.Id, Activated(target));

    /// <summary>Puts the old files back, and makes the running programs serve them if they served others.</summary>
    public static RemoteCommand ToRestore(ChangeTarget target) => Apart(Restore, target.Id, Activated(target));

    /// <summary>Removes what a change laid ready.</summary>
    public static RemoteCommand ToForget(ChangeTarget target) => Root(RemoteCommand.FromScript(Forget, target.Id));

    /// <summary>Ends a change: what it replaced is kept, and what the one before replaced is removed.</summary>
    public static RemoteCommand ToKeep(ChangeTarget target) => Root(RemoteCommand.FromScript(Keep, target.Id));

    /// <summary>Ends a change that was ended midway.</summary>
    public static RemoteCommand ToSettle(string id) => Root(RemoteCommand.FromScript(Settle, id));

    /// <summary>Lists what changes have left: <c>id state time deadline by</c> a line.</summary>
    public static RemoteCommand ToLook() => Root(RemoteCommand.FromScript(Look));

    /// <summary>Lists the files that a change replaced: <c>copy state path</c> a line.</summary>
    public static RemoteCommand ToReadKept(string id) => Root(RemoteCommand.FromScript(Kept, id));

    /// <summary>
    /// Prints the SHA-256 of the public key (SubjectPublicKeyInfo in DER) of a key on a server; exits with 4 if there is no such file.
    /// </summary>
    public static RemoteCommand ToDigestKey(string path) => Root(RemoteCommand.FromScript(KeyDigest, path));

    /// <summary>Has the programs look at their configurations as they are.</summary>
    public static RemoteCommand ToRehearse(ChangeTarget target) => Root(RemoteCommand.FromScript(Rehearse, Checked(target)));

    private static IEnumerable<string> Checked(ChangeTarget target) =>
        [
            target.ReloadsNginx ? "yes" : "no",
            .. target.UsesHaproxy ? target.HaproxyFiles.SelectMany(static file => (string[])["-f", file]) : [],
        ];

    private static IEnumerable<string> Activated(ChangeTarget target) =>
    [
        target.Socket,
        target.Haproxy switch { HaproxyWay.Swap => "swap", HaproxyWay.Reload => "reload", _ => "none" },
        target.ReloadsNginx ? "yes" : "no",
        .. target.Swaps.SelectMany(static swap => (string[])[swap.Name, swap.Certificate, swap.Key]),
    ];

    /// <summary>Runs a script of a change apart from the session, and says what that says.</summary>
    /// <param name="script">What runs; it ends by <c>end</c> of <see cref="Tools"/>.</param>
    /// <param name="id">The change.</param>
    /// <param name="arguments">Its arguments, after the change's directory and number.</param>
    internal static RemoteCommand Apart(string script, string id, IEnumerable<string> arguments) =>
        Root(RemoteCommand.FromScript(Environment + Tools + Detach, [id, .. arguments])) with
        {
            Input = System.Text.Encoding.UTF8.GetBytes(script),
            TimeLimit = TimeSpan.FromSeconds(60),
        };

    private static RemoteCommand Root(RemoteCommand command) => command with { Privileged = true };
}
