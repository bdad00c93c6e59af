using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Drivers;
using Foobar.Ops.Tls;
using Foobar.Ops.Tls.Offers;
using Foobar.Ops.Tls.Scan.Wire;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>
/// Looks from outside at what endpoints serve: a fresh handshake each time, for each kind of key. From a vantage of the
/// inventory where that leads there, else from another server, else from the server itself.
/// </summary>
internal sealed class EndpointWatch(ISiteSession session)
{
    private const string LatticeName = "ML-DSA";

    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // What BouncyCastle offers where our own hello has no word for a kind of key: all of TLS 1.3.
    private static readonly int[] Suites = [0x1301, 0x1302, 0x1303], Groups = [0x001D, 0x0017, 0x0018];

    /// <summary>The endpoints of a server by what listens there and by what its configurations say of TLS.</summary>
    public static IReadOnlyList<TlsEndpoint> Endpoints(
        Server server, IReadOnlyList<ListeningSocket> sockets, IReadOnlyCollection<int> ports, IReadOnlyList<string> names)
    {
        IEnumerable<ListeningSocket> own = sockets.Where(socket => socket.Protocol == TransportProtocol.Tcp && ports.Contains(socket.Port)
            && socket.Processes.Any(static process => process is "haproxy" or "nginx"));
        return
        [
            .. from socket in own
               from host in Hosts(server, socket)
               from name in names
               select new TlsEndpoint { Host = host, Port = socket.Port, ServerName = name, Via = server.Name } into endpoint
               group endpoint by (endpoint.Host, endpoint.Port, endpoint.ServerName) into same
               select same.First(),
        ];
    }

    /// <summary>What endpoints serve; those that do not speak TLS are left out.</summary>
    /// <param name="server">The server.</param>
    /// <param name="endpoints">Its endpoints.</param>
    /// <param name="isTarget">Whether a certificate that is served is to be replaced.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<IReadOnlyList<EndpointState>> LookAsync(
        Server server, IReadOnlyList<TlsEndpoint> endpoints, Predicate<Certificate> isTarget, CancellationToken cancellationToken)
    {
        EndpointState?[] states = await Task.WhenAll(endpoints.Select(async endpoint =>
        {
            foreach (EndpointWay way in Ways(server, endpoint))
            {
                if (await TryAsync(endpoint, way, cancellationToken) is { Count: > 0 } served)
                {
                    string[] targets = [.. served.Where(one => isTarget(one.Leaf)).Select(static one => one.Leaf.Sha256Fingerprint)];
                    return new EndpointState(
                        endpoint, way, served, targets)
                        {
                            SpeaksTls12 = targets.Length > 0 && await SpeaksTls12Async(endpoint, way, cancellationToken),
                        };
                }
            }

            return null;
        }));
        return [.. states.OfType<EndpointState>()];
    }

    /// <summary>Waits until endpoints serve what is expected.</summary>
    /// <param name="states">What they served before, by fresh ways where given.</param>
    /// <param name="expected">The SHA-256 fingerprints of what is expected in place of the targets.</param>
    /// <param name="patience">How long.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException"><c>CertificateNotServed</c>.</exception>
    public static async Task ConfirmAsync(
        IReadOnlyList<EndpointState> states, IReadOnlyList<string> expected, TimeSpan patience, CancellationToken cancellationToken)
    {
        long begun = System.Diagnostics.Stopwatch.GetTimestamp();
        List<EndpointState> left = [.. states.Where(static state => state.Targets.Count > 0)];
        while (true)
        {
            string?[] problems = await Task.WhenAll(left.Select(state => ProblemAsync(state, expected, cancellationToken)));
            left = [.. left.Where((_, index) => problems[index] is not null)];
            if (left.Count == 0)
            {
                return;
            }

            if (System.Diagnostics.Stopwatch.GetElapsedTime(begun) > patience)
            {
                throw new FoobarException(
                    "CertificateNotServed", ErrorKind.Failed, string.Join("; ", problems.OfType<string>()) + ".")
                    {
                        Server = left[0].Endpoint.Via,
                    };
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    // Why an endpoint is not as expected: each kind of key that it had is still answered, with the new certificate in place of the
    // old one. A certificate of another kind of key may take its place; then nothing of the old kind is served any more.
    private static async Task<string?> ProblemAsync(
        EndpointState state, IReadOnlyList<string> expected, CancellationToken cancellationToken)
    {
        string place =
            $"{state.Endpoint} ({(state.Endpoint.ServerName.Length == 0 ? "no name" : state.Endpoint.ServerName)}, from {state.Way.Name})";
        IReadOnlyList<ServedLeaf> now = await TryAsync(state.Endpoint, state.Way, cancellationToken);
        return now.Count == 0 ? $"{place} answers no handshake"
            : now.FirstOrDefault(served => state.IsTarget(served) && !expected.Contains(served.Leaf.Sha256Fingerprint)) is { } old
                ? $"{place} still serves {old.Leaf.Sha256Fingerprint[..16]}"
            : !now.Any(served => expected.Contains(served.Leaf.Sha256Fingerprint))
                ? $"{place} serves {now[0].Leaf.Sha256Fingerprint[..16]} instead"
            : state.Served.FirstOrDefault(
                served =>
                    !state.IsTarget(served) && now.All(one => one.Leaf.Sha256Fingerprint != served.Leaf.Sha256Fingerprint)) is { } lost
                ? $"{place} does not serve its certificate with a key of the kind {lost.Kind} any more"
            : state.SpeaksTls12 && !await SpeaksTls12Async(state.Endpoint, state.Way, cancellationToken)
                ? $"{place} shakes hands by TLS 1.3 alone now: none of its cipher suites of TLS 1.2 goes with the new key "
                    + "(-AcceptLostClients accepts that)"
            : null;
    }

    private static async Task<IReadOnlyList<ServedLeaf>> TryAsync(
        TlsEndpoint endpoint, EndpointWay way, CancellationToken cancellationToken)
    {
        List<ServedLeaf> served = [];
        try
        {
            foreach (KeyKind kind in KeyKind.All)
            {
                if (await AskAsync(endpoint, way, kind, cancellationToken) is { } leaf && kind.Is(leaf))
                {
                    served.Add(new ServedLeaf(kind.Name, leaf));
                }
            }

            if (served.Count == 0 && await AskForAnyAsync(endpoint, way, cancellationToken) is { } other)
            {
                served.Add(new ServedLeaf(LatticeName, other));
            }
        }
        catch (Exception error)
            when (error is IOException or WireException or SocketException or CryptographicException or FoobarException or ArgumentException
            || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return [];
        }

        return served;
    }

    private static async Task<Certificate?> AskAsync(
        TlsEndpoint endpoint, EndpointWay way, KeyKind kind, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(HandshakeLimit);
        try
        {
            await using Stream stream = await way.ConnectAsync(endpoint.Host, endpoint.Port, limit.Token);
            using OfferedHandshake handshake = new(stream);
            IReadOnlyList<byte[]> certificates = (await handshake.AskAsync(kind, endpoint.ServerName, limit.Token)).Certificates;
            return certificates.Count == 0 ? null : Read(certificates[0]);
        }
        catch (AlertException alert) when (alert.MeansNothingSuits)
        {
            return null;
        }
        catch (AlertException alert)
        {
            throw new IOException(alert.Message, alert);
        }
    }

    // Suites of TLS 1.2 are for one kind of key; those of TLS 1.3 are not (RFC 8446, 1.2).
    private static async Task<bool> SpeaksTls12Async(TlsEndpoint endpoint, EndpointWay way, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(HandshakeLimit);
        try
        {
            await using SslStream tls = new(await way.ConnectAsync(endpoint.Host, endpoint.Port, limit.Token));
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = endpoint.ServerName,
                    // Only whether that version is spoken is asked: nothing is sent, and the certificate is judged apart.
#pragma warning disable CA5398, CA5359
                    EnabledSslProtocols = SslProtocols.Tls12,
                    RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5398, CA5359
                },
                limit.Token);
            return true;
        }
        catch (Exception error) when (error is IOException or SocketException or AuthenticationException or FoobarException
            || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    private static async Task<Certificate?> AskForAnyAsync(TlsEndpoint endpoint, EndpointWay way, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(HandshakeLimit);
        await using Stream stream = await way.ConnectAsync(endpoint.Host, endpoint.Port, limit.Token);
        WholeHandshake seen = await LoadedDrivers.Tls.ShakeHandsAsync(
            stream, new WholeOffer { IsTls13 = true, Suites = Suites, Groups = Groups, ServerName = endpoint.ServerName }, limit.Token);
        return seen.Leaf is { } leaf ? Read(leaf) : null;
    }

    private static Certificate Read(byte[] der)
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(der);
        return CertificateReader.Read(certificate);
    }

    private IEnumerable<EndpointWay> Ways(Server server, TlsEndpoint endpoint)
    {
        bool isLoopback = System.Net.IPAddress.TryParse(endpoint.Host, out System.Net.IPAddress? address)
            && System.Net.IPAddress.IsLoopback(address);
        IEnumerable<string> others = isLoopback ? [] : session.Site.Vantages.Select(static vantage => vantage.Name)
            .Concat(
                session.Site.Servers.Where(one => one != server && (one.Is(Role.LoadBalancer) || one.Is(Role.Web)))
                    .Select(static one => one.Name));
        foreach (string name in others.Append(server.Name))
        {
            yield return new EndpointWay(name, async (host, port, token) =>
            {
                IServerSession through = await session.GetServerAsync(name, token);
                return await through.ConnectAsync(new RemoteEndpoint.Tcp(host, port), token);
            });
        }
    }

    private static IEnumerable<string> Hosts(Server server, ListeningSocket socket) => socket.Scope switch
    {
        SocketScope.Wildcard when server.Addresses.Count > 0 => server.Addresses
            .Where(address => socket.Address != "0.0.0.0" || address.AddressFamily == AddressFamily.InterNetwork)
            .Where(address => socket.Address != "::" || address.AddressFamily == AddressFamily.InterNetworkV6)
            .Select(static address => address.ToString()),
        SocketScope.Wildcard => ["127.0.0.1"],
        _ => [socket.Address],
    };
}
