using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Remoting;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Tls;

/// <summary>
/// Visitors beyond fw-01 who shake hands anew all the time, each checking chain and name; so many at once, and no more than a
/// number of handshakes and a time in all. Each also asks for a page, so that what is behind is seen too.
/// </summary>
internal sealed class HandshakeLoad : IAsyncDisposable
{
    private const int Most = 20000, Visitors = 4;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(90);

    // In the default run something else runs beside it, which needs the processors too.
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(Sample.IsAll ? 5 : 25);

    private readonly CancellationTokenSource _end = new(Longest);
    private readonly ConcurrentQueue<(long Begun, string Fingerprint)> _served = new();
    private readonly ConcurrentQueue<string> _failed = new();
    private readonly SiteSession _session;
    private readonly X509Certificate2Collection _roots = [];
    private readonly Task[] _visitors;
    private int _count;

    private HandshakeLoad(RaisedLab lab, IReadOnlyList<IPEndPoint> endpoints, string name)
    {
        _session = new SiteSession(InventoryLoader.Load(lab.Inventory));
        _roots.ImportFromPem(lab.Authority.RootPem);
        _visitors =
        [
            .. Enumerable.Range(0, Visitors).Select(number => Task.Run(() => VisitAsync(endpoints[number % endpoints.Count], name))),
        ];
    }

    /// <summary>Starts them, and waits until the first handshakes are done.</summary>
    public static async Task<HandshakeLoad> StartAsync(RaisedLab lab, string name, params IReadOnlyList<IPEndPoint> endpoints)
    {
        HandshakeLoad load = new(lab, endpoints, name);
        while (load._served.Count < 20 && load._failed.IsEmpty && !load._end.IsCancellationRequested)
        {
            await Task.Delay(20);
        }

        return load;
    }

    /// <summary>Goes on for a while, then tells what was served: of all handshakes, and of those begun after a time.</summary>
    public async Task<(int Handshakes, IReadOnlyList<string> Failed, IReadOnlySet<string> Before, IReadOnlySet<string> After)> StopAsync(
        long since)
    {
        await Task.Delay(1500);
        await _end.CancelAsync();
        await Task.WhenAll(_visitors);
        return (_served.Count, [.. _failed], _served.Where(one => one.Begun <= since)
            .Select(one => one.Fingerprint)
            .ToHashSet(), _served.Where(one => one.Begun > since).Select(one => one.Fingerprint).ToHashSet());
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_visitors);
        await _session.DisposeAsync();
        _end.Dispose();
    }

    private async Task VisitAsync(IPEndPoint endpoint, string name)
    {
        IServerSession outside = await _session.GetServerAsync("outside");
        while (!_end.IsCancellationRequested && Interlocked.Increment(ref _count) <= Most)
        {
            long begun = Stopwatch.GetTimestamp();
            try
            {
                await using SslStream tls = new(
                    await outside.ConnectAsync(new RemoteEndpoint.Tcp(endpoint.Address.ToString(), endpoint.Port))
                        .WaitAsync(TimeSpan.FromSeconds(10)));
                await tls.AuthenticateAsClientAsync(Options(name)).WaitAsync(TimeSpan.FromSeconds(10));
                string fingerprint = tls.RemoteCertificate!.GetCertHashString(HashAlgorithmName.SHA256);
                await tls.WriteAsync(
                    System.Text.Encoding.ASCII.GetBytes($"GET /livez HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n"));
                byte[] answer = new byte[12];
                await tls.ReadExactlyAsync(answer).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
                string status = System.Text.Encoding.ASCII.GetString(answer);
                if (status == "HTTP/1.1 200")
                {
                    _served.Enqueue((begun, fingerprint));
                }
                else
                {
                    _failed.Enqueue(status);
                }
            }
#pragma warning disable CA1031 // Whatever a visitor meets counts.
            catch (Exception error)
#pragma warning restore CA1031
            {
                _failed.Enqueue($"{error.GetType().Name}: {error.Message}");
            }

            // Visitors, no flood.
            await Task.Delay(Between);
        }
    }

    private SslClientAuthenticationOptions Options(string name)
    {
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(_roots);
        return new SslClientAuthenticationOptions { TargetHost = name, CertificateChainPolicy = policy, AllowTlsResume = false };
    }
}
