using System.Globalization;
using System.Text;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.FirewallChange;

/// <summary>
/// What runs on a server to change its rules and, if nobody confirms, to put them back. Everything a rollback needs lies in
/// a directory under <c>/run</c> that only root can enter. Who ends the change, the operator or the deadline, is decided by
/// who makes the link <c>claimed</c> there, which only one of them can.
/// </summary>
internal static class ChangeScripts
{
    /// <summary>Of how many changes a server keeps what they replaced.</summary>
    private const int Kept = 5;

    private const string Environment = "export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin\n";

    // Where every change keeps what it replaced: a directory a change, numbered in their order, which only root can enter.
    // "pending" in one says that its change is not ended yet.
    //   plain      a listing without what comes and goes while the rules stay: elements of sets that packets or timeouts
    //              change. nft also writes a set of one element with braces where it was loaded so, and without once it was
    //              listed and loaded again.
    //   standing   the listing of the tables that a change loaded; other programs may have added theirs
    //   again      how a file is listed once it is loaded, in a network namespace that is gone at once, with interfaces of the
    //              names that rules may use
    //   put        makes /etc/nftables.conf what $1 is, with owner and mode, or takes it away if that is not there, and the
    //              unit what $2 says
    private const string Tools = """
        store=/var/lib/foobar-ops/firewall
        there() { [ -e "$1" ] || [ -L "$1" ]; }
        plain() {
            sed -E -e '/^[[:space:]]+flags .*(dynamic|timeout)/,/^[[:space:]]\}$/{' -e '/^[[:space:]]+elements = \{.*\}$/d' \
                -e '/^[[:space:]]+elements = \{/,/\}$/d' -e '}' -e 's/\{ ([^ ,{}]+) \}/\1/g'
        }
        same() { plain < "$1" > "$1.plain"; plain < "$2" | cmp -s - "$1.plain"; }
        standing() {
            if [ -s "$1/tables" ]; then
                while read -r word family table; do nft -s list table "$family" "$table" 2>/dev/null; done < "$1/tables"
            else
                nft list tables
            fi | plain
        }
        again() {
            unshare --net sh -c '
                ip link set lo up
                for name in $1; do ip link add "$name" type dummy 2>/dev/null || :; done
                nft -f "$2" && nft "$3" list ruleset' fresh "$(ls /sys/class/net)" "$1" "$2"
        }
        newest() { ls "$store" 2>/dev/null | grep '^[0-9]' | sort -n | tail -n 1; }
        kept_of() { for k in "$store"/*."$1"; do [ ! -d "$k" ] || echo "$k"; done; }
        as_left() { nft -s list ruleset | plain | cmp -s - "$1/left"; }
        conf_as_left() {
            if [ -L "$1/left.conf" ]; then
                [ "$(readlink "$1/left.conf")" = "$(readlink /etc/nftables.conf)" ]
            elif there "$1/left.conf"; then
                [ ! -L /etc/nftables.conf ] && cmp -s /etc/nftables.conf "$1/left.conf"
            else
                ! there /etc/nftables.conf
            fi
        }
        put() {
            if there "$1"; then
                rm -f /etc/nftables.conf.foobar
                cp -pP "$1" /etc/nftables.conf.foobar || return
                [ -L "$1" ] || sync /etc/nftables.conf.foobar
                mv -f /etc/nftables.conf.foobar /etc/nftables.conf || return
            else
                rm -f /etc/nftables.conf
            fi
            if [ -d /run/systemd/system ]; then
                case $(cat "$2") in
                    enabled) systemctl enable --quiet nftables.service ;;
                    *) systemctl disable --quiet nftables.service 2>/dev/null || true ;;
                esac
            fi
        }

        """;

    // Runs when the deadline passes, or to undo at once; safe to run again.
    private const string Restore = "#!/bin/sh\n" + Environment + Tools + """
        umask 077
        cd "$(dirname "$0")" || exit 1
        ln -sn restore claimed 2>/dev/null || [ "$(readlink claimed)" = restore ] || exit 3
        [ ! -e result ] || exit 0
        nft -f saved.nft
        [ ! -e persisted ] || put conf enabled
        nft -s list ruleset > restored
        if same saved restored || same expected restored; then said=restored; else said=different; fi
        kept=$(kept_of "${PWD##*/firewall-}")
        [ "$said" = different ] || [ -z "$kept" ] || rm -rf "$kept"
        echo "$said by $1" > result.new && mv -f result.new result
        logger -t foobar-ops "firewall rules $said by $1" 2>/dev/null || true

        """;

    // "expected" is how nft lists the saved rules once they are loaded again. It lists what it has merged into a set of one
    // element with braces, reads that as no set, and as one again if the element is written twice. What is brought back comes
    // from where it was kept, and only if nobody has changed anything since it was shown.
    private const string Arm = Environment + Tools + """
        set -eu
        umask 077
        d=$1 seconds=$2 unit=$3 restore=$4 by=$5 back=$6 insist=$7
        [ ! -e "$d/armed" ] || exit 0
        mkdir -p /run/foobar-ops
        rm -rf "$d"
        mkdir "$d"
        cat > "$d/new.nft"
        printf '%s' "$restore" > "$d/restore.sh"
        printf '%s\n' "$by" > "$d/by"
        nft -s list ruleset > "$d/saved"
        { echo 'flush ruleset'; cat "$d/saved"; } > "$d/saved.nft"
        nft -c -f "$d/saved.nft"
        again "$d/saved.nft" -s > "$d/expected" 2>/dev/null || cp "$d/saved" "$d/expected"
        if ! cmp -s "$d/saved" "$d/expected"; then
            sed -E '/^[[:space:]]+elements = /!s/\{ ([^ ,{}]+) \}/{ \1, \1 }/g' "$d/saved.nft" > "$d/twice.nft"
            if again "$d/twice.nft" -s > "$d/twice" 2>/dev/null && cmp -s "$d/saved" "$d/twice"; then
                mv "$d/twice.nft" "$d/saved.nft"
                mv "$d/twice" "$d/expected"
            fi
        fi
        if [ -n "$back" ]; then
            [ "$back" = "$(newest)" ] || { echo 'another change was made meanwhile' >&2; exit 10; }
            [ "$insist" = yes ] || { as_left "$store/$back" && conf_as_left "$store/$back"; } || { echo 'the rules or nftables.conf were changed meanwhile' >&2; exit 10; }
            cp "$store/$back/ruleset.nft" "$d/new.nft"
            if there "$store/$back/conf"; then cp -pP "$store/$back/conf" "$d/new.conf"; fi
            cp "$store/$back/enabled" "$d/new.enabled"
        else
            cp "$d/new.nft" "$d/new.conf"
            chmod 755 "$d/new.conf"
            echo enabled > "$d/new.enabled"
        fi
        nft -c -f "$d/new.nft"
        if there /etc/nftables.conf; then cp -pP /etc/nftables.conf "$d/conf"; fi
        { systemctl is-enabled nftables.service 2>/dev/null || true; } > "$d/enabled"
        if [ -d /run/systemd/system ]; then
            systemd-run --quiet --collect --unit="$unit" --on-active="${seconds}s" --timer-property=AccuracySec=1s /bin/sh "$d/restore.sh" deadline
        else
            setsid sh -c 'sleep "$1"; exec sh "$2" deadline' rollback "$seconds" "$d/restore.sh" </dev/null >/dev/null 2>&1 &
        fi
        echo $(($(date +%s) + seconds)) > "$d/deadline"
        : > "$d/armed"
        """;

    private const string Armed = """
        [ -e "$d/armed" ] && [ ! -L "$d/claimed" ] || { echo 'the rollback is not armed any more' >&2; exit 4; }

        """;

    // A restart of nftables.service or another program may have put other rules in their place.
    private const string Standing = """
        standing "$d" | cmp -s - "$d/loaded" || { echo 'the new rules do not run any more: something else has loaded others meanwhile' >&2; exit 8; }

        """;

    private const string Stand = Environment + Tools + "d=$1\n" + Armed + Standing;

    private const string Load = Environment + Tools + "umask 077\nd=$1\n" + Armed + """
        nft -f "$d/new.nft" || exit
        [ ! -L "$d/claimed" ] || { nft -f "$d/saved.nft"; echo 'the deadline has passed and the old rules are back' >&2; exit 4; }
        nft list tables > "$d/tables"
        standing "$d" > "$d/loaded"
        """;

    // What was replaced is kept before it is replaced for the next boot, where a restart does not take it away with /run.
    private const string Persist = Environment + Tools + "set -eu\numask 077\nd=$1\n" + Armed + Standing + """
        mkdir -p "$store"
        chmod 700 "${store%/*}" "$store"
        id=${d##*/firewall-}
        if [ -z "$(kept_of "$id")" ]; then
            last=$(newest)
            last=${last%%.*}
            t=$store/.$id
            rm -rf "$t"
            mkdir "$t"
            cp "$d/saved.nft" "$t/ruleset.nft"
            if there "$d/conf"; then cp -pP "$d/conf" "$t/conf"; fi
            cp "$d/enabled" "$d/by" "$t/"
            date +%s > "$t/time"
            nft -s list ruleset | plain > "$t/left"
            if there "$d/new.conf"; then cp -pP "$d/new.conf" "$t/left.conf"; fi
            : > "$t/pending"
            for file in "$t"/*; do [ -L "$file" ] || sync "$file"; done
            mv "$t" "$store/$((${last:-0} + 1)).$id"
            sync "$store"
        fi
        : > "$d/persisted"
        put "$d/new.conf" "$d/new.enabled"
        """;

    private const string Disarm = Environment + Tools + """
        d=$1 unit=$2 most=$3
        if [ -d "$d" ]; then
            [ -L "$d/claimed" ] || standing "$d" | cmp -s - "$d/loaded" || { echo 'the new rules do not run any more: something else has loaded others meanwhile' >&2; exit 8; }
            ln -sn disarm "$d/claimed" 2>/dev/null || [ "$(readlink "$d/claimed")" = disarm ] || { echo 'the deadline has passed and the old rules are back' >&2; exit 5; }
            if [ -d /run/systemd/system ]; then systemctl stop "$unit.timer" 2>/dev/null; fi
        fi
        kept=$(kept_of "${d##*/firewall-}")
        [ -z "$kept" ] || rm -f "$kept/pending"
        ls "$store" 2>/dev/null | grep '^[0-9]' | sort -rn | tail -n "+$((most + 1))" | while read -r old; do rm -rf "$store/$old"; done
        rm -rf "$store"/.[0-9]* "$d"
        """;

    private const string Undo = Environment + Tools + """
        d=$1 unit=$2
        kept=$(kept_of "${d##*/firewall-}")
        if [ ! -d "$d" ] && [ -n "$kept" ] && [ -e "$kept/pending" ]; then
            umask 077
            put "$kept/conf" "$kept/enabled" && { nft -f "$kept/ruleset.nft" || nft -f /etc/nftables.conf; } || exit 9
            rm -rf "$kept"
            echo 'restored by undo after a restart of the server'
            exit 0
        fi
        if [ ! -e "$d/armed" ]; then
            if [ -d /run/systemd/system ]; then systemctl stop "$unit.timer" 2>/dev/null; fi
            rm -rf "$d"
            echo 'restored by nobody: nothing was changed'
            exit 0
        fi
        sh "$d/restore.sh" undo
        if [ -d /run/systemd/system ]; then systemctl stop "$unit.timer" 2>/dev/null; fi
        for second in 1 2 3 4 5 6 7 8 9 10; do [ -e "$d/result" ] && break; sleep 1; done
        cat "$d/result" || exit 6
        case $(cat "$d/result") in restored*) rm -rf "$d" ;; *) exit 7 ;; esac
        """;

    // Lists the running rules as they would be once they were saved and loaded again, beside what they are; says nothing if
    // nft writes them the same.
    private const string Rehearsal = Environment + Tools + """
        umask 077
        t=$(mktemp -d) || exit
        trap 'rm -rf "$t"' EXIT
        nft -s list ruleset > "$t/saved" || exit
        { echo 'flush ruleset'; cat "$t/saved"; } > "$t/saved.nft"
        again "$t/saved.nft" -s > "$t/again" || exit
        same "$t/saved" "$t/again" || { nft -j list ruleset && echo && again "$t/saved.nft" -j; }
        """;

    // What the newest change kept: its directory, time, author, whether rules and file are as it left them, and the rules.
    private const string Look = Environment + Tools + """
        name=$(newest)
        [ -n "$name" ] || exit 0
        k=$store/$name
        echo "$name"
        cat "$k/time" "$k/by" || exit
        if as_left "$k"; then echo same; else echo changed; fi
        if conf_as_left "$k"; then echo same; else echo changed; fi
        if there "$k/conf"; then echo file; else echo none; fi
        echo "$(cat "$k/enabled")"
        cat "$k/ruleset.nft"
        """;

    private const string TrialOfKept = Environment + Tools + """
        again "$store/$1/ruleset.nft" -j
        """;

    // Lists what a ruleset would be once loaded, in a network namespace that is gone when the script ends.
    private const string Trial = Environment + """
        unshare --net sh -c 'ip link set lo up; nft -f /dev/stdin && nft -j list ruleset'
        """;

    private const string List = Environment + """
        for d in /run/foobar-ops/firewall-*; do
            [ -d "$d" ] || continue
            case $(readlink "$d/claimed") in
                disarm) state=kept ;;
                restore) if [ -e "$d/result" ]; then state=restored; else state=restoring; fi ;;
                *) if [ -e "$d/armed" ]; then state=armed; else state=begun; fi ;;
            esac
            echo "${d##*/firewall-} $state $(cat "$d/deadline" 2>/dev/null || echo 0) $(cat "$d/result" 2>/dev/null)"
        done
        """;

    // What is left of changes that ended is rubbish; old rules that are still to come back come back now.
    private const string Settle = Environment + Tools + """
        d=$1
        if [ -e "$d/result" ] || [ "$(readlink "$d/claimed")" = disarm ]; then
            kept=$(kept_of "${d##*/firewall-}")
            [ -z "$kept" ] || rm -f "$kept/pending"
            rm -rf "$d"
            exit 0
        fi

        """;

    /// <summary>Saves the rules, arms the rollback and lays the new rules ready.</summary>
    /// <param name="target">The server.</param>
    /// <param name="deadline">After this time the old rules come back by themselves.</param>
    /// <param name="insist">Whether what is kept is brought back though rules or file were changed since.</param>
    public static RemoteCommand ToArm(ChangeTarget target, TimeSpan deadline, bool insist = false) => Root(RemoteCommand.FromScript(
        Arm, target.Directory, ((int)deadline.TotalSeconds).ToString(CultureInfo.InvariantCulture), target.Unit, Restore, target.By,
        target.Back?.Name ?? string.Empty, insist ? "yes" : "no")) with
    { Input = target.Back is null ? Encoding.UTF8.GetBytes(target.NewRuleset) : default };

    /// <summary>Loads the new rules in one transaction.</summary>
    public static RemoteCommand ToLoad(ChangeTarget target) => Root(RemoteCommand.FromScript(Load, target.Directory));

    /// <summary>Makes the next boot load the new rules.</summary>
    public static RemoteCommand ToPersist(ChangeTarget target) => Root(RemoteCommand.FromScript(Persist, target.Directory));

    /// <summary>Keeps the new rules for good, and what they replaced.</summary>
    public static RemoteCommand ToDisarm(ChangeTarget target) => Root(RemoteCommand.FromScript(
        Disarm, target.Directory, target.Unit, Kept.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Puts the old rules back now; says <c>restored ...</c> if they are the saved ones, byte for byte.</summary>
    public static RemoteCommand ToUndo(ChangeTarget target) => Root(RemoteCommand.FromScript(Undo, target.Directory, target.Unit));

    /// <summary>Lists a ruleset as JSON without loading it for the server.</summary>
    public static RemoteCommand ToTry(string ruleset) =>
        Root(RemoteCommand.FromScript(Trial)) with { Input = Encoding.UTF8.GetBytes(ruleset) };

    /// <summary>
    /// Lists the running rules saved and loaded again: nothing if they are written the same, else both listings as JSON, a line each.
    /// </summary>
    public static RemoteCommand ToRehearse() => Root(RemoteCommand.FromScript(Rehearsal));

    /// <summary>Tells what the newest change kept, for <see cref="KeptChange.Parse"/>; nothing if none did.</summary>
    public static RemoteCommand ToLook() => Root(RemoteCommand.FromScript(Look));

    /// <summary>Lists what a change kept as JSON without loading it for the server.</summary>
    public static RemoteCommand ToTry(KeptChange kept) => Root(RemoteCommand.FromScript(TrialOfKept, kept.Name));

    /// <summary>Fails if the rules that were loaded do not run any more.</summary>
    public static RemoteCommand ToStand(ChangeTarget target) => Root(RemoteCommand.FromScript(Stand, target.Directory));

    /// <summary>Lists what earlier changes have left: <c>id state deadline result</c> a line.</summary>
    public static RemoteCommand ToList() => Root(RemoteCommand.FromScript(List));

    /// <summary>Ends an earlier change: clears what is left of it, after putting its old rules back if that was still to come.</summary>
    public static RemoteCommand ToSettle(Leftover leftover) =>
        Root(RemoteCommand.FromScript(Settle + Undo, ChangeTarget.DirectoryOf(leftover.Id), ChangeTarget.UnitOf(leftover.Id)));

    /// <summary>
    /// Tells where the session comes from: client address, client port, server address, server port (sshd(8), ENVIRONMENT).
    /// </summary>
    public static RemoteCommand ToSeeClient() => RemoteCommand.FromScript("printf '%s' \"${SSH_CONNECTION-}\"");

    private static RemoteCommand Root(RemoteCommand command) => command with { Privileged = true };
}
