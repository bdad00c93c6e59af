using Foobar.Ops.Errors;
using Foobar.Ops.Linux;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Machines;

/// <summary>What a database's machine says of it without the database being asked: its unit, its process, its disk, its files.</summary>
public sealed record MachineReport
{
    /// <summary>The systemd unit; <see langword="null"/> if none of the usual ones is known there.</summary>
    public string? Unit { get; init; }

    /// <summary>systemd's <c>ActiveState</c> and <c>SubState</c>: <c>active/running</c>, <c>activating/auto-restart</c>.</summary>
    public string State { get; init; } = "";

    /// <summary>How often systemd restarted it by itself since somebody started it.</summary>
    public int Restarts { get; init; }

    /// <summary>The process; <see langword="null"/> if none runs.</summary>
    public long? ProcessId { get; init; }

    /// <summary>
    /// The state of the process as in <c>proc(5)</c>: <c>R</c>, <c>S</c>, <c>D</c>, <c>T</c> (stopped), <c>Z</c>; empty for none.
    /// </summary>
    public string ProcessState { get; init; } = "";

    /// <summary>Whether systemd's freezer holds the unit.</summary>
    public bool UnitFrozen { get; init; }

    /// <summary>Bytes left for data, for accounts other than root.</summary>
    public long DataAvailableBytes { get; init; }

    /// <summary>Bytes left for binary logs.</summary>
    public long BinlogAvailableBytes { get; init; }

    /// <summary>Whether a file system under it is mounted read-only.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>The data directory.</summary>
    public string DataDirectory { get; init; } = "";

    /// <summary>The index of the binary logs.</summary>
    public string BinlogIndex { get; init; } = "";

    /// <summary>Whether the database's process is there and could work.</summary>
    public bool Runs => ProcessId is not null && ProcessState != "Z";

    /// <summary>Whether its process was stopped (<c>SIGSTOP</c>, a debugger, the freezer).</summary>
    public bool Frozen => Runs && (UnitFrozen || ProcessState is "T" or "t");

    /// <summary>Whether there is next to no room for what it writes.</summary>
    public bool DiskFull => Math.Min(DataAvailableBytes, BinlogAvailableBytes) < LeastRoom;

    // Less than a page of the binary log's cache.
    private const long LeastRoom = 64 * 1024;

    /// <summary>The command whose output <see cref="Parse"/> reads. It reads only.</summary>
    internal static RemoteCommand Command { get; } = RemoteCommand.FromScript(DatabaseUnit.Find + """

        [ -z "$unit" ] || systemctl show -p ActiveState -p SubState -p FreezerState -p NRestarts "$unit"
        printf 'unit=%s\n' "$unit"
        for entry in /proc/[0-9]*/comm; do
            read -r name 2>/dev/null < "$entry" || continue
            case $name in mysqld|mariadbd) ;; *) continue;; esac
            pid=${entry#/proc/}; pid=${pid%/comm}
            [ -z "$unit" ] || grep -q "/$unit" "/proc/$pid/cgroup" 2>/dev/null || continue
            [ -n "$unit" ] || case $(tr '\0' ' ' < "/proc/$pid/cmdline" 2>/dev/null) in *--print-defaults*|*--version*|*--help*) continue;; esac
            printf 'pid=%s\n' "$pid"
            sed -n 's/^State:[[:space:]]*\(.\).*/process=\1/p' "/proc/$pid/status"
            break
        done
        """ + "\n" + BinlogFiles.Find + """

        printf 'datadir=%s\nindex=%s\n' "$datadir" "$index"
        for which in data binlog; do
            case $which in data) at=$datadir;; *) at=${index%/*};; esac
            df -P -k -- "$at" | sed -n "2s/^.*[[:space:]]\([0-9][0-9]*\)[[:space:]][[:space:]]*[0-9][0-9]*%.*/$which=\1/p"
            mount=$(df -P -k -- "$at" | sed -n '2s/^.*%[[:space:]]*//p')
            while read -r _ _ _ _ point options _; do
                [ "$point" != "$mount" ] || case ,$options, in *,ro,*) printf 'readonly=1\n';; esac
            done < /proc/self/mountinfo
        done
        """) with { Privileged = true, TimeLimit = TimeSpan.FromSeconds(10) };

    /// <summary>Asks a machine; <see langword="null"/> if it does not answer within the limit.</summary>
    internal static async Task<MachineReport?> AskAsync(
        ISiteSession site, string server, TimeSpan limit, CancellationToken cancellationToken)
    {
        using TimeLimit timer = new(site.Time, limit, cancellationToken);
        try
        {
            IServerSession session = await site.GetServerAsync(server, timer.Token);
            return Parse(
                server, SessionReadings.Succeeded(await session.RunAsync(Command, timer.Token), "the machine's report").OutputText);
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Reads the command's output.</summary>
    /// <exception cref="ParseException">Something is missing.</exception>
    internal static MachineReport Parse(string server, string text)
    {
        Dictionary<string, string> values = KeyValues.Parse(text, '=');
        return new()
        {
            Unit = values.GetValueOrDefault("unit") is { Length: > 0 } unit ? unit : null,
            State = $"{values.GetValueOrDefault("ActiveState", "unknown")}/{values.GetValueOrDefault("SubState", "unknown")}",
            Restarts = int.TryParse(values.GetValueOrDefault("NRestarts"), out int restarts) ? restarts : 0,
            ProcessId = long.TryParse(values.GetValueOrDefault("pid"), out long pid) ? pid : null,
            ProcessState = values.GetValueOrDefault("process", ""),
            UnitFrozen = values.GetValueOrDefault("FreezerState") is "frozen" or "freezing",
            DataAvailableBytes = Kilobytes("data"),
            BinlogAvailableBytes = Kilobytes("binlog"),
            ReadOnly = values.ContainsKey("readonly"),
            DataDirectory = values.GetValueOrDefault("datadir", ""),
            BinlogIndex = values.GetValueOrDefault("index", ""),
        };

        long Kilobytes(string name) => long.TryParse(values.GetValueOrDefault(name), out long number)
            ? number * 1024
            : throw new ParseException(server, "df -P -k", 0, $"expected the room left on the file system of the {name} directory.");
    }
}
