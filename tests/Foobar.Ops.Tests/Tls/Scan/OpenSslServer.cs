using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Testing;
using Foobar.Ops.Tls;
using Foobar.Ops.Tls.Scan;

namespace Foobar.Ops.Tests.Tls.Scan;

/// <summary>
/// An <c>openssl s_server</c> on a loopback port of its own choice. It listens once the constructor returns, so no other
/// process can take the port first, and no connection has to wait for it.
/// </summary>
internal sealed class OpenSslServer : IDisposable
{
    /// <summary>A busy machine must not look like a server that does not answer.</summary>
    public static readonly ScanOptions Patient = new() { ConnectionLimit = TimeSpan.FromSeconds(30), TimeLimit = TimeSpan.FromMinutes(3) };

    private const string Ready = "ACCEPT ";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("foobar-openssl-");
    private readonly Process _process;

    /// <summary>Starts it with a certificate, and options that are divided by blanks.</summary>
    public OpenSslServer(
        X509Certificate2 certificate, string options = "", X509Certificate2? second = null, X509Certificate2? named = null,
        X509Certificate2[]? chain = null)
    {
        Needs.Programs("openssl");
        List<string> arguments = ["s_server", "-accept", "127.0.0.1:0", "-cert", Write("a.pem", certificate)];
        arguments.AddRange(second is null ? [] : ["-dcert", Write("b.pem", second), "-dkey", At("b.pem")]);
        arguments.AddRange(
            named is null ? [] : ["-servername", "www.foobar.com", "-cert2", Write("n.pem", named), "-key2", At("n.pem")]);
        if (chain is not null)
        {
            File.WriteAllText(At("c.pem"), string.Join('\n', chain.Select(static one => one.ExportCertificatePem())));
            arguments.AddRange("-cert_chain", At("c.pem"));
            arguments.AddRange(second is null ? [] : ["-dcert_chain", At("c.pem")]);
        }

        arguments.AddRange(options.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        ProcessStartInfo start = new("openssl", arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        Port = ReadPort(_process);

        // What it prints of each connection must not fill the pipes.
        _ = _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        _process.BeginErrorReadLine();
    }

    public int Port { get; }

    public TlsEndpoint Endpoint => new() { Host = "127.0.0.1", Port = Port, ServerName = "www.foobar.com" };

    /// <summary>Scans it.</summary>
    public Task<TlsScan> ScanAsync(ScanOptions? options = null) =>
        TlsScanner.ScanAsync(Endpoint, ConnectAsync, options ?? Patient, null, TestContext.Current.CancellationToken);

    public async Task<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        TcpClient client = new();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, Port, cancellationToken);
            return client.GetStream();
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _directory.Delete(recursive: true);
    }

    private static int ReadPort(Process process)
    {
        while (process.StandardOutput.ReadLine() is { } line)
        {
            if (line.StartsWith(Ready, StringComparison.Ordinal))
            {
                return IPEndPoint.Parse(line[Ready.Length..]).Port;
            }
        }

        throw new InvalidOperationException($"openssl s_server ended: {process.StandardError.ReadToEnd()}");
    }

    private string At(string name) => Path.Combine(_directory.FullName, name);

    private string Write(string name, X509Certificate2 certificate)
    {
        using RSA? rsa = certificate.GetRSAPrivateKey();
        using ECDsa? ecdsa = certificate.GetECDsaPrivateKey();
        string key = rsa?.ExportPkcs8PrivateKeyPem() ?? ecdsa!.ExportPkcs8PrivateKeyPem();
        File.WriteAllText(At(name), $"{certificate.ExportCertificatePem()}\n{key}\n");
        return At(name);
    }
}
