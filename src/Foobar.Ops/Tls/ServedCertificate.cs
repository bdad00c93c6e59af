using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Findings;
using Foobar.Ops.Tls.Issuance;

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
    /// The chain as a client builds it from what was presented alone, the leaf first: up to a root where it leads to a trusted
    /// one.
    /// </summary>
    public IReadOnlyList<Certificate> Chain { get; init; } = [];

    /// <summary>The names of authorities whose certificates had to be presented and were not.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>Certificates presented that no other one presented needs, each with its reason.</summary>
    public IReadOnlyList<string> Superfluous { get; init; } = [];

    /// <summary>Whether each certificate presented, but the superfluous ones, certifies one before it (RFC 5246, 7.4.2).</summary>
    public bool IsInOrder { get; init; } = true;

    /// <summary>Whether a root was presented, which a client has or does not trust.</summary>
    public bool HasRoot { get; init; }

    /// <summary>
    /// Whether the chain has signatures or keys of a kind that this system can't verify (ML-DSA before OpenSSL 3.5), so that
    /// <see cref="ChainProblems"/> prove nothing.
    /// </summary>
    public bool IsChainUndecided { get; init; }

    /// <summary>
    /// Why the chain, built from what was presented alone, does not lead to a trusted authority; empty if it does. The
    /// host name and the leaf's own dates are not part of it.
    /// </summary>
    public IReadOnlyList<string> ChainProblems { get; init; } = [];

    /// <summary>
    /// The OCSP response sent along; <see langword="null"/> if none was, or if <see cref="StapleProblem"/> says why none is known.
    /// </summary>
    public OcspStaple? Staple { get; init; }

    /// <summary>Why it isn't known whether an OCSP response or timestamps were sent along; <see langword="null"/> if it is.</summary>
    public string? StapleProblem { get; init; }

    /// <summary>The timestamps of logs: in the certificate, in the handshake, in the OCSP response.</summary>
    public IReadOnlyList<SignedTimestamp> Timestamps { get; init; } = [];

    /// <summary>
    /// The protocol negotiated with the platform's own client settings: <c>Tls13</c>; <see langword="null"/> if the handshake ended early.
    /// </summary>
    public string? Protocol { get; init; }

    /// <summary>The cipher suite by its IANA name; <see langword="null"/> if the handshake ended early.</summary>
    public string? CipherSuite { get; init; }

    /// <summary>
    /// Why the handshake ended after the certificate was shown (a client certificate wanted); <see langword="null"/> if it did not.
    /// </summary>
    public string? HandshakeProblem { get; init; }

    /// <summary>When it was looked at, in UTC.</summary>
    [Measurement]
    public required DateTimeOffset Time { get; init; }

    /// <summary>Until when clients accept it, in UTC: the earliest end in its chain, the root's left out.</summary>
    public DateTimeOffset ValidUntil => FirstToEnd.NotAfter;

    /// <summary>Whole days until <see cref="ValidUntil"/>, counted from <see cref="Time"/>; negative once it has passed.</summary>
    public int DaysLeft => (int)Math.Floor((ValidUntil - Time).TotalDays);

    /// <summary>The share of its lifetime that is left, counted from <see cref="Time"/>: 1 at its beginning, 0 from its end on.</summary>
    public double ShareLeft => Leaf.ShareLeftAt(Time);

    /// <summary>Whether the chain leads to a trusted authority.</summary>
    public bool IsTrusted => ChainProblems.Count == 0;

    /// <summary>What ends first: the leaf, or an authority between it and the root.</summary>
    internal Certificate FirstToEnd =>
        Chain.Where(static certificate => !certificate.IsSelfIssued).Append(Leaf).MinBy(static certificate => certificate.NotAfter)!;

    /// <summary>The endpoint as findings name it, with the kind of key where it is not the endpoint's first choice.</summary>
    internal string Target => KeyKind is null ? Endpoint.ToString() : $"{Endpoint} ({KeyKind})";

    /// <summary>What shows it, as findings name it.</summary>
    internal string Evidence =>
        $"TLS handshake with {Endpoint}, "
            + $"{(Endpoint.ServerName.Length == 0 ? "no SNI" : $"SNI {Endpoint.ServerName}")}{(KeyKind is null ? "" : $", {KeyKind} signatures only")}: subject '{Leaf.Subject}', SHA-256 {Leaf.Sha256Fingerprint}";

    /// <summary>Describes what was presented.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="leaf">Its own certificate.</param>
    /// <param name="presented">What was presented behind it, in its order.</param>
    /// <param name="authorities">Which authorities to trust.</param>
    internal static ServedCertificate Describe(
        TlsEndpoint endpoint, X509Certificate2 leaf, X509Certificate2Collection presented, TrustedAuthorities authorities)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        Certificate read = CertificateReader.Read(leaf);
        BuiltChain chain = authorities.Build(leaf, presented, now);
        PresentedChain shape = PresentedChain.Of(leaf, [.. presented]);
        return new ServedCertificate
        {
            Endpoint = endpoint,
            Leaf = read,
            Intermediates =
            [
                .. presented.Where(certificate => !certificate.RawData.AsSpan().SequenceEqual(leaf.RawData)).Select(CertificateReader.Read),
            ],
            Chain = chain.Certificates,
            Missing = chain.Missing,
            ChainProblems = chain.Problems,
            IsChainUndecided = chain.IsUndecided,
            Superfluous = shape.Superfluous,
            IsInOrder = shape.IsInOrder,
            HasRoot = shape.HasRoot,
            Timestamps = read.Timestamps,
            Time = now,
        };
    }
}
