using System.Globalization;

namespace Foobar.Ops.Findings;

/// <summary>Why and how long a finding is accepted, as the inventory says.</summary>
public sealed record Acceptance
{
    /// <summary>Why it is accepted.</summary>
    public required string Reason { get; init; }

    /// <summary>The last day on which it is: midnight in UTC at its beginning.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>In words: <c>until 2027-01-31: Replaced with the new balancer</c>.</summary>
    public override string ToString() => $"until {Until.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}: {Reason}";
}
