using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Tls;

namespace Foobar.Ops.Tests.Tls;

/// <summary>A loopback port that treats each connection as a test wants.</summary>
internal sealed class TestEndpoint : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    private TestEndpoint(Func<Stream, Task> serve)
    {
        _listener.Start();
        _ = AcceptAsync(serve);
    }

    public TlsEndpoint Endpoint =>
        new() { Host = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndpoint).Port, ServerName = "www.foobar.com" };

    /// <summary>Serves TLS with a leaf and what else it should present.</summary>
    public static TestEndpoint Tls(
        X509Certificate2 leaf, X509Certificate2Collection others, bool wantsClientCertificate = false, TimeSpan delay = default) =>
            new(async stream =>
        {
            await Task.Delay(delay);
            await using SslStream tls = new(stream);
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = SslStreamCertificateContext.Create(leaf, others, offline: true),
                ClientCertificateRequired = wantsClientCertificate,
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
            });
            _ = await stream.ReadAsync(new byte[1]);
        });

    /// <summary>Says something in plain text, by itself or when spoken to.</summary>
    public static TestEndpoint Plain(string greeting, bool waits) => new(async stream =>
    {
        if (waits)
        {
            _ = await stream.ReadAsync(new byte[1000]);
        }

        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(greeting));
    });

    /// <summary>Does with each connection what the test says.</summary>
    public static TestEndpoint Of(Func<Stream, Task> serve) => new(serve);

    public static TestEndpoint Silent() => new(_ => Task.Delay(TimeSpan.FromSeconds(30)));

    public async Task<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        TcpClient client = new();
        await client.ConnectAsync((IPEndPoint)_listener.LocalEndpoint, cancellationToken);
        return client.GetStream();
    }

    public Task<ServedCertificate> LookAsync(string? authorities = null, double seconds = 10) =>
        CertificateProbe.LookAsync(
            Endpoint, ConnectAsync, TrustedAuthorities.From(authorities), TimeSpan.FromSeconds(seconds),
            TestContext.Current.CancellationToken);

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync(Func<Stream, Task> serve)
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync();
                _ = ServeAsync(client, serve);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static async Task ServeAsync(TcpClient client, Func<Stream, Task> serve)
    {
        using (client)
        {
            try
            {
                await serve(client.GetStream());
            }
            catch (Exception error) when (error is IOException or AuthenticationException)
            {
                // The other side went away, as some tests want it to.
            }
        }
    }
}
