using System.Globalization;
using Foobar.Ops.Linux;

namespace Foobar.Ops.LoadBalancing.Haproxy;

/// <summary>Reads <c>show info</c> of HAProxy's runtime API (HAProxy Management Guide, 9.3): <c>Name: value</c> a line.</summary>
internal static class InfoParser
{
    public const string Source = "show info";

    /// <exception cref="Errors.ParseException">A value that must be there is missing or no number.</exception>
    public static HaproxyProcess Parse(string text)
    {
        Dictionary<string, string> values = KeyValues.Parse(text, ':');
        long Number(string key) =>
            values.TryGetValue(key, out string? value)
                && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
                && number <= int.MaxValue
                ? number
                : throw new Errors.ParseException(null, Source, 0, $"expected '{key}:' with a number.");
        return new HaproxyProcess
        {
            Version = values.GetValueOrDefault("Version", "unknown"),
            ProcessId = (int)Number("Pid"),
            UptimeSeconds = Number("Uptime_sec"),
            CurrentConnections = Number("CurrConns"),
            MaximumConnections = Number("Maxconn"),
        };
    }
}
