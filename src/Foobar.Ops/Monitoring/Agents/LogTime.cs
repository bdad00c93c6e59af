using System.Globalization;
using System.Text.RegularExpressions;

namespace Foobar.Ops.Monitoring.Agents;

/// <summary>
/// The time that a line of an agent's log begins with: seconds (journalctl -o short-unix), ISO 8601 with a blank or a T (Datadog,
/// Telegraf, New Relic, the OpenTelemetry Collector, Beats, Sumo Logic), <c>PID:20260131:235959.123</c> (Zabbix agent), with slashes
/// (Zabbix agent 2).
/// </summary>
internal static partial class LogTime
{
    /// <summary>The time, in UTC; <see langword="null"/> if there is none.</summary>
    /// <param name="line">The beginning of the line.</param>
    /// <param name="zone">How far the server's own time is ahead of UTC, for times that name no zone.</param>
    public static DateTimeOffset? Parse(string line, TimeSpan zone)
    {
        if (Unix().Match(line) is { Success: true } unix)
        {
            return Survey.Seconds(unix.Value);
        }

        if (Iso().Match(line) is { Success: true } iso && Date(iso, "yyyy-MM-ddHH:mm:ss") is { } time)
        {
            string named = iso.Groups["zone"].Value.Trim();
            return named is "Z" or "UTC" ? time : time - (Offset(named) ?? zone);
        }

        return Zabbix().Match(line) is { Success: true } zabbix && Date(zabbix, "yyyyMMddHHmmss") is { } local ? local - zone : null;
    }

    /// <summary>An offset from UTC: <c>+0100</c>, <c>-05:30</c>.</summary>
    public static TimeSpan? Offset(string zone) => zone.Length >= 5 && zone[0] is '+' or '-'
        && int.TryParse(zone.AsSpan(1, 2), NumberStyles.None, CultureInfo.InvariantCulture, out int hours)
            && int.TryParse(zone.AsSpan(zone.Length - 2), NumberStyles.None, CultureInfo.InvariantCulture, out int minutes)
            ? (zone[0] == '-' ? -1 : 1) * new TimeSpan(hours, minutes, 0)
            : null;

    private static DateTimeOffset? Date(Match match, string format) =>
        DateTimeOffset.TryParseExact(match.Groups["date"].Value.Replace('/', '-') + match.Groups["time"].Value, format,
            CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : null;

    [GeneratedRegex(@"^[0-9]{9,11}(\.[0-9]+)?(?=\s)", RegexOptions.None, 1000)]
    private static partial Regex Unix();

    [GeneratedRegex(
        @"(?<date>[0-9]{4}[-/][0-9]{2}[-/][0-9]{2})[T ](?<time>[0-9]{2}:[0-9]{2}:[0-9]{2})([.,][0-9]+)?(?<zone> ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?",
        RegexOptions.None, 1000)]
    private static partial Regex Iso();

    [GeneratedRegex(@"^\s*[0-9]+:(?<date>[0-9]{8}):(?<time>[0-9]{6})\b", RegexOptions.None, 1000)]
    private static partial Regex Zabbix();
}
