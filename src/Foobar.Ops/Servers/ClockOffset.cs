using System.Globalization;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Servers;

/// <summary>
/// How far a server's clock is ahead of the operator's, measured over the session: the server was asked for the time
/// between two looks at the operator's clock, so the true offset lies within the uncertainty of the one given.
/// </summary>
/// <param name="Seconds">The offset, in seconds; negative if the server's clock is behind.</param>
/// <param name="UncertaintySeconds">Half the time the question took, in seconds.</param>
public sealed record ClockOffset([property: Measurement] double Seconds, [property: Measurement] double UncertaintySeconds)
{
    /// <summary>The command the server's clock is read with; nanoseconds are GNU's and left off elsewhere.</summary>
    public const string Source = "date +%s.%N";

    /// <summary>Judges one exchange.</summary>
    /// <param name="asked">The operator's clock before the question.</param>
    /// <param name="answer">What the server's <c>date +%s.%N</c> printed.</param>
    /// <param name="took">The time until the answer was there.</param>
    /// <exception cref="Errors.ParseException">The answer is no time.</exception>
    public static ClockOffset Measure(DateTimeOffset asked, string answer, TimeSpan took)
    {
        string text = answer.Trim();
        string[] parts = text.Split('.');
        bool whole = parts.Length < 2 || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out _);
        if (!long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) || seconds > 253_402_300_799)
        {
            throw new Errors.ParseException(null, Source, 1, $"expected seconds since 1970, found '{text}'.");
        }

        // A clock that only tells whole seconds is half a second ahead of what it says on average, and that unsure.
        double fraction = whole ? 0.5 : double.Parse("0." + parts[1], CultureInfo.InvariantCulture);
        double middle = asked.ToUnixTimeMilliseconds() / 1000.0 + (took.TotalSeconds / 2);
        return new ClockOffset(seconds + fraction - middle, (took.TotalSeconds / 2) + (whole ? 0.5 : 0.001));
    }
}
