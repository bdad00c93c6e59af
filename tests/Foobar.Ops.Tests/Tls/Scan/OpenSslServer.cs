using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Testing;
using Foobar.Ops.Tls;
using Foobar.Ops.Tls.Scan;

namespace Foobar.Ops.Tests.Tls.Scan;

/// <summary>An <c>openssl s_server</c> on a loopback port.</summary>
internal sealed class OpenSslServer : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("foobar-scan-");
    private readonly Process _process;

    /// <summary>Starts it with a certificate, and options that are divided by blanks.</summary>
    public OpenSslServer(
        X509Certificate2 certificate, string options = "", X509Certificate2? second = null, X509Certificate2? named = null,
        X509Certificate2[]? chain = null)
    {
        Needs.Programs("openssl");
        Port = FreePort();
        List<string> arguments = ["s_server", "-accept", $"127.0.0.1:{Port}", "-quiet", "-cert", Write("a.pem", certificate)];
        arguments.AddRange(second is null ? [] : ["-dcert", Write("b.pem", second), "-dkey", Write("b.pem", second)]);
        arguments.AddRange(
            named is null ? [] : ["-servername", "www.foobar.com", "-cert2", Write("n.pem", named), "-key2", Write("n.pem", named)]);
        if (chain is not null)
        {
            arguments.AddRange("-cert_chain", Path.Combine(_directory.FullName, "c.pem"));
            File.WriteAllText(arguments[^1], string.Join('\n', chain.Select(static one => one.ExportCertificatePem())));
        }

        arguments.AddRange(options.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        ProcessStartInfo start = new(
            "openssl", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        _process = Process.Start(start)!;
    }

    public int Port { get; }

    public TlsEndpoint Endpoint => new() { Host = "127.0.0.1", Port = Port, ServerName = "www.foobar.com" };

    /// <summary>Scans it.</summary>
    public Task<TlsScan> ScanAsync(ScanOptions? options = null) =>
        TlsScanner.ScanAsync(Endpoint, ConnectAsync, options ?? new ScanOptions(), null, TestContext.Current.CancellationToken);

    /// <summary>Connects once the server listens.</summary>
    public async Task<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TcpClient client = new();
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, Port, cancellationToken);
                return client.GetStream();
            }
            catch (SocketException) when (!_process.HasExited)
            {
                client.Dispose();
                await Task.Delay(50, cancellationToken);
            }
            catch (SocketException error)
            {
                client.Dispose();
                throw new InvalidOperationException(
                    $"openssl s_server ended: {await _process.StandardError.ReadToEndAsync(cancellationToken)}", error);
            }
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _directory.Delete(recursive: true);
    }

    private string Write(string name, X509Certificate2 certificate)
    {
        string path = Path.Combine(_directory.FullName, name);
        using RSA? rsa = certificate.GetRSAPrivateKey();
        using ECDsa? ecdsa = certificate.GetECDsaPrivateKey();
        File.WriteAllText(
            path, certificate.ExportCertificatePem() + "\n" + (
                rsa?.ExportPkcs8PrivateKeyPem() ?? ecdsa!.ExportPkcs8PrivateKeyPem()) + "\n");
        return path;
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
