namespace Foobar.Ops.Inventory;

/// <summary>What the setup as a whole must be like.</summary>
public sealed record TopologyPolicy
{
    /// <summary>How old the last failover or switchover may be, in days, before its success proves nothing any more.</summary>
    public int FailoverDrillDays { get; init; } = 90;

    /// <summary>
    /// How much of the last five minutes two services of one server may both have stood still for want of the same resource, in
    /// percent (pressure stall information); with 100 nothing is too much.
    /// </summary>
    public double MaxStalledPercent { get; init; } = 20;

    /// <summary>
    /// The directories with the application's files, which must be the same on all servers that have them; empty for those that
    /// nginx's <c>root</c> and the application's unit name.
    /// </summary>
    public IReadOnlyList<string> AppFiles { get; init; } = [];

    /// <summary>
    /// What below these directories may differ and be written, by its path from there or its name: <c>uploads/*</c>, <c>*.log</c>.
    /// </summary>
    public IReadOnlyList<string> AppFilesExcept { get; init; } = [];
}
