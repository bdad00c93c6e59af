using System.Globalization;
using Foobar.Ops.Remoting.Drivers;
using Foobar.Ops.Tls.Scan;
using Foobar.Ops.Tls.Scan.Probing;
using Foobar.Ops.Tls.Scan.Registry;
using Foobar.Ops.Tls.Scan.Wire;

namespace Foobar.Ops.Tls.Legs;

/// <summary>
/// Asks a listener by up to three ClientHellos what it takes of an offer of everything: one of TLS 1.3 for the version, the
/// suite and the group, one of TLS 1.2, which shows the certificate in clear, and a whole handshake where that is refused.
/// </summary>
internal static class WireProbe
{
    /// <summary>Asks.</summary>
    /// <param name="host">The host, for the result.</param>
    /// <param name="port">The port, for the result.</param>
    /// <param name="serverName">The name to ask for; empty for none.</param>
    /// <param name="protocol">The protocol in which TLS is begun.</param>
    /// <param name="connect">Opens a stream to it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<WireLook> LookAsync(
        string host, int port, string serverName, StartTls protocol, Func<CancellationToken, Task<Stream>> connect,
            CancellationToken cancellationToken)
    {
        using Prober prober = new(connect, new ScanOptions { StartTls = protocol }, CancellationToken.None);
        HelloOffers offers = new(serverName);
        ProbeOutcome tls13 = await prober.AskAsync(
            offers.Of(TlsVersion.Tls13, HelloOffers.OfVersion(TlsVersion.Tls13)) with { Groups = ByPreference }, FlightPart.Hello,
                cancellationToken);
        WireLook look = new() { Host = host, Port = port, State = LegState.Unknown, Detail = $"it {tls13.Text}" };
        if (tls13.End is ProbeEnd.Garbled)
        {
            return look with { State = LegState.Plain, Detail = $"no TLS: it {tls13.Text}" };
        }

        if (tls13.End is ProbeEnd.Lost)
        {
            return look;
        }

        ProbeOutcome tls12 = await prober.AskAsync(
            offers.Of(TlsVersion.Tls12, HelloOffers.OfVersion(TlsVersion.Tls12)), FlightPart.All, cancellationToken);
        ServerHello? hello = tls13.HelloOf(TlsVersion.Tls13) ?? tls12.Flight.Hello;
        if (hello is null)
        {
            return look with { Detail = $"to TLS 1.3 it {tls13.Text}, to TLS 1.2 it {tls12.Text}" };
        }

        byte[]? leaf = tls12.Flight.Certificates is [{ } first, ..] ? first
            : hello.Version == TlsVersion.Tls13 ? await SealedLeafAsync(prober, hello, serverName, cancellationToken)
            : null;
        NamedGroup? group = (hello.Version == TlsVersion.Tls13 ? hello.Group : tls12.Flight.KeyExchange?.Group) is { } number
            ? NamedGroup.Of(number) : null;
        return Of(look, hello, group) with
        {
            Certificate = leaf is null ? null : TlsScanner.Read(leaf),
            WantsClientCertificate = tls12.Flight.IsDone ? tls12.Flight.WantsClientCertificate : null,
        };
    }

    private static WireLook Of(WireLook look, ServerHello hello, NamedGroup? group)
    {
        string suite = CipherSuite.Of(hello.Suite).ToString();
        return look with
        {
            State = LegState.Encrypted,
            Detail = string.Create(CultureInfo.InvariantCulture, $"{hello.Version.Text()}, {suite}{(group is null ? "" : $", {group}")}"),
            Version = hello.Version.Text(),
            CipherSuite = suite,
            Group = group?.Name,
            IsQuantumGroup = group?.IsQuantumSafe == true,
        };
    }

    // A server without an order of its own takes the first group that it has.
    private static IReadOnlyList<int> ByPreference { get; } =
        [.. HelloOffers.GroupsOf(TlsVersion.Tls13).OrderBy(static number => NamedGroup.Of(number).IsQuantumSafe ? 0 : 1)];

    private static async Task<byte[]?> SealedLeafAsync(
        Prober prober, ServerHello hello, string serverName, CancellationToken cancellationToken)
    {
        WholeOffer offer = new()
        {
            IsTls13 = true, Suites = [hello.Suite], Groups = hello.Group is { } group ? [group] : [], ServerName = serverName,
        };
        (WholeHandshake? whole, ProbeOutcome _) = await prober.UseAsync(
            (stream, token) => LoadedDrivers.Tls.ShakeHandsAsync(stream, offer, token), cancellationToken);
        return whole?.Leaf;
    }
}
