using Foobar.Ops.Remoting.Drivers;
using Foobar.Ops.Tls.Scan.Registry;

namespace Foobar.Ops.Tls.Scan.Probing;

/// <summary>Asks what is left once versions and suites are known, all at once.</summary>
/// <param name="prober">Makes the connections.</param>
/// <param name="offers">The offers.</param>
/// <param name="facts">What is known.</param>
/// <param name="endpoint">The endpoint.</param>
internal sealed class ScanQuestions(Prober prober, HelloOffers offers, ScanFacts facts, TlsEndpoint endpoint)
{
    private readonly ListProbe _lists = new(prober, offers);
    private readonly HandshakeProbe _single = new(prober, offers);

    private readonly WholeProbe _whole = new(prober, facts, endpoint.ServerName);

    /// <summary>Asks, and puts all together but what is counted at the end.</summary>
    public async Task<TlsScan> AskAsync(CancellationToken cancellationToken)
    {
        byte[]? first = facts.Flight?.Certificates[0];
        Task<OfferedList<SignatureScheme>> signatures = facts.Offered.FirstOrDefault(
            static protocol => protocol.Version == TlsVersion.Tls12) is { } tls12
            ? _lists.SignaturesTls12Async(tls12.Suites, cancellationToken)
            : Task.FromResult(new OfferedList<SignatureScheme>([]));
        Task<Observed> resumption = _whole.ResumptionAsync(cancellationToken);
        Task<Observed> fallback = _single.FallbackAsync(facts.Offered, cancellationToken);
        Task<Observed> versions = _single.VersionToleranceAsync(facts.Offered, cancellationToken);
        Task<Observed> extensions = _single.ExtensionToleranceAsync(facts.Offered, cancellationToken);
        Task<SealedAnswers> tls13 = Tls13Async(cancellationToken);
        Task<OfferedList<NamedGroup>> groups = GroupsAsync(first, tls13, cancellationToken);
        Task<OfferedList<string>> protocols = ProtocolsAsync(tls13, cancellationToken);
        Task<Observed> same = SameAsync(first, tls13, cancellationToken);
        await Task.WhenAll(signatures, resumption, fallback, versions, extensions, tls13, groups, protocols, same);
        SealedAnswers answers = await tls13;
        return new TlsScan
        {
            Endpoint = endpoint,
            Protocols = facts.Protocols,
            Groups = await groups,
            SignaturesTls12 = await signatures,
            SignaturesTls13 = answers.Signatures,
            ApplicationProtocols = await protocols,
            PrimeBits = facts.PrimeBits,
            Certificate = (first ?? answers.Whole?.Leaf) is { } leaf ? TlsScanner.Read(leaf) : null,
            SameCertificateWithoutName = await same,
            Compression = facts.Compression,
            SecureRenegotiation = facts.SecureRenegotiation,
            ExtendedMasterSecret = facts.ExtendedMasterSecret,
            EncryptThenMac = facts.MacOfEncrypted,
            FallbackProtection = await fallback,
            DowngradeMark = facts.DowngradeMark,
            Tickets = facts.Tickets,
            Resumption = await resumption,
            TicketsTls13 = answers.Judge(static whole => Observed.Of(whole.HasTicket), alsoFailed: false),
            EarlyData = answers.Judge(
                static whole => Observed.Of(
                    whole.EarlyDataBytes > 0, whole.EarlyDataBytes > 0
                        ? FormattableString.Invariant($"{whole.EarlyDataBytes} bytes")
                        : null),
                alsoFailed: false),
            OcspStapling = facts.Flight is { } flight ? Observed.Of(flight.HasCertificateStatus)
                : answers.Judge(static whole => Observed.Of(whole.HasStatus), alsoFailed: true),
            ClientCertificate = facts.Flight is { } clear ? Observed.Of(clear.WantsClientCertificate)
                : answers.Judge(static whole => Observed.Of(whole.WantsClientCertificate), alsoFailed: true),
            VersionTolerance = await versions,
            ExtensionTolerance = await extensions,
            Connections = 0,
            Duration = default,
            Time = default,
        };
    }

    /// <summary>The groups, signatures and one whole handshake of TLS 1.3.</summary>
    private async Task<SealedAnswers> Tls13Async(CancellationToken cancellationToken)
    {
        if (facts.Tls13 is not { } tls13)
        {
            ProtocolOffer absent = facts.Protocols.First(static protocol => protocol.Version == TlsVersion.Tls13);
            return new(new([]), new([]), null, absent.Offered.Support == Support.Unknown ? absent.Offered.Detail : null);
        }

        IReadOnlyList<int> suites = HandshakeProbe.Numbers(tls13);
        OfferedList<NamedGroup> groups = await _lists.GroupsTls13Async(suites, cancellationToken);
        Task<OfferedList<SignatureScheme>> signatures = _lists.SignaturesTls13Async(suites, groups, cancellationToken);
        (WholeHandshake? whole, string? problem) = await _whole.Tls13Async(tls13, groups, endpoint.ServerName, cancellationToken);
        return new(groups, await signatures, whole, problem);
    }

    private async Task<OfferedList<NamedGroup>> GroupsAsync(byte[]? leaf, Task<SealedAnswers> tls13, CancellationToken cancellationToken) =>
        facts.Tls13 is not null ? (await tls13).Groups
        : facts.Clear is { Version: > TlsVersion.Ssl30 } clear
            ? await _lists.GroupsAsync(clear.Version, clear.Suites, leaf is null ? null : TlsScanner.Read(leaf), cancellationToken)
            : new([]);

    private async Task<OfferedList<string>> ProtocolsAsync(Task<SealedAnswers> tls13, CancellationToken cancellationToken) =>
        facts.Clear is { Version: > TlsVersion.Ssl30 } clear
            ? await _lists.ProtocolsAsync(clear.Version, HandshakeProbe.Numbers(clear), cancellationToken)
        : (await tls13).Whole is { } whole
            ? new(whole.Protocol is { } one ? [one] : [], whole.Protocol is null ? whole.Problem
            : "TLS 1.3 names only the one that it prefers")
        : new([], (await tls13).Problem);

    private async Task<Observed> SameAsync(byte[]? first, Task<SealedAnswers> tls13, CancellationToken cancellationToken)
    {
        if (endpoint.ServerName.Length == 0 || System.Net.IPAddress.TryParse(endpoint.ServerName, out _))
        {
            return Observed.NotApplicable("no name is asked for");
        }

        if (facts.Clear is { Version: > TlsVersion.Ssl30 } clear && first is not null)
        {
            ProbeOutcome answer = await _single.WithoutNameAsync(clear, cancellationToken);
            return Same(first, answer.Flight.Certificates, answer.Text, isAnswer: answer.End == ProbeEnd.Alerted);
        }

        SealedAnswers named = await tls13;
        if (facts.Tls13 is null || named.Whole?.Leaf is not { } leaf)
        {
            return Observed.Unknown(named.Problem ?? named.Whole?.Problem ?? "no certificate was seen");
        }

        (WholeHandshake? whole, string? problem) = await _whole.Tls13Async(facts.Tls13, named.Groups, "", cancellationToken);
        return Same(leaf, whole?.Certificates ?? [], problem ?? whole?.Problem ?? "no certificate", isAnswer: whole is not null);
    }

    private static Observed Same(byte[] first, IReadOnlyList<byte[]> others, string otherwise, bool isAnswer) =>
        others is [{ } other, ..] ? first.AsSpan().SequenceEqual(other) ? Observed.Yes() : Observed.No(TlsScanner.Read(other)?.Subject)
        : isAnswer ? Observed.No(otherwise)
        : Observed.Unknown(otherwise);
}

/// <summary>What TLS 1.3 told of what it sends sealed.</summary>
/// <param name="Groups">The groups.</param>
/// <param name="Signatures">The signature algorithms.</param>
/// <param name="Whole">The whole handshake; <see langword="null"/> if there was none.</param>
/// <param name="Problem">Why there was none; <see langword="null"/> if TLS 1.3 is not offered.</param>
internal sealed record SealedAnswers(
    OfferedList<NamedGroup> Groups, OfferedList<SignatureScheme> Signatures, WholeHandshake? Whole, string? Problem)
{
    /// <summary>Judges the whole handshake; of one that failed only what came before.</summary>
    public Observed Judge(Func<WholeHandshake, Observed> judge, bool alsoFailed) => Whole switch
    {
        { Problem: null } => judge(Whole),
        { Certificates.Count: > 0 } when alsoFailed => judge(Whole),
        { Problem: { } why } => Observed.Unknown(why),
        null when Problem is { } why => Observed.Unknown(why),
        _ => Observed.NotApplicable("TLS 1.3 is not offered"),
    };
}
