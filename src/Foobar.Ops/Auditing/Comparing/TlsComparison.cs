using Foobar.Ops.Tls.Legs;
using Foobar.Ops.Tls.Scan;

namespace Foobar.Ops.Auditing;

/// <summary>
/// Compares how each leg of the ways through the site is encrypted and what it is worth, and the grades of endpoints that were scanned.
/// </summary>
internal static class TlsComparison
{
    /// <summary>Legs that came, went, or are worth more or less, with what was negotiated on them; then what scans saw.</summary>
    public static IEnumerable<SnapshotDifference> Compare(Snapshot before, Snapshot after) =>
    [
        .. Legs(before, after),
        .. SiteComparison.Pairs<GradeFacts>(before, after).SelectMany(pair => SiteComparison.Named(
            DifferenceKind.Tls, pair.Server, pair.Before.Endpoints.SelectMany(Offered), pair.After.Endpoints.SelectMany(Offered))),
    ];

    private static IEnumerable<(string Name, string Text)> Offered(ScannedEndpoint endpoint) =>
        endpoint.Offer.TryGet(out EndpointOffer? offer)
            ?
            [
                ($"{endpoint.Endpoint} grade", offer.Grade is null ? "none" : $"{offer.Grade} ({offer.Score})"),
                ($"{endpoint.Endpoint} versions", string.Join(", ", offer.Versions)),
                ($"{endpoint.Endpoint} cipher suites", string.Join(' ', offer.Suites.Order(StringComparer.Ordinal))),
                ($"{endpoint.Endpoint} groups", string.Join(' ', offer.Groups.Order(StringComparer.Ordinal))),
            ]
            : [($"{endpoint.Endpoint} scan", $"none: {endpoint.Offer.Failure}")];

    private static IEnumerable<SnapshotDifference> Legs(Snapshot before, Snapshot after)
    {
        if (!before.Facts.Any(facts => facts.Value is LegFacts) || !after.Facts.Any(facts => facts.Value is LegFacts))
        {
            return [];
        }

        ILookup<string, TlsLeg> old = Legs(before);
        ILookup<string, TlsLeg> now = Legs(after);
        return now.Concat(old).Select(server => server.Key).Distinct(StringComparer.OrdinalIgnoreCase)
            .Where(
                server => SiteComparison.Pairs<LegFacts>(before, after)
                    .Any(pair => string.Equals(pair.Server, server, StringComparison.OrdinalIgnoreCase)))
            .SelectMany(
                server =>
                    SiteComparison.Named(DifferenceKind.Tls, server, old[server].SelectMany(Aspects), now[server].SelectMany(Aspects)));
    }

    private static ILookup<string, TlsLeg> Legs(Snapshot snapshot) =>
        LegSurvey.Of(SiteComparison.Case<LegFacts>(snapshot)).ToLookup(leg => leg.Server, StringComparer.OrdinalIgnoreCase);

    private static IEnumerable<(string Name, string Text)> Aspects(TlsLeg leg)
    {
        string name = $"{leg.From} -> {leg.To}";
        yield return (name, $"{leg.Rating}");
        if (leg.Version is not null)
        {
            yield return ($"{name} handshake", string.Join(' ', new[] { leg.Version, leg.CipherSuite, leg.Group }.OfType<string>()));
        }
    }
}
