using Foobar.Ops.Findings;

namespace Foobar.Ops.Tls.Scan;

/// <summary>What scans of a server's endpoints came to, in short: what a snapshot keeps of them.</summary>
public sealed record GradeFacts
{
    /// <summary>The endpoints.</summary>
    public required IReadOnlyList<ScannedEndpoint> Endpoints { get; init; }
}

/// <summary>What a scan of one endpoint came to.</summary>
public sealed record ScannedEndpoint
{
    /// <summary>The endpoint: <c>192.0.2.11:443</c>.</summary>
    public required string Endpoint { get; init; }

    /// <summary>What was seen, or why nothing could be.</summary>
    public required Reading<EndpointOffer> Offer { get; init; }
}

/// <summary>What an endpoint offers, and the grade of that.</summary>
public sealed record EndpointOffer
{
    /// <summary>The grade by the SSL Labs SSL Server Rating Guide; <see langword="null"/> where too little is known.</summary>
    public string? Grade { get; init; }

    /// <summary>The score behind it, 0 to 100; <see langword="null"/> where there is no grade.</summary>
    public int? Score { get; init; }

    /// <summary>Why the grade is not better, or why there is none.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>The versions, the oldest first.</summary>
    public IReadOnlyList<string> Versions { get; init; } = [];

    /// <summary>The cipher suites of all versions, by their IANA names.</summary>
    public IReadOnlyList<string> Suites { get; init; } = [];

    /// <summary>The groups of the key exchange.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];
}
