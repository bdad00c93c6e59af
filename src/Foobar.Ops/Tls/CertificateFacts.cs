using Foobar.Ops.Findings;
using Foobar.Ops.Tls.Caa;
using Foobar.Ops.Tls.Files;

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

    /// <summary>The files with private keys that the configurations of HAProxy, nginx and the database name.</summary>
    public required Reading<IReadOnlyList<KeyFile>> KeyFiles { get; init; }

    /// <summary>The files with certificates that those configurations name, and whether the running programs serve them.</summary>
    public Reading<IReadOnlyList<CertificateFile>> Files { get; init; } = Reading.Unreadable<IReadOnlyList<CertificateFile>>(
        "They were not looked at.");

    /// <summary>Certificates that those configurations name in a way that could not be followed to a file; each with its reason.</summary>
    public IReadOnlyList<string> FileDoubts { get; init; } = [];

    /// <summary>The CAA records of the site's names; empty where the policy names no authorities, or no visitor is served here.</summary>
    public IReadOnlyList<Reading<CaaSet>> Caa { get; init; } = [];

    /// <summary>What the endpoints for visitors serve to a client that names no host (no SNI).</summary>
    public IReadOnlyList<EndpointAnswer> Unnamed { get; init; } = [];
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
