using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tls.Offers;
using Foobar.Ops.Tls.Scan;
using Foobar.Ops.Tls.Scan.Probing;
using Foobar.Ops.Tls.Scan.Wire;

namespace Foobar.Ops.Tls.Files;

/// <summary>
/// Whether running programs serve what their files hold: one handshake a file, on the server itself, by the name and the kind
/// of key for which the program serves it.
/// </summary>
internal static class LoadedCertificates
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(10);

    /// <summary>Compares them.</summary>
    public static async Task<IReadOnlyList<CertificateFile>> CompareAsync(
        IServerSession session, IReadOnlyList<CertificateFile> files, CancellationToken cancellationToken)
    {
        List<CertificateFile> compared = [];
        foreach (CertificateFile file in files)
        {
            compared.Add(await CompareAsync(session, file, files, cancellationToken));
        }

        return compared;
    }

    /// <summary>The host name by which a use's certificate is asked for; empty to ask for none.</summary>
    internal static string NameFor(CertificateUse use, Certificate leaf) =>
        (use.ServerNames.Count > 0 ? use.ServerNames : leaf.DnsNames).Select(Concrete).FirstOrDefault(static name => name is not null)
            ?? "";

    /// <summary>What came of a handshake, for a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="served">The certificate that was served.</param>
    /// <param name="files">All files of the server.</param>
    /// <param name="evidence">The handshake.</param>
    internal static CertificateFile Judge(
        CertificateFile file, Certificate served, IReadOnlyList<CertificateFile> files, string evidence) =>
        served.Sha256Fingerprint == file.Leaf.Sha256Fingerprint ? file with { IsLoaded = true, Evidence = evidence }
        : files.FirstOrDefault(other => other.Leaf.Sha256Fingerprint == served.Sha256Fingerprint) is { } other
            ? file with { LoadProblem = $"{other.Path} is served for the same name, so that this one can't be seen", Evidence = evidence }
            : file with { IsLoaded = false, Served = served, Evidence = evidence };

    private static async Task<CertificateFile> CompareAsync(
        IServerSession session, CertificateFile file, IReadOnlyList<CertificateFile> files, CancellationToken cancellationToken)
    {
        CertificateUse[] served = [.. file.Uses.Where(static use => use.Listeners.Count > 0)];
        if (served.FirstOrDefault(static use => use.Obstacle is null) is not { } use)
        {
            return served.Length > 0 ? file with { LoadProblem = served[0].Obstacle } : file;
        }

        if (KeyKind.All.FirstOrDefault(kind => kind.Is(file.Leaf)) is not { } kind)
        {
            return file with { LoadProblem = $"a key of {file.Leaf.KeyAlgorithm} can't be asked for" };
        }

        string name = NameFor(use, file.Leaf);
        string evidence =
            $"TLS handshake with {use.Listeners[0]}, {(name.Length == 0 ? "no SNI" : $"SNI {name}")}, {kind.Name} signatures only";
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeLimit);
        try
        {
            return Judge(file, await AskAsync(session, use, kind, name, limit.Token), files, evidence);
        }
        catch (Exception error) when (IsOfEndpoint(error) && !cancellationToken.IsCancellationRequested)
        {
            string reason = error is OperationCanceledException
                ? FormattableString.Invariant($"no answer within {TimeLimit.TotalSeconds:0.#} s")
                : error.Message;
            return file with { LoadProblem = $"{evidence}: {reason.TrimEnd('.')}", Evidence = evidence };
        }
    }

    private static bool IsOfEndpoint(Exception error) =>
        error is AlertException
            or WireException
            or IOException
            or SocketException
            or CryptographicException
            or ArgumentException
            or OperationCanceledException
            || (error is FoobarException foobar && foobar.ErrorId != "ConnectionLost");

    private static async Task<Certificate> AskAsync(
        IServerSession session, CertificateUse use, KeyKind kind, string name, CancellationToken cancellationToken)
    {
        (string host, int port) = ListenerText.Parse(use.Listeners[0]);
        RemoteEndpoint endpoint = port == 0 ? new RemoteEndpoint.UnixSocket(host) : new RemoteEndpoint.Tcp(host, port);
        await using Stream stream = await session.ConnectAsync(endpoint, cancellationToken);

        // MySQL counts handshakes that break off against the host that they come from: over its socket there is none.
        await StartTlsDialogue.BeginAsync(use.Program is "MySQL" or "MariaDB" ? StartTls.MySql : StartTls.None, stream, cancellationToken);
        using OfferedHandshake handshake = new(stream);
        OfferedFlight flight = await handshake.AskAsync(kind, name, cancellationToken);
        using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(
            flight.Certificates.Count > 0 ? flight.Certificates[0] : throw new IOException("it presents no certificate"));
        return CertificateReader.Read(leaf);
    }

    /// <summary>A name that a pattern stands for; <see langword="null"/> for one that stands for no certain name.</summary>
    private static string? Concrete(string pattern) =>
        pattern.StartsWith('!') || pattern.StartsWith('~') || pattern.Contains('_', StringComparison.Ordinal) || pattern.EndsWith('*')
            ? null
        : pattern.StartsWith("*.", StringComparison.Ordinal) ? "www" + pattern[1..]
        : pattern.StartsWith('.') ? pattern[1..]
        : pattern.Length == 0 || pattern.Contains('*', StringComparison.Ordinal) ? null
        : pattern;
}
