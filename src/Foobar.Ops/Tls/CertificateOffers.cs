using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Tls.Offers;

namespace Foobar.Ops.Tls;

/// <summary>
/// Asks an endpoint for the certificates that it keeps for other clients. One handshake proves one chain: the server
/// chooses it by what the client can verify (RFC 8446, 4.4.2.2), so each kind of key is asked for by itself.
/// </summary>
public static class CertificateOffers
{
    /// <summary>
    /// The certificates of other kinds of key than that of the first, each with its chain; a reading without a value for a
    /// kind that could not be asked for.
    /// </summary>
    /// <param name="first">What the endpoint served to a client that verifies every kind.</param>
    /// <param name="connect">Opens a stream to it; called once a kind.</param>
    /// <param name="authorities">Which authorities to trust.</param>
    /// <param name="timeLimit">How long one handshake may take.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<IReadOnlyList<Reading<ServedCertificate>>> AskAsync(
        ServedCertificate first, Func<CancellationToken, Task<Stream>> connect, TrustedAuthorities authorities, TimeSpan timeLimit,
        CancellationToken cancellationToken)
    {
        List<Reading<ServedCertificate>> found = [];
        foreach (KeyKind kind in KeyKind.All.Where(kind => !kind.Is(first.Leaf)))
        {
            if (await AskAsync(kind, first.Endpoint, connect, authorities, timeLimit, cancellationToken) is { } reading)
            {
                found.Add(reading);
            }
        }

        return found;
    }

    /// <summary>The certificate of a kind of key; <see langword="null"/> if the endpoint has none.</summary>
    private static async Task<Reading<ServedCertificate>?> AskAsync(
        KeyKind kind, TlsEndpoint endpoint, Func<CancellationToken, Task<Stream>> connect, TrustedAuthorities authorities,
        TimeSpan timeLimit, CancellationToken cancellationToken)
    {
        string source = $"TLS handshake with {endpoint}, {kind.Name} signatures only";
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeLimit);
        try
        {
            await using Stream stream = await connect(limit.Token);
            using OfferedHandshake handshake = new(stream);
            IReadOnlyList<byte[]> certificates = await handshake.CertificatesAsync(kind, endpoint.ServerName, limit.Token);
            return Describe(kind, endpoint, certificates, authorities) is { } served ? Reading.Of(served, source) : null;
        }
        catch (AlertException alert) when (alert.MeansNothingSuits)
        {
            return null;
        }
        catch (Exception error) when (error is AlertException or IOException or SocketException or CryptographicException or ArgumentException or FoobarException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            string reason = error is OperationCanceledException
                ? FormattableString.Invariant($"no answer within {timeLimit.TotalSeconds:0.#} s")
                : error.Message.TrimEnd('.');
            return Reading.Unreadable<ServedCertificate>(
                $"Whether {endpoint} has a certificate with a key of the kind {kind.Name} could not be asked: {reason}.", source);
        }
    }

    /// <summary>What was presented; <see langword="null"/> if the server presents a certificate of another kind all the same.</summary>
    private static ServedCertificate? Describe(
        KeyKind kind, TlsEndpoint endpoint, IReadOnlyList<byte[]> certificates, TrustedAuthorities authorities)
    {
        if (certificates.Count == 0)
        {
            throw new IOException("it presents no certificate");
        }

        using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(certificates[0]);
        X509Certificate2Collection presented = [.. certificates.Skip(1).Select(X509CertificateLoader.LoadCertificate)];
        try
        {
            ServedCertificate served = ServedCertificate.Describe(endpoint, leaf, presented, authorities) with { KeyKind = kind.Name };
            return kind.Is(served.Leaf) ? served : null;
        }
        finally
        {
            foreach (X509Certificate2 certificate in presented)
            {
                certificate.Dispose();
            }
        }
    }
}
