using Foobar.Ops.Tls.Scan.Registry;
using Foobar.Ops.Tls.Scan.Wire;

namespace Foobar.Ops.Tls.Scan.Probing;

/// <summary>What the answers to the offers of all versions tell by themselves.</summary>
/// <param name="Protocols">The versions.</param>
/// <param name="Answers">All answers.</param>
internal sealed record ScanFacts(IReadOnlyList<ProtocolOffer> Protocols, IReadOnlyList<ProbeOutcome> Answers)
{
    private const int EncryptThenMac = 22, MasterSecret = 23, Ticket = 35, Renegotiation = 0xFF01;

    private static readonly Observed NoOlderVersion = Observed.NotApplicable("TLS 1.3 alone has no such thing");

    /// <summary>The versions that are offered, the oldest first.</summary>
    public IReadOnlyList<ProtocolOffer> Offered { get; } = [.. Protocols.Where(static protocol => protocol.Offered.Support == Support.Yes)];

    /// <summary>The latest version that shows certificates in clear; <see langword="null"/> if none is offered.</summary>
    public ProtocolOffer? Clear => Offered.LastOrDefault(static protocol => protocol.Version is > TlsVersion.Ssl20 and < TlsVersion.Tls13);

    /// <summary>TLS 1.3; <see langword="null"/> if it is not offered.</summary>
    public ProtocolOffer? Tls13 => Offered.FirstOrDefault(static protocol => protocol.Version == TlsVersion.Tls13);

    /// <summary>The whole first flight of <see cref="Clear"/>.</summary>
    public ServerFlight? Flight =>
        Answers.Select(static answer => answer.Flight).FirstOrDefault(
            flight => flight.Hello?.Version == Clear?.Version && flight.Certificates.Count > 0);

    /// <summary>The sizes of primes that were seen.</summary>
    public IReadOnlyList<int> PrimeBits =>
        (int[])[.. Answers.Select(static answer => answer.Flight.KeyExchange?.PrimeBits).OfType<int>().Distinct().Order()];

    /// <summary>Whether TLS 1.2 and older compress.</summary>
    public Observed Compression => Older(static hellos => Observed.Of(hellos.Any(static hello => hello.IsCompressed)));

    /// <summary>Whether renegotiation is secure.</summary>
    public Observed SecureRenegotiation =>
        Older(static hellos => Observed.Of(hellos.All(static hello => hello.Extensions.ContainsKey(Renegotiation))));

    /// <summary>Whether the master secret is extended.</summary>
    public Observed ExtendedMasterSecret =>
        Older(static hellos => Observed.Of(
            hellos.Where(static hello => hello.Version > TlsVersion.Ssl30)
                .All(static hello => hello.Extensions.ContainsKey(MasterSecret))));

    /// <summary>Whether tickets are given.</summary>
    public Observed Tickets => Older(static hellos => Observed.Of(hellos.Any(static hello => hello.Extensions.ContainsKey(Ticket))));

    /// <summary>Whether the MAC is of what is encrypted; only suites with CBC have a MAC to tell it by.</summary>
    public Observed MacOfEncrypted => Older(static hellos =>
    {
        ServerHello[] chained = [.. hellos.Where(static hello => hello.Version > TlsVersion.Ssl30 && CipherSuite.Of(hello.Suite).IsCbc)];
        return chained.Length > 0
            ? Observed.Of(chained.All(static hello => hello.Extensions.ContainsKey(EncryptThenMac)))
            : Observed.NotApplicable("no suite with CBC is offered");
    });

    /// <summary>Whether an earlier version than TLS 1.3 is marked as forced.</summary>
    public Observed DowngradeMark => Tls13 is null ? Observed.NotApplicable("TLS 1.3 is not offered")
        : Older(static hellos =>
            Observed.Of(hellos.Where(static hello => hello.Version > TlsVersion.Ssl30).All(static hello => hello.ForbidsDowngrade)));

    /// <summary>Judges the ServerHellos of TLS 1.2 and older.</summary>
    private Observed Older(Func<IReadOnlyList<ServerHello>, Observed> judge)
    {
        ServerHello[] hellos = [.. Answers.Select(static answer => answer.Flight.Hello).OfType<ServerHello>().Where(
            static hello => hello.Version < TlsVersion.Tls13)];
        return hellos.Length > 0 ? judge(hellos)
            : Protocols.FirstOrDefault(static protocol =>
                protocol.Version is > TlsVersion.Ssl20 and < TlsVersion.Tls13 && protocol.Offered.Support == Support.Unknown) is { } unknown
                ? Observed.Unknown($"{unknown.Version.Text()}: {unknown.Offered.Detail}")
                : NoOlderVersion;
    }
}
