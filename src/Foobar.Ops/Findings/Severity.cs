namespace Foobar.Ops.Findings;

/// <summary>How much harm a failed control can do. Ordered: a later member is worse.</summary>
public enum Severity : long
{
    /// <summary>Worth knowing; no harm by itself.</summary>
    Info,

    /// <summary>Untidy, or harmful only together with something else.</summary>
    Low,

    /// <summary>Weakens the site's safety or availability.</summary>
    Medium,

    /// <summary>Makes an outage, a loss or a break-in likely.</summary>
    High,

    /// <summary>The site is down, open, or loses data now or at the next ordinary event.</summary>
    Critical,
}
