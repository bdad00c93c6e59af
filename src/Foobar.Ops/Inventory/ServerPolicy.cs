namespace Foobar.Ops.Inventory;

/// <summary>What the servers themselves must be like.</summary>
public sealed record ServerPolicy
{
    /// <summary>
    /// Units of systemd that must run, by role; a role not named has the usual unit of its kind (<c>haproxy.service</c>,
    /// <c>nginx.service</c>, <c>mysql.service</c> or <c>mariadb.service</c>, ...).
    /// </summary>
    public IReadOnlyDictionary<Role, IReadOnlyList<string>> Units { get; init; } = new Dictionary<Role, IReadOnlyList<string>>();

    /// <summary>A disk (space or inodes) fuller than this, in percent, is a warning.</summary>
    public double DiskWarnPercent { get; init; } = 80;

    /// <summary>A disk (space or inodes) fuller than this, in percent, fails.</summary>
    public double DiskFailPercent { get; init; } = 90;

    /// <summary>Less memory available than this, in percent, fails.</summary>
    public double MemoryAvailableFailPercent { get; init; } = 5;

    /// <summary>A clock further from the operator's than this, in seconds, fails.</summary>
    public double MaxClockOffsetSeconds { get; init; } = 2;
}
