namespace Foobar.Ops.LoadBalancing;

/// <summary>A statistics page that HAProxy serves to browsers (Configuration Manual, 4.2 stats enable).</summary>
public sealed record StatsPage
{
    /// <summary>The proxy that serves it.</summary>
    public required string Proxy { get; init; }

    /// <summary>Its path.</summary>
    public required string Path { get; init; }

    /// <summary>Where requests for it arrive.</summary>
    public required IReadOnlyList<ProxyListener> Listeners { get; init; }

    /// <summary>The line by which nobody gets it without a password, or nobody at all; <see langword="null"/> for none.</summary>
    public string? Guard { get; init; }

    /// <summary>The <c>stats admin</c> line, by which it takes orders; <see langword="null"/> for none.</summary>
    public string? Orders { get; init; }

    /// <summary>Whether that line's condition holds for everyone; <see langword="null"/> if that can't be told.</summary>
    public bool? OrdersOfAll { get; init; }

    /// <summary>Rules that may keep visitors off, which is not followed.</summary>
    public IReadOnlyList<string> Doubts { get; init; } = [];
}
