using Foobar.Ops.Tls.Scan.Registry;
using Foobar.Ops.Tls.Scan.Wire;

namespace Foobar.Ops.Tls.Scan.Probing;

/// <summary>Finds out whether an endpoint offers a version, and which cipher suites of it in which order.</summary>
/// <param name="prober">Makes the connections.</param>
/// <param name="offers">The offers.</param>
internal sealed class VersionProbe(Prober prober, HelloOffers offers)
{
    private const int BatchLength = 100;

    /// <summary>What the endpoint speaks of a version, and its answers.</summary>
    public async Task<(ProtocolOffer Offer, IReadOnlyList<ProbeOutcome> Answers)> RunAsync(
        TlsVersion version, CancellationToken cancellationToken)
    {
        if (version == TlsVersion.Ssl20)
        {
            return await Ssl20Async(cancellationToken);
        }

        Walk walk = await WalkAsync(version, HelloOffers.OfVersion(version), cancellationToken);
        if (walk.Chosen.Count == 0 && !IsFinal(walk.Answers[0], version))
        {
            walk = await OtherwiseAsync(version, walk, cancellationToken);
        }

        if (walk.Chosen.Count == 0)
        {
            return (new ProtocolOffer { Version = version, Offered = Absent(walk.Answers, version) }, walk.Answers);
        }

        return (
            new ProtocolOffer
            {
                Version = version,
                Offered = Observed.Yes(),
                Suites = [.. walk.Chosen.Select(CipherSuite.Of)],
                SuitesIncomplete = walk.Incomplete,
                Order = await OrderAsync(version, walk.Chosen, cancellationToken),
            },
            walk.Answers);
    }

    /// <summary>An answer after which nothing else has to be tried: the version is refused as such.</summary>
    private static bool IsFinal(ProbeOutcome answer, TlsVersion version) =>
        answer is { End: ProbeEnd.Alerted, Flight.Alert: AlertText.ProtocolVersion }
            || (answer.End == ProbeEnd.Answered && answer.Refuses(version));

    private static Observed Absent(IReadOnlyList<ProbeOutcome> answers, TlsVersion version) =>
        answers.All(answer => answer.Refuses(version))
        ? Observed.No(answers[0].Text)
        : Observed.Unknown(answers.First(answer => !answer.Refuses(version)).Text);

    private Task<Walk> WalkAsync(TlsVersion version, IEnumerable<int> suites, CancellationToken cancellationToken)
    {
        bool isFirst = true;
        return Walk.RunAsync(
            suites,
            left =>
            {
                FlightPart part = version == TlsVersion.Tls13 ? FlightPart.Hello : isFirst ? FlightPart.All : FlightPart.KeyExchange;
                isFirst = false;
                return prober.AskAsync(offers.Of(version, left), part, cancellationToken);
            },
            answer => answer.HelloOf(version)?.Suite,
            answer => answer.Refuses(version));
    }

    /// <summary>
    /// A shorter list for a server that can't read a long one; in TLS 1.3, key shares for one that wants to be sent some.
    /// </summary>
    private async Task<Walk> OtherwiseAsync(TlsVersion version, Walk refused, CancellationToken cancellationToken)
    {
        if (version == TlsVersion.Tls13)
        {
            offers.SendsShares = true;
            Walk withShares = await WalkAsync(version, HelloOffers.OfVersion(version), cancellationToken);
            return withShares.Chosen.Count > 0 ? withShares : withShares with { Answers = [.. refused.Answers, .. withShares.Answers] };
        }

        IReadOnlyList<int> all = HelloOffers.OfVersion(version);
        int[] common = [.. HelloOffers.Common.Intersect(all)];
        Walk walk = await WalkAsync(version, common, cancellationToken);
        if (walk.Chosen.Count == 0)
        {
            return walk with { Answers = [.. refused.Answers, .. walk.Answers] };
        }

        List<Walk> walks = [walk];
        foreach (int[] batch in all.Except(common).Chunk(BatchLength))
        {
            walks.Add(await WalkAsync(version, batch, cancellationToken));
        }

        // The order of suites of several lists shows in one list of them all.
        Walk[] found = [.. walks.Where(each => each.Chosen.Count > 0)];
        Walk together = found.Length == 1 ? walk : await WalkAsync(version, found.SelectMany(each => each.Chosen), cancellationToken);
        return new(
            together.Chosen,
            [.. walks.SelectMany(each => each.Answers)],
            walks.Append(together).FirstOrDefault(each => each.Incomplete is not null)?.Incomplete);
    }

    /// <summary>Offers the suites the other way round: a server with an order of its own takes the same one first.</summary>
    private async Task<SuiteOrder> OrderAsync(TlsVersion version, IReadOnlyList<int> suites, CancellationToken cancellationToken)
    {
        if (suites.Count < 2)
        {
            return SuiteOrder.NotApplicable;
        }

        // Some servers with an order of their own put ChaCha20 first for a client that does, so it must not stand there.
        int[] reversed = [.. suites.Reverse().OrderBy(static suite => IsChaCha(suite) ? 1 : 0)];
        if (reversed[0] == suites[0])
        {
            return SuiteOrder.Unknown;
        }

        ProbeOutcome answer = await prober.AskAsync(offers.Of(version, reversed), FlightPart.Hello, cancellationToken);
        return answer.HelloOf(version)?.Suite is not { } chosen ? SuiteOrder.Unknown
            : chosen == reversed[0] ? SuiteOrder.Client
            : chosen == suites[0] ? SuiteOrder.Server
            : SuiteOrder.Unknown;
    }

    private static bool IsChaCha(int suite) => CipherSuite.Of(suite).Name.Contains("CHACHA", StringComparison.Ordinal);

    /// <summary>
    /// SSL 2.0 lists all of its cipher kinds in one answer, and its client chooses. What is not such an answer is a refusal.
    /// </summary>
    private async Task<(ProtocolOffer Offer, IReadOnlyList<ProbeOutcome> Answers)> Ssl20Async(CancellationToken cancellationToken)
    {
        ProbeOutcome answer = await prober.AskAsync(
            offers.Of(TlsVersion.Ssl20, HelloOffers.OfVersion(TlsVersion.Ssl20)), FlightPart.Hello, cancellationToken);
        Observed offered = answer.Flight.Ssl20Kinds is not null ? Observed.Yes()
            : answer.End == ProbeEnd.Lost ? Observed.Unknown(answer.Text)
            : Observed.No(answer.Text);
        CipherSuite[] kinds = [.. (answer.Flight.Ssl20Kinds ?? []).Select(CipherSuite.Of)];
        return (
            new ProtocolOffer
            {
                Version = TlsVersion.Ssl20,
                Offered = offered,
                Suites = kinds,
                Order = kinds.Length > 1 ? SuiteOrder.Client : SuiteOrder.NotApplicable,
            },
            [answer]);
    }
}
