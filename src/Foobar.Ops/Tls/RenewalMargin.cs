using Foobar.Ops.Inventory;

namespace Foobar.Ops.Tls;

/// <summary>
/// How much of a certificate's life must be left. The policy's days are for certificates of months; of a shorter one a part
/// of its lifetime counts, as ACME clients renew: from a third that is left, from a half below ten days (RFC 9773 has
/// the authority tell the same window).
/// </summary>
internal static class RenewalMargin
{
    private static readonly TimeSpan ShortLife = TimeSpan.FromDays(10);

    /// <summary>The life that must be left: less is a warning, still less fails.</summary>
    public static (TimeSpan Warn, TimeSpan Fail) Of(TimeSpan lifetime, TlsPolicy policy)
    {
        TimeSpan due = lifetime < ShortLife ? lifetime / 2 : lifetime / 3;
        TimeSpan configured = TimeSpan.FromDays(policy.WarnDays);
        return due >= configured || policy.WarnDays <= 0
            ? (configured, TimeSpan.FromDays(policy.FailDays))
            : (due, due * Math.Min(1, (double)policy.FailDays / policy.WarnDays));
    }

    /// <summary>A time in whole days, or in hours where days are too coarse.</summary>
    public static string Text(TimeSpan time) => time.TotalDays >= 10
        ? FormattableString.Invariant($"{Math.Floor(time.TotalDays):0} days")
        : FormattableString.Invariant($"{Math.Floor(time.TotalHours):0} hours");
}
