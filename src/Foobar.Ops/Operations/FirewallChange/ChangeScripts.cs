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
    private const string Environment = "export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin\n";

    // Runs when the deadline passes, or to undo at once; safe to run again.
    private const string Restore = "#!/bin/sh\n" + Environment + """
        umask 022
        cd "$(dirname "$0")" || exit 1
        ln -sn restore claimed 2>/dev/null || [ "$(readlink claimed)" = restore ] || exit 3
        [ ! -e result ] || exit 0
        id=$(basename "$PWD")
        kept=/var/lib/foobar-ops/$id
        nft -f saved.nft
        if [ -e persisted ]; then
            if [ -e conf ]; then cp -p conf /etc/nftables.conf.foobar && mv -f /etc/nftables.conf.foobar /etc/nftables.conf; else rm -f /etc/nftables.conf; fi
            [ "$(cat enabled)" = enabled ] || systemctl disable --quiet nftables.service
        fi
        nft -s list ruleset > restored
        rm -f "$kept"
        if cmp -s saved restored || cmp -s expected restored; then said=restored; else said=different; fi
        echo "$said by $1" > result.new && mv -f result.new result
        logger -t foobar-ops "firewall rules $said by $1" 2>/dev/null || true

        """;

    // "expected" is how nft lists the saved rules once they are loaded again: it writes some sets more simply then.
    private const string Arm = Environment + """
        set -eu
        umask 077
        d=$1 seconds=$2 unit=$3 restore=$4
        [ ! -e "$d/armed" ] || exit 0
        mkdir -p /run/foobar-ops
        rm -rf "$d"
        mkdir "$d"
        cat > "$d/new.nft"
        printf '%s' "$restore" > "$d/restore.sh"
        nft -s list ruleset > "$d/saved"
        { echo 'flush ruleset'; cat "$d/saved"; } > "$d/saved.nft"
        nft -c -f "$d/saved.nft"
        unshare --net sh -c '
            ip link set lo up
            for name in $1; do ip link add "$name" type dummy 2>/dev/null || :; done
            nft -f "$2" && nft -s list ruleset' fresh "$(ls /sys/class/net)" "$d/saved.nft" > "$d/expected" 2>/dev/null || cp "$d/saved" "$d/expected"
        nft -c -f "$d/new.nft"
        if [ -e /etc/nftables.conf ]; then cp -p /etc/nftables.conf "$d/conf"; fi
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
        nft -s list table inet filter 2>/dev/null | cmp -s - "$d/loaded" || { echo 'the new rules do not run any more: something else has loaded others meanwhile' >&2; exit 8; }

        """;

    private const string Stand = Environment + "d=$1\n" + Armed + Standing;

    private const string Load = Environment + "d=$1\n" + Armed + """
        nft -f "$d/new.nft" || exit
        [ ! -L "$d/claimed" ] || { nft -f "$d/saved.nft"; echo 'the deadline has passed and the old rules are back' >&2; exit 4; }
        nft -s list table inet filter > "$d/loaded"
        """;

    // What the next boot loads is also saved where a restart does not take it away with /run.
    private const string Persist = Environment + "set -eu\nd=$1\n" + Armed + Standing + """
        mkdir -p /var/lib/foobar-ops
        chmod 700 /var/lib/foobar-ops
        if [ -e "$d/conf" ]; then cp -p "$d/conf" "/var/lib/foobar-ops/$(basename "$d")"; sync "/var/lib/foobar-ops/$(basename "$d")"; fi
        : > "$d/persisted"
        cp "$d/new.nft" /etc/nftables.conf.foobar
        chmod 755 /etc/nftables.conf.foobar
        sync /etc/nftables.conf.foobar
        mv -f /etc/nftables.conf.foobar /etc/nftables.conf
        if [ -d /run/systemd/system ]; then systemctl enable --quiet nftables.service; fi
        """;

    private const string Disarm = Environment + """
        d=$1 unit=$2
        if [ ! -d "$d" ]; then rm -f "/var/lib/foobar-ops/$(basename "$d")"; exit 0; fi
        [ -L "$d/claimed" ] || nft -s list table inet filter 2>/dev/null | cmp -s - "$d/loaded" || { echo 'the new rules do not run any more: something else has loaded others meanwhile' >&2; exit 8; }
        ln -sn disarm "$d/claimed" 2>/dev/null || [ "$(readlink "$d/claimed")" = disarm ] || { echo 'the deadline has passed and the old rules are back' >&2; exit 5; }
        if [ -d /run/systemd/system ]; then systemctl stop "$unit.timer" 2>/dev/null; fi
        rm -f "/var/lib/foobar-ops/$(basename "$d")"
        rm -rf "$d"
        """;

    private const string Undo = Environment + """
        d=$1 unit=$2
        kept=/var/lib/foobar-ops/$(basename "$d")
        if [ ! -d "$d" ] && [ -e "$kept" ]; then
            umask 022
            cp -p "$kept" /etc/nftables.conf.foobar && mv -f /etc/nftables.conf.foobar /etc/nftables.conf && nft -f /etc/nftables.conf || exit 9
            rm -f "$kept"
            echo 'restored by undo after a restart of the server, from what its boot loaded before'
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
    private const string Settle = Environment + """
        d=$1
        if [ -e "$d/result" ] || [ "$(readlink "$d/claimed")" = disarm ]; then rm -rf "$d"; exit 0; fi

        """;

    /// <summary>Saves the rules, arms the rollback and lays the new rules ready.</summary>
    public static RemoteCommand ToArm(ChangeTarget target, TimeSpan deadline) => Root(RemoteCommand.FromScript(
        Arm, target.Directory, ((int)deadline.TotalSeconds).ToString(CultureInfo.InvariantCulture), target.Unit, Restore)) with
    { Input = Encoding.UTF8.GetBytes(target.NewRuleset) };

    /// <summary>Loads the new rules in one transaction.</summary>
    public static RemoteCommand ToLoad(ChangeTarget target) => Root(RemoteCommand.FromScript(Load, target.Directory));

    /// <summary>Makes the next boot load the new rules.</summary>
    public static RemoteCommand ToPersist(ChangeTarget target) => Root(RemoteCommand.FromScript(Persist, target.Directory));

    /// <summary>Keeps the new rules for good.</summary>
    public static RemoteCommand ToDisarm(ChangeTarget target) => Root(RemoteCommand.FromScript(Disarm, target.Directory, target.Unit));

    /// <summary>Puts the old rules back now; says <c>restored ...</c> if they are the saved ones, byte for byte.</summary>
    public static RemoteCommand ToUndo(ChangeTarget target) => Root(RemoteCommand.FromScript(Undo, target.Directory, target.Unit));

    /// <summary>Lists a ruleset as JSON without loading it for the server.</summary>
    public static RemoteCommand ToTry(string ruleset) => Root(RemoteCommand.FromScript(Trial)) with { Input = Encoding.UTF8.GetBytes(ruleset) };

    /// <summary>Fails if the rules that were loaded do not run any more.</summary>
    public static RemoteCommand ToStand(ChangeTarget target) => Root(RemoteCommand.FromScript(Stand, target.Directory));

    /// <summary>Lists what earlier changes have left: <c>id state deadline result</c> a line.</summary>
    public static RemoteCommand ToList() => Root(RemoteCommand.FromScript(List));

    /// <summary>Ends an earlier change: clears what is left of it, after putting its old rules back if that was still to come.</summary>
    public static RemoteCommand ToSettle(Leftover leftover) => Root(RemoteCommand.FromScript(Settle + Undo, ChangeTarget.DirectoryOf(leftover.Id), ChangeTarget.UnitOf(leftover.Id)));

    /// <summary>Tells where the session comes from: client address, client port, server address, server port (sshd(8), ENVIRONMENT).</summary>
    public static RemoteCommand ToSeeClient() => RemoteCommand.FromScript("printf '%s' \"${SSH_CONNECTION-}\"");

    private static RemoteCommand Root(RemoteCommand command) => command with { Privileged = true };
}
