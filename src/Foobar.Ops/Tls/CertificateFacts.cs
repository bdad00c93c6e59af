using Foobar.Ops.Findings;

namespace Foobar.Ops.Tls;

/// <summary>The certificates of a server: what its endpoints serve, and who can read the keys.</summary>
public sealed record CertificateFacts
{
    /// <summary>
    /// The endpoints that should answer TLS handshakes, with what they served: an answer a certificate, the first choice
    /// first.
    /// </summary>
    public required IReadOnlyList<EndpointAnswer> Endpoints { get; init; }

    /// <summary>Keys that those configurations name in a way that could not be followed to a file; each with its reason.</summary>
    public IReadOnlyList<string> KeyDoubts { get; init; } = [];

    /// <summary>The files with private keys that HAProxy's and nginx's configurations name.</summary>
    public required Reading<IReadOnlyList<KeyFile>> KeyFiles { get; init; }
}

/// <summary>What came of looking at an endpoint.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Certificate">What it served, or why nothing could be seen.</param>
public sealed record EndpointAnswer(TlsEndpoint Endpoint, Reading<ServedCertificate> Certificate)
{
    /// <summary>The error id of a kind of key that could not be asked for.</summary>
    internal const string OtherKindUnread = "CertificateKindUnread";

    /// <summary>The id of the error that stood in the way; <see langword="null"/> if none did.</summary>
    public string? ErrorId { get; init; }
}
