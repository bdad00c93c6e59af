namespace Foobar.Ops.Linux;

/// <summary>What would keep a unit from starting that is asked to: its conditions and assertions (systemd.unit(5)).</summary>
public sealed record UnitConditions
{
    /// <summary>
    /// Those that do not hold now, as systemd writes them: <c>ConditionPathExists=/etc/shop.conf</c>; empty if it would start.
    /// </summary>
    public IReadOnlyList<string> Failed { get; init; } = [];

    /// <summary>Why that could not be told; <see langword="null"/> if it could.</summary>
    public string? Doubt { get; init; }

    /// <summary>Whether all that fails is about something that a boot makes anew.</summary>
    public bool IsOfThisBoot => Failed.Count > 0 && Failed.All(static condition =>
        condition[(condition.IndexOf('=', StringComparison.Ordinal) + 1)..].TrimStart('|', '!', ' ') is var what
            && (what.Split('/') is ["", "run" or "tmp" or "proc" or "sys" or "dev", ..] or ["", "var", "run" or "tmp", ..]
                || condition.Contains("ACPower=", StringComparison.Ordinal) || condition.Contains("Pressure=", StringComparison.Ordinal)));
}
