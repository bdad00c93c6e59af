using Foobar.Ops.Findings;

namespace Foobar.Ops.Linux;

/// <summary>How often systemd started a service again by itself (systemd.service(5), <c>Restart=</c>).</summary>
public sealed record UnitRestarts
{
    /// <summary>How many times since it was last started otherwise: by hand, by a boot or by another unit (<c>NRestarts</c>).</summary>
    public required int Count { get; init; }

    /// <summary>How it ended last: <c>success</c>, <c>exit-code</c>, <c>signal</c>, <c>timeout</c> ...; empty if it was not read.</summary>
    public string Result { get; init; } = "";

    /// <summary>Seconds since it last became active; <see langword="null"/> if it never was, or that is not known.</summary>
    [Measurement]
    public double? ActiveSeconds { get; init; }

    /// <summary>
    /// How many times in the last hour, as the journal tells; <see langword="null"/> if the journal was not asked or tells of none.
    /// </summary>
    [Measurement]
    public int? LastHour { get; init; }
}
