using Foobar.Ops.Findings;
using Foobar.Ops.Tls.Scan.Registry;

namespace Foobar.Ops.Tls.Scan;

/// <summary>Who decides which of several cipher suites is taken.</summary>
public enum SuiteOrder : long
{
    /// <summary>It could not be told.</summary>
    Unknown,

    /// <summary>The server, by an order of its own.</summary>
    Server,

    /// <summary>The client.</summary>
    Client,

    /// <summary>There are fewer than two suites.</summary>
    NotApplicable,
}

/// <summary>What an endpoint speaks of one version.</summary>
public sealed record ProtocolOffer
{
    /// <summary>The version.</summary>
    public required TlsVersion Version { get; init; }

    /// <summary>Whether it is offered, and how that was seen.</summary>
    public required Observed Offered { get; init; }

    /// <summary>The cipher suites, in the order in which the endpoint takes them.</summary>
    public IReadOnlyList<CipherSuite> Suites { get; init; } = [];

    /// <summary>Why there may be more suites; <see langword="null"/> if all are known.</summary>
    public string? SuitesIncomplete { get; init; }

    /// <summary>Who decides which suite is taken.</summary>
    public SuiteOrder Order { get; init; } = SuiteOrder.NotApplicable;

    /// <inheritdoc/>
    public override string ToString() => Version.Text();
}

/// <summary>A list that was asked for entry by entry.</summary>
/// <typeparam name="T">The type of the entries.</typeparam>
/// <param name="Items">What the endpoint takes, in the order in which it does.</param>
/// <param name="Incomplete">Why there may be more; <see langword="null"/> if all are known.</param>
public sealed record OfferedList<T>(IReadOnlyList<T> Items, string? Incomplete = null)
{
    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", Items);
}

/// <summary>What an endpoint really speaks, as its answers to ClientHellos of ours show.</summary>
public sealed record TlsScan
{
    /// <summary>The endpoint.</summary>
    public required TlsEndpoint Endpoint { get; init; }

    /// <summary>The server it was seen through; <see langword="null"/> for a direct look.</summary>
    public string? Server => Endpoint.Via;

    /// <summary>All versions, the oldest first.</summary>
    public required IReadOnlyList<ProtocolOffer> Protocols { get; init; }

    /// <summary>The groups of the key exchange, of TLS 1.3 where it is offered, else of TLS 1.2.</summary>
    public required OfferedList<NamedGroup> Groups { get; init; }

    /// <summary>The signature algorithms of TLS 1.2.</summary>
    public required OfferedList<SignatureScheme> SignaturesTls12 { get; init; }

    /// <summary>The signature algorithms of TLS 1.3.</summary>
    public required OfferedList<SignatureScheme> SignaturesTls13 { get; init; }

    /// <summary>The application protocols (ALPN).</summary>
    public required OfferedList<string> ApplicationProtocols { get; init; }

    /// <summary>The sizes of the primes of Diffie-Hellman, and of the short-lived RSA keys of export suites, in bits.</summary>
    public required IReadOnlyList<int> PrimeBits { get; init; }

    /// <summary>The certificate served when the site's name is asked for; <see langword="null"/> if it was not seen.</summary>
    public Certificate? Certificate { get; init; }

    /// <summary>Whether the same certificate is served to a client that asks for no name.</summary>
    public required Observed SameCertificateWithoutName { get; init; }

    /// <summary>Whether TLS 1.2 and older compress (CRIME).</summary>
    public required Observed Compression { get; init; }

    /// <summary>Whether renegotiation is bound to what was negotiated before (RFC 5746).</summary>
    public required Observed SecureRenegotiation { get; init; }

    /// <summary>Whether the master secret is bound to the whole handshake (RFC 7627).</summary>
    public required Observed ExtendedMasterSecret { get; init; }

    /// <summary>Whether suites with CBC authenticate what is encrypted (RFC 7366).</summary>
    public required Observed EncryptThenMac { get; init; }

    /// <summary>Whether a second try with an earlier version is refused (TLS_FALLBACK_SCSV, RFC 7507).</summary>
    public required Observed FallbackProtection { get; init; }

    /// <summary>Whether an earlier version than TLS 1.3 is marked as forced in the server's random number (RFC 8446, 4.1.3).</summary>
    public required Observed DowngradeMark { get; init; }

    /// <summary>Whether TLS 1.2 and older give tickets (RFC 5077).</summary>
    public required Observed Tickets { get; init; }

    /// <summary>Whether a session of TLS 1.2 was taken up again, by its id or a ticket.</summary>
    public required Observed Resumption { get; init; }

    /// <summary>Whether TLS 1.3 gives tickets.</summary>
    public required Observed TicketsTls13 { get; init; }

    /// <summary>Whether a ticket of TLS 1.3 allows data before the handshake (0-RTT), which can be replayed.</summary>
    public required Observed EarlyData { get; init; }

    /// <summary>Whether an OCSP response comes with the certificate.</summary>
    public required Observed OcspStapling { get; init; }

    /// <summary>Whether the client is asked for a certificate.</summary>
    public required Observed ClientCertificate { get; init; }

    /// <summary>Whether a version of the future is answered with one that the endpoint knows.</summary>
    public required Observed VersionTolerance { get; init; }

    /// <summary>Whether extensions, groups and suites that it does not know are passed over (RFC 8701).</summary>
    public required Observed ExtensionTolerance { get; init; }

    /// <summary>What it answers to visitors; <see langword="null"/> where it was not asked: no endpoint of visitors, or TLS begun in
    /// another protocol.</summary>
    public Http.HttpFacts? Http { get; init; }

    /// <summary>The grade by the SSL Labs SSL Server Rating Guide (<see cref="Rating.ServerGrade.GuideVersion"/>); <see
    /// langword="null"/> where too little is known.</summary>
    public Rating.ServerGrade? Grade { get; init; }

    /// <summary>Why the grade is not better, or why there is none.</summary>
    public IReadOnlyList<string> GradeReasons { get; init; } = [];

    /// <summary>How many connections were made.</summary>
    [Measurement]
    public required int Connections { get; init; }

    /// <summary>How long it took.</summary>
    [Measurement]
    public required TimeSpan Duration { get; init; }

    /// <summary>When it was made, in UTC.</summary>
    [Measurement]
    public required DateTimeOffset Time { get; init; }

    /// <summary>What the controls make of it; empty until judged.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>The versions that are offered, the oldest first.</summary>
    internal IEnumerable<ProtocolOffer> Offered => Protocols.Where(static protocol => protocol.Offered.Support == Support.Yes);

    /// <summary>What is offered of a version.</summary>
    internal ProtocolOffer Of(TlsVersion version) => Protocols.First(protocol => protocol.Version == version);
}
