using Foobar.Ops.Tls.Scan.Registry;
using Foobar.Ops.Tls.Scan.Wire;

namespace Foobar.Ops.Tls.Scan.Probing;

/// <summary>Finds out the lists besides the cipher suites: groups, signature algorithms, application protocols.</summary>
/// <param name="prober">Makes the connections.</param>
/// <param name="offers">The offers.</param>
internal sealed class ListProbe(Prober prober, HelloOffers offers)
{
    /// <summary>
    /// The kinds of signature that TLS 1.3 has, each with its algorithms. An endpoint has a certificate for a kind or not.
    /// </summary>
    private static readonly SignatureScheme[][] Kinds =
    [
        Schemes("ecdsa_secp"), Schemes("ecdsa_brainpool"), Schemes("ed"), Schemes("mldsa"),
        Schemes("rsa_pss_rsae"), Schemes("rsa_pss_pss"), Schemes("sm2"),
    ];

    /// <summary>The groups of TLS 1.3: the endpoint names one after another by its HelloRetryRequests.</summary>
    public async Task<OfferedList<NamedGroup>> GroupsTls13Async(IReadOnlyList<int> suites, CancellationToken cancellationToken)
    {
        Walk walk = await Walk.RunAsync(
            HelloOffers.GroupsOf(TlsVersion.Tls13),
            left =>
            {
                HelloOffer offer = offers.Of(TlsVersion.Tls13, suites) with { Groups = left };
                return prober.AskAsync(
                    offers.SendsShares ? offer with { KeyShares = HelloOffers.Shares(left) } : offer, FlightPart.Hello, cancellationToken);
            },
            answer => answer.HelloOf(TlsVersion.Tls13)?.Group,
            answer => answer.Refuses(TlsVersion.Tls13));
        return new([.. walk.Chosen.Select(NamedGroup.Of)], walk.Incomplete);
    }

    /// <summary>The groups of an earlier version, by its suites with elliptic curves.</summary>
    /// <param name="version">The version.</param>
    /// <param name="suites">The suites that are offered of it.</param>
    /// <param name="leaf">The certificate served; a client must know the curve of its key too (RFC 8422, 5.1).</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<OfferedList<NamedGroup>> GroupsAsync(
        TlsVersion version, IReadOnlyList<CipherSuite> suites, Certificate? leaf, CancellationToken cancellationToken)
    {
        int[] curves = [.. suites.Where(static suite => suite.Exchange.StartsWith("ECDHE", StringComparison.Ordinal)).Select(
            static suite => suite.Number)];
        if (curves.Length == 0)
        {
            return new([]);
        }

        Walk walk = await Walk.RunAsync(
            HelloOffers.GroupsOf(version),
            left => prober.AskAsync(offers.Of(version, curves) with { Groups = left }, FlightPart.KeyExchange, cancellationToken),
            answer => answer.HelloOf(version) is null ? null : answer.Flight.KeyExchange?.Group,
            answer => answer.Refuses(version));
        string? needed = leaf is { KeyAlgorithm: "ECDSA" } ? FormattableString.Invariant($"secp{leaf.KeySizeBits}r1") : null;
        NamedGroup[] groups = [.. walk.Chosen.Select(NamedGroup.Of)];
        bool hides = walk.Incomplete is null && groups.Length > 0 && groups[^1].Name == needed;
        return new(groups, hides ? $"without {needed}, the curve of its certificate's key, {version.Text()} is refused" : walk.Incomplete);
    }

    /// <summary>The signature algorithms of TLS 1.2, which the endpoint names in its key exchange.</summary>
    public async Task<OfferedList<SignatureScheme>> SignaturesTls12Async(
        IReadOnlyList<CipherSuite> suites, CancellationToken cancellationToken)
    {
        int[] signing = [.. suites.Where(static suite => suite.IsForwardSecret && !suite.IsAnonymous).Select(static suite => suite.Number)];
        if (signing.Length == 0)
        {
            return new([]);
        }

        Walk walk = await Walk.RunAsync(
            SignatureScheme.All.Select(static scheme => scheme.Number),
            left => prober.AskAsync(
                offers.Of(TlsVersion.Tls12, signing) with { Signatures = left }, FlightPart.KeyExchange, cancellationToken),
            answer => answer.HelloOf(TlsVersion.Tls12) is null ? null : answer.Flight.KeyExchange?.Signature,
            answer => answer.Refuses(TlsVersion.Tls12));
        return new([.. walk.Chosen.Select(SignatureScheme.Of)], walk.Incomplete);
    }

    /// <summary>
    /// The signature algorithms of TLS 1.3. Its signature comes sealed, so each kind is offered by itself, and then each
    /// algorithm of a kind that was taken: a ServerHello says that the endpoint can sign so.
    /// </summary>
    public async Task<OfferedList<SignatureScheme>> SignaturesTls13Async(
        IReadOnlyList<int> suites, OfferedList<NamedGroup> groups, CancellationToken cancellationToken)
    {
        byte[] shares = HelloOffers.Shares([.. groups.Items.Select(static group => group.Number)]);
        if (shares.Length == 0)
        {
            return new([], "takes no group of which a key share can be made without computing one");
        }

        async Task<ProbeOutcome> AskAsync(IEnumerable<SignatureScheme> schemes) => await prober.AskAsync(
            offers.Of(TlsVersion.Tls13, suites) with
            {
                Signatures = [.. schemes.Select(static scheme => scheme.Number)],
                KeyShares = shares,
                Groups = [.. groups.Items.Select(static group => group.Number)],
            },
            FlightPart.Hello,
            cancellationToken);
        ProbeOutcome[] ofKinds = await Task.WhenAll(Kinds.Select(AskAsync));
        SignatureScheme[] single = [.. Kinds.Where((_, index) => ofKinds[index].HelloOf(TlsVersion.Tls13) is not null).SelectMany(
            static kind => kind)];
        ProbeOutcome[] ofSingle = await Task.WhenAll(single.Select(scheme => AskAsync([scheme])));
        return new(
            [.. single.Where((_, index) => ofSingle[index].HelloOf(TlsVersion.Tls13) is not null)],
            ofKinds.Concat(ofSingle).FirstOrDefault(
                static answer => answer.HelloOf(TlsVersion.Tls13) is null && !answer.Refuses(TlsVersion.Tls13))?.Text);
    }

    /// <summary>The application protocols that the endpoint takes in a version that names them in clear.</summary>
    public async Task<OfferedList<string>> ProtocolsAsync(
        TlsVersion version, IReadOnlyList<int> suites, CancellationToken cancellationToken)
    {
        Walk walk = await Walk.RunAsync(
            Enumerable.Range(0, HelloOffers.Protocols.Count),
            left => prober.AskAsync(
                offers.Of(version, suites) with { Protocols = [.. left.Select(static index => HelloOffers.Protocols[index])] },
                FlightPart.Hello, cancellationToken),
            answer => answer.HelloOf(version)?.Protocol is { } chosen ? HelloOffers.Protocols.ToList().IndexOf(chosen) : null,
            answer => answer.HelloOf(version) is not null
                || answer is { End: ProbeEnd.Alerted, Flight.Alert: AlertText.NoApplicationProtocol });
        return new([.. walk.Chosen.Select(static index => HelloOffers.Protocols[index])], walk.Incomplete);
    }

    private static SignatureScheme[] Schemes(string prefix) =>
    [
        .. SignatureScheme.All.Where(scheme => scheme.Name.StartsWith(prefix, StringComparison.Ordinal)
            && !scheme.IsWeak && !scheme.Name.EndsWith("_sha224", StringComparison.Ordinal)),
    ];
}
