namespace Foobar.Ops.LoadBalancing.Haproxy;

/// <summary>What a start of HAProxy makes of a server, by its configuration with all that it inherits.</summary>
public sealed record ServerStart
{
    /// <summary>The backend.</summary>
    public required string Backend { get; init; }

    /// <summary>The server's name in it.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it starts in maintenance.</summary>
    public bool IsDisabled { get; init; }

    /// <summary>Whether its whole backend is switched off.</summary>
    public bool IsBackendDisabled { get; init; }

    /// <summary>Whether it is used only while all others are down.</summary>
    public bool IsBackup { get; init; }

    /// <summary>Its share of the traffic; with 0 it gets none.</summary>
    public long Weight { get; init; } = 1;

    /// <summary>Why this can't be told for sure: keywords whose effect is not known.</summary>
    public IReadOnlyList<string> Doubts { get; init; } = [];

    /// <summary>Whether it takes traffic once its health check passes, as far as is known.</summary>
    public bool TakesTraffic => !IsDisabled && !IsBackendDisabled && Weight > 0;

    /// <summary>What a start makes of it, in words.</summary>
    public override string ToString() =>
        IsBackendDisabled
            ? "its backend is disabled"
            : IsDisabled ? "in maintenance" : Weight == 0 ? "in, with weight 0" : IsBackup ? "in, as a backup" : "in";
}
