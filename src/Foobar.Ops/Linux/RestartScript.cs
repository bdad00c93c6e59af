using System.Globalization;
using Foobar.Ops.Findings;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Linux;

/// <summary>
/// Asks systemd how often it started services again. Its counter has no beginning, so the journal is asked what happened in the last
/// hour; that costs the more the fuller the journal is, and is done for services alone that look like being restarted all the time.
/// </summary>
internal static class RestartScript
{
    /// <summary>As many restarts in an hour are a loop.</summary>
    public const int Loop = 3;

    /// <summary>The command that tells of restarts, as findings name it.</summary>
    public const string Source = "systemctl show -p NRestarts, /proc/uptime";

    private const string Suffix = ".service";

    // Id is what an alias is another name of. Times count from the boot, as /proc/uptime does.
    private const string Shown = """
        printf '==> uptime\n'
        cat /proc/uptime
        printf '\n==> units\n'
        SYSTEMD_COLORS=0 LC_ALL=C systemctl show -p Id -p NRestarts -p Result -p ActiveEnterTimestampMonotonic -- "$@"
        """;

    // SD_MESSAGE_UNIT_RESTART_SCHEDULED of sd-messages.h: "nginx.service: Scheduled restart job, restart counter is at 3."
    private const string Journal = """
        for unit in "$@"; do set -- "$@" "UNIT=$unit"; shift; done
        LC_ALL=C journalctl -q --no-pager --since=-1h -o cat -n 2000 _PID=1 MESSAGE_ID=5eb03494b6584870a536b337290809b3 "$@"
        """;

    /// <summary>How long a service has to stay up to be out of a loop.</summary>
    public static TimeSpan Settled { get; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// Adds to units what is known of their restarts: to those named that are active, and to all that wait for another start.
    /// </summary>
    /// <param name="session">The server.</param>
    /// <param name="units">Its units.</param>
    /// <param name="names">The units that have to run.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="Errors.FoobarException">The connection was lost.</exception>
    public static async Task<IReadOnlyList<Unit>> ReadAsync(
        IServerSession session, IReadOnlyList<Unit> units, IReadOnlyCollection<string> names, CancellationToken cancellationToken)
    {
        string[] asked =
        [
            .. units.Where(unit => unit.Name.EndsWith(Suffix, StringComparison.Ordinal)
                && (unit.WaitsForRestart || (unit.IsActive && names.Contains(unit.Name)))).Select(static unit => unit.Name),
        ];
        if (asked.Length == 0)
        {
            return units;
        }

        Reading<IReadOnlyDictionary<string, UnitRestarts>> shown = await session.ReadAsync(
            RemoteCommand.FromScript(Shown, asked) with { IsShort = true }, Parse, Source, cancellationToken);
        IReadOnlyDictionary<string, UnitRestarts> known = shown.Value ?? new Dictionary<string, UnitRestarts>();
        string[] suspects = [.. known.Where(static unit => IsSuspect(unit.Value)).Select(static unit => unit.Key)];
        Reading<IReadOnlyDictionary<string, int>>? scheduled = suspects.Length == 0 ? null : await session.ReadAsync(
            RemoteCommand.FromScript(Journal, suspects) with { Privileged = true, TimeLimit = TimeSpan.FromSeconds(10) },
            ParseJournal, "journalctl", cancellationToken);
        return
        [
            .. units.Select(unit => known.TryGetValue(unit.Name, out UnitRestarts? restarts)
                ? unit with
                {
                    Restarts = restarts with
                    {
                        // The journal may tell of restarts before it was last started by hand, too.
                        LastHour = scheduled?.Value?.TryGetValue(unit.Name, out int count) == true
                            ? Math.Min(count, restarts.Count)
                            : null,
                    },
                }
                : unit),
        ];
    }

    /// <summary>Whether a service was started again often, and last not long ago.</summary>
    public static bool IsSuspect(UnitRestarts restarts) =>
        restarts.Count >= Loop && !(restarts.ActiveSeconds >= Settled.TotalSeconds);

    /// <summary>Reads what systemctl shows: blocks of NAME=VALUE. A systemd before 235 does not count restarts.</summary>
    /// <exception cref="Errors.ParseException">A part is missing.</exception>
    internal static IReadOnlyDictionary<string, UnitRestarts> Parse(string text)
    {
        IReadOnlyDictionary<string, string> sections = Sections.Parse(text);
        double? uptime = Number(sections.Require("uptime").Split(' ')[0]);
        Dictionary<string, UnitRestarts> units = new(StringComparer.Ordinal);
        foreach (string block in sections.Require("units").Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            Dictionary<string, string> values = KeyValues.Parse(block, '=');
            if (values.TryGetValue("Id", out string? name) && Number(values.GetValueOrDefault("NRestarts", "")) is { } count)
            {
                double? entered = Number(values.GetValueOrDefault("ActiveEnterTimestampMonotonic", "")) / 1e6;
                units[name] = new UnitRestarts
                {
                    Count = (int)count,
                    Result = values.GetValueOrDefault("Result", ""),
                    ActiveSeconds = entered > 0 && uptime >= entered ? uptime - entered : null,
                };
            }
        }

        return units;
    }

    /// <summary>Counts the restarts that the journal tells of, by unit.</summary>
    internal static IReadOnlyDictionary<string, int> ParseJournal(string text) => Lines.Of(text)
        .Select(static line => line.Text.Split(": ", 2))
        .Where(static parts => parts.Length == 2 && parts[0].EndsWith(Suffix, StringComparison.Ordinal))
        .CountBy(static parts => parts[0])
        .ToDictionary(StringComparer.Ordinal);

    private static double? Number(string text) =>
        double.TryParse(text.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) ? number : null;
}
