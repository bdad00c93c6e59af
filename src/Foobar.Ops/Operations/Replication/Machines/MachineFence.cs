using Foobar.Ops.Errors;
using Foobar.Ops.Linux;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Machines;

/// <summary>
/// Keeps a database from running: a drop-in of its systemd unit whose condition is never met, so that neither its automatic
/// restart nor a boot starts it (systemd.unit(5), <c>ConditionPathExists=</c>), and the end of its process. The drop-in is
/// written to <c>/etc</c>, and to <c>/run</c> too for a disk that takes nothing any more.
/// </summary>
internal static class MachineFence
{
    private const string Blocking = """
        block() {
            mkdir -p "$1/$unit.d" || return 1
            file=$1/$unit.d/zz-foobar-fence.conf
            printf '# Written by Foobar.Ops: another member is the primary. Repair-FoobarReplication removes it.\n[Unit]\nConditionPathExists=!%s\n' "$file" > "$file" && [ -s "$file" ] || { rm -f -- "$file"; return 1; }
        }
        processes() {
            for entry in /proc/[0-9]*/comm; do
                read -r name 2>/dev/null < "$entry" || continue
                case $name in mysqld|mariadbd) ;; *) continue;; esac
                entry=${entry#/proc/}; entry=${entry%/comm}
                [ -z "$unit" ] || grep -q "/$unit" "/proc/$entry/cgroup" 2>/dev/null || continue
                [ -n "$unit" ] || case $(tr '\0' ' ' < "/proc/$entry/cmdline" 2>/dev/null) in *--print-defaults*|*--version*|*--help*) continue;; esac
                printf '%s\n' "$entry"
            done
        }
        """;

    private const string FenceScript = DatabaseUnit.Find + "\n" + Blocking + """

        persisted=no runtime=no
        if [ -n "$unit" ]; then
            block /etc/systemd/system 2>/dev/null && { persisted=yes; sync -- "/etc/systemd/system/$unit.d/zz-foobar-fence.conf" 2>/dev/null || sync; }
            block /run/systemd/system 2>/dev/null && runtime=yes
            systemctl kill --signal=KILL "$unit" 2>/dev/null
            [ "$(systemctl show -p FreezerState --value "$unit" 2>/dev/null)" != frozen ] || systemctl thaw "$unit"

            # Ends an automatic restart that is due too; what is killed has nothing left to be waited for.
            systemctl stop "$unit"
        fi
        for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
            left=$(processes)
            [ -n "$left" ] || break
            kill -KILL $left 2>/dev/null
            sleep 0.1
        done
        printf 'unit=%s\npersisted=%s\nruntime=%s\nleft=%s\n' "$unit" "$persisted" "$runtime" "$(processes | tr '\n' ' ')"
        """;

    private const string LiftScript = DatabaseUnit.Find + """

        [ -n "$unit" ] || exit 0
        rm -f -- "/etc/systemd/system/$unit.d/zz-foobar-fence.conf" "/run/systemd/system/$unit.d/zz-foobar-fence.conf"
        rmdir -- "/etc/systemd/system/$unit.d" "/run/systemd/system/$unit.d" 2>/dev/null
        systemctl daemon-reload
        systemctl reset-failed "$unit" 2>/dev/null
        [ "$1" != start ] || systemctl start --no-block "$unit"
        """;

    /// <summary>
    /// Ends the database; it stays so until somebody starts it. <see cref="HoldAsync"/> keeps it from that; a boot does without.
    /// </summary>
    /// <returns>What holds, in one line.</returns>
    /// <exception cref="FoobarException"><c>FenceFailed</c>: its process is still there.</exception>
    public static async Task<string> FenceAsync(IServerSession server, CancellationToken cancellationToken)
    {
        RemoteCommand command = RemoteCommand.FromScript(FenceScript) with { Privileged = true, TimeLimit = TimeSpan.FromSeconds(8) };
        Dictionary<string, string> said = KeyValues.Parse(
            SessionReadings.Succeeded(await server.RunAsync(command, cancellationToken), "block the database's unit").OutputText, '=');
        if (said.GetValueOrDefault("left") is { Length: > 0 } left)
        {
            throw new FoobarException(
                "FenceFailed", ErrorKind.Failed, $"{server.Server.Name}: its database process {left} could not be ended.")
            {
                Server = server.Server.Name,
                Recommendation = "Switch the machine off, then run the emergency failover again.",
            };
        }

        return (said.GetValueOrDefault("unit"), said.GetValueOrDefault("persisted"), said.GetValueOrDefault("runtime")) switch
        {
            (null or "", _, _) => "its process was ended; no systemd unit of it is known, so nothing keeps it from being started again",
            ({ } unit, "yes", _) => $"{unit} was ended and can't start, not at boot either",
            ({ } unit, _, "yes") => $"{unit} was ended and can't start until the next boot; its disk took no file that would hold longer",
            ({ } unit, _, _) => $"{unit} was ended; nothing could be written that keeps it from starting again",
        };
    }

    /// <summary>Has systemd read what keeps the database from starting, which takes it longer than all the rest.</summary>
    public static async Task HoldAsync(IServerSession server, CancellationToken cancellationToken) =>
        SessionReadings.Succeeded(
            await server.RunAsync(
                RemoteCommand.FromScript("command -v systemctl >/dev/null || exit 0; systemctl daemon-reload") with { Privileged = true },
                cancellationToken),
            "systemctl daemon-reload");

    /// <summary>Lets the database start again.</summary>
    /// <param name="server">Its machine.</param>
    /// <param name="start">Whether to start it too.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task LiftAsync(IServerSession server, bool start, CancellationToken cancellationToken) =>
        SessionReadings.Succeeded(
            await server.RunAsync(RemoteCommand.FromScript(LiftScript, start ? "start" : "") with { Privileged = true }, cancellationToken),
            "let the database's unit start");
}
