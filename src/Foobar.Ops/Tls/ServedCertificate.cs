using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Tls;

/// <summary>The certificate an endpoint really served in a handshake, with what came along.</summary>
public sealed record ServedCertificate
{
    /// <summary>The endpoint.</summary>
    public required TlsEndpoint Endpoint { get; init; }

    /// <summary>The server it was seen through; <see langword="null"/> for a direct look.</summary>
    public string? Server => Endpoint.Via;

    /// <summary>The certificate of the endpoint itself.</summary>
    public required Certificate Leaf { get; init; }

    /// <summary>
    /// The kind of key that the client could verify alone when it was seen (<c>RSA</c>, <c>ECDSA</c>, <c>Ed</c>);
    /// <see langword="null"/> for what the endpoint serves to a client that verifies every kind.
    /// </summary>
    public string? KeyKind { get; init; }

    /// <summary>The certificates presented besides it, in the order they came.</summary>
    public IReadOnlyList<Certificate> Intermediates { get; init; } = [];

    /// <summary>
    /// Why the chain, built from what was presented alone, does not lead to a trusted authority; empty if it does. The
    /// host name and the leaf's own dates are not part of it.
    /// </summary>
    public IReadOnlyList<string> ChainProblems { get; init; } = [];

    /// <summary>The protocol negotiated with the platform's own client settings: <c>Tls13</c>; <see langword="null"/> if the handshake ended early.</summary>
    public string? Protocol { get; init; }

    /// <summary>The cipher suite by its IANA name; <see langword="null"/> if the handshake ended early.</summary>
    public string? CipherSuite { get; init; }

    /// <summary>Why the handshake ended after the certificate was shown (a client certificate wanted); <see langword="null"/> if it did not.</summary>
    public string? HandshakeProblem { get; init; }

    /// <summary>When it was looked at, in UTC.</summary>
    [Measurement]
    public required DateTimeOffset Time { get; init; }

    /// <summary>Whole days until it expires, counted from <see cref="Time"/>; negative once it has.</summary>
    public int DaysLeft => (int)Math.Floor((Leaf.NotAfter - Time).TotalDays);

    /// <summary>Whether the chain leads to a trusted authority.</summary>
    public bool IsTrusted => ChainProblems.Count == 0;

    /// <summary>The endpoint as findings name it, with the kind of key where it is not the endpoint's first choice.</summary>
    internal string Target => KeyKind is null ? Endpoint.ToString() : $"{Endpoint} ({KeyKind})";

    /// <summary>Describes what was presented.</summary>
    internal static ServedCertificate Describe(
        TlsEndpoint endpoint, X509Certificate2 leaf, X509Certificate2Collection presented, TrustedAuthorities authorities)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return new ServedCertificate
        {
            Endpoint = endpoint,
            Leaf = CertificateReader.Read(leaf),
            Intermediates = [.. presented.Where(certificate => !certificate.RawData.AsSpan().SequenceEqual(leaf.RawData)).Select(CertificateReader.Read)],
            ChainProblems = authorities.Problems(leaf, presented, now),
            Time = now,
        };
    }
}
