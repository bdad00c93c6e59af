using System.Globalization;
using System.Text.RegularExpressions;

namespace Foobar.Ops.LoadBalancing.Haproxy;

/// <summary>Reads a time of HAProxy's configuration (Configuration Manual, 2.5 "Time format").</summary>
internal static partial class HaproxyDuration
{
    /// <summary>The time; <see langword="null"/> if the word is none.</summary>
    /// <param name="text">A whole number and a unit: <c>us</c>, <c>ms</c> (as without one), <c>s</c>, <c>m</c>, <c>h</c>, <c>d</c>.</param>
    public static TimeSpan? Parse(string text)
    {
        Match match = Form().Match(text);
        if (!match.Success || !uint.TryParse(match.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out uint number))
        {
            return null;
        }

        return match.Groups[2].Value switch
        {
            "us" => TimeSpan.FromMicroseconds(number),
            "s" => TimeSpan.FromSeconds(number),
            "m" => TimeSpan.FromMinutes(number),
            "h" => TimeSpan.FromHours(number),
            "d" => TimeSpan.FromDays(number),
            _ => TimeSpan.FromMilliseconds(number),
        };
    }

    [GeneratedRegex(@"^([0-9]+)(us|ms|s|m|h|d|)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
