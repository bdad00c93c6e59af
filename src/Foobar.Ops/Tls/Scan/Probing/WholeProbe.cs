using Foobar.Ops.Remoting.Drivers;
using Foobar.Ops.Tls.Scan.Registry;

namespace Foobar.Ops.Tls.Scan.Probing;

/// <summary>Asks what only whole handshakes tell.</summary>
/// <param name="prober">Makes the connections.</param>
/// <param name="facts">What is known.</param>
/// <param name="serverName">The host name asked for.</param>
internal sealed class WholeProbe(Prober prober, ScanFacts facts, string serverName)
{
    /// <summary>A whole handshake of TLS 1.3, or why there was none.</summary>
    public async Task<(WholeHandshake? Whole, string? Problem)> Tls13Async(
        ProtocolOffer tls13, OfferedList<NamedGroup> groups, string name, CancellationToken cancellationToken)
    {
        WholeOffer offer = new()
        {
            IsTls13 = true,
            Suites = HandshakeProbe.Numbers(tls13),
            Groups = [.. groups.Items.Select(static group => group.Number)],
            ServerName = name,
            Protocols = HelloOffers.Protocols,
        };
        (WholeHandshake? whole, ProbeOutcome outcome) = await ShakeHandsAsync(offer, cancellationToken);
        return (whole, whole is null ? outcome.Text : null);
    }

    /// <summary>Whether TLS 1.2 takes up a session again: two whole handshakes, the second with what the first gave.</summary>
    public async Task<Observed> ResumptionAsync(CancellationToken cancellationToken)
    {
        if (facts.Offered.FirstOrDefault(static protocol => protocol.Version == TlsVersion.Tls12) is not { } tls12)
        {
            return Observed.NotApplicable("TLS 1.2 is not offered");
        }

        WholeOffer offer = new() { IsTls13 = false, Suites = HandshakeProbe.Numbers(tls12), Groups = HelloOffers.GroupsOf(TlsVersion.Tls12),
            ServerName = serverName };
        (WholeHandshake? first, ProbeOutcome outcome) = await ShakeHandsAsync(offer, cancellationToken);
        if (first is null || first.Problem is not null)
        {
            return Observed.Unknown(first?.Problem ?? outcome.Text);
        }

        if (first.Session is null)
        {
            return Observed.No("it gives neither a session id nor a ticket");
        }

        (WholeHandshake? second, outcome) = await ShakeHandsAsync(offer with { Session = first.Session }, cancellationToken);
        return second is null || second.Problem is not null ? Observed.Unknown(second?.Problem ?? outcome.Text)
            : second.IsResumed ? Observed.Yes(first.HasTicket ? "by a ticket" : "by its id")
            : Observed.No();
    }

    // A certificate may demand an OCSP response that does not come: then all else is seen without asking for one.
    private async Task<(WholeHandshake? Whole, ProbeOutcome Outcome)> ShakeHandsAsync(
        WholeOffer offer, CancellationToken cancellationToken)
    {
        (WholeHandshake? Whole, ProbeOutcome Outcome) seen = await OnceAsync(offer, cancellationToken);
        return offer.AsksForStatus && seen.Whole is { Problem: not null, HasStatus: false }
            ? await OnceAsync(offer with { AsksForStatus = false }, cancellationToken)
            : seen;
    }

    private Task<(WholeHandshake? Whole, ProbeOutcome Outcome)> OnceAsync(WholeOffer offer, CancellationToken cancellationToken) =>
        prober.UseAsync((stream, token) => LoadedDrivers.Tls.ShakeHandsAsync(stream, offer, token), cancellationToken);
}
