using Foobar.Ops.Tls.Scan.Registry;
using Foobar.Ops.Tls.Scan.Wire;

namespace Foobar.Ops.Tls.Scan.Probing;

/// <summary>Asks single questions of an endpoint, each by one connection.</summary>
/// <param name="prober">Makes the connections.</param>
/// <param name="offers">The offers.</param>
internal sealed class HandshakeProbe(Prober prober, HelloOffers offers)
{
    // TLS 1.4, as its legacy version would have been written had TLS 1.3 not ended that (RFC 8446, D.5).
    private const ushort Future = 0x0305;

    /// <summary>Whether a second try with an earlier version than the latest one is refused.</summary>
    /// <param name="offered">The versions that are offered, the oldest first.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<Observed> FallbackAsync(IReadOnlyList<ProtocolOffer> offered, CancellationToken cancellationToken)
    {
        ProtocolOffer[] known = [.. offered.Where(static protocol => protocol.Version > TlsVersion.Ssl20)];
        if (known.Length < 2)
        {
            return Observed.NotApplicable("there is no earlier version to fall back to");
        }

        ProtocolOffer earlier = known[^2];
        ProbeOutcome answer = await prober.AskAsync(
            offers.Of(earlier.Version, Numbers(earlier)) with { Fallback = true }, FlightPart.Hello, cancellationToken);
        return answer is { End: ProbeEnd.Alerted, Flight.Alert: AlertText.InappropriateFallback } ? Observed.Yes(answer.Text)
            : answer.End == ProbeEnd.Answered ? Observed.No(answer.Text)
            : Observed.Unknown(answer.Text);
    }

    /// <summary>Whether a version of the future is answered with one that the endpoint knows.</summary>
    public async Task<Observed> VersionToleranceAsync(IReadOnlyList<ProtocolOffer> offered, CancellationToken cancellationToken)
    {
        if (offered.LastOrDefault(static protocol => protocol.Version is > TlsVersion.Ssl30 and < TlsVersion.Tls13) is not { } latest)
        {
            return Observed.NotApplicable("TLS 1.3 alone does not choose by this field");
        }

        ProbeOutcome answer = await prober.AskAsync(
            offers.Of(latest.Version, Numbers(latest)) with { FutureVersion = Future }, FlightPart.Hello, cancellationToken);
        return Tolerance(answer);
    }

    /// <summary>Whether extensions, groups and suites that no server knows are passed over.</summary>
    public async Task<Observed> ExtensionToleranceAsync(IReadOnlyList<ProtocolOffer> offered, CancellationToken cancellationToken)
    {
        if (offered.LastOrDefault(static protocol => protocol.Version > TlsVersion.Ssl30) is not { } latest)
        {
            return Observed.NotApplicable("SSL has no extensions");
        }

        ProbeOutcome answer = await prober.AskAsync(
            offers.Of(latest.Version, Numbers(latest)) with { Grease = true }, FlightPart.Hello, cancellationToken);
        return Tolerance(answer);
    }

    /// <summary>What is served in a version that shows certificates in clear to a client that asks for no name.</summary>
    public Task<ProbeOutcome> WithoutNameAsync(ProtocolOffer version, CancellationToken cancellationToken) =>
        prober.AskAsync(offers.Of(version.Version, Numbers(version)) with { ServerName = "" }, FlightPart.All, cancellationToken);

    internal static IReadOnlyList<int> Numbers(ProtocolOffer offer) => [.. offer.Suites.Select(static suite => suite.Number)];

    private static Observed Tolerance(ProbeOutcome answer) => answer.End switch
    {
        ProbeEnd.Answered => Observed.Yes(answer.Text),
        ProbeEnd.Alerted or ProbeEnd.Closed or ProbeEnd.Garbled => Observed.No(answer.Text),
        _ => Observed.Unknown(answer.Text),
    };
}
