using System.Globalization;

namespace Foobar.Ops.Operations.Guard;

/// <summary>What guards were told, and what that does to a suspension of another operator's.</summary>
/// <param name="Standing">What stands now.</param>
/// <param name="Warning">What an operator should know of a suspension that was there before; <see langword="null"/> for nothing.</param>
public sealed record WatchChange(WatchStanding Standing, string? Warning)
{
    /// <summary>Judges a suspension.</summary>
    /// <param name="before">What stood before.</param>
    /// <param name="asked">The end that was asked for, in UTC.</param>
    /// <param name="after">What stands now.</param>
    /// <param name="now">The time, in UTC.</param>
    public static WatchChange Suspended(WatchStanding before, DateTimeOffset asked, WatchStanding after, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);

        // The table keeps milliseconds.
        if (after.SuspendedUntil > asked.AddMilliseconds(1))
        {
            return new(
                after,
                $"The suspension {Named(after)} stands, since it ends later than {Text(asked)}. "
                    + "Resume-FoobarWatch ends it, if it is to be shorter.");
        }

        return before.SuspendedUntil > now
            ? new(
                after,
                $"This suspension takes the place of the one {Named(before)}, which ends earlier. "
                    + "Resume-FoobarWatch before that time would end both.")
            : new(after, null);
    }

    /// <summary>Judges the end of a suspension.</summary>
    /// <param name="before">What stood before.</param>
    /// <param name="after">What stands now.</param>
    /// <param name="now">The time, in UTC.</param>
    public static WatchChange Resumed(WatchStanding before, WatchStanding after, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        return new(after, before.SuspendedUntil > now ? $"The suspension {Named(before)} was ended." : null);
    }

    private static string Named(WatchStanding standing) =>
        $"until {Text(standing.SuspendedUntil!.Value)} by {standing.Holder}{(standing.Reason.Length > 0 ? $" ('{standing.Reason}')" : "")}";

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
