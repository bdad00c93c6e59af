using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Tls;

/// <summary>
/// Shakes hands with an endpoint to see which certificate it serves. The certificate is recorded, never trusted: no byte
/// is sent over the connection after the handshake.
/// </summary>
public static class CertificateProbe
{
    /// <summary>How long a handshake may take unless told otherwise.</summary>
    public static readonly TimeSpan DefaultTimeLimit = TimeSpan.FromSeconds(10);

    /// <summary>Looks at an endpoint.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="connect">Opens a stream to it; called a second time if it turns out not to speak TLS.</param>
    /// <param name="authorities">Which authorities to trust.</param>
    /// <param name="timeLimit">How long connecting and shaking hands may take together.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException"><c>EndpointUnreachable</c>, <c>EndpointTimeout</c>, <c>TlsNotSpoken</c>,
    /// <c>TlsHandshakeFailed</c>.</exception>
    public static async Task<ServedCertificate> LookAsync(
        TlsEndpoint endpoint,
        Func<CancellationToken, Task<Stream>> connect,
        TrustedAuthorities authorities,
        TimeSpan timeLimit,
        CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeLimit);
        try
        {
            return await ShakeHandsAsync(endpoint, connect, authorities, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Error(
                "EndpointTimeout", ErrorKind.Timeout, endpoint,
                FormattableString.Invariant($"no TLS handshake within {timeLimit.TotalSeconds:0.#} s"),
                null);
        }
    }

    private static async Task<ServedCertificate> ShakeHandsAsync(
        TlsEndpoint endpoint,
        Func<CancellationToken, Task<Stream>> connect,
        TrustedAuthorities authorities,
        CancellationToken cancellationToken)
    {
        ServedCertificate? served = null;
        await using SslStream tls = new(await OpenAsync(endpoint, connect, cancellationToken));
        try
        {
            await tls.AuthenticateAsClientAsync(Options(endpoint, Record), cancellationToken);
        }
        catch (Exception error) when (error is AuthenticationException or IOException)
        {
            // A server that wants a client certificate shows its own first, and that is what was asked for.
            return served is not null
                ? served with { HandshakeProblem = Innermost(error) }
                : throw await ExplainAsync(endpoint, connect, error, cancellationToken);
        }

        return served is null
            ? throw Error("TlsHandshakeFailed", ErrorKind.InvalidData, endpoint, "it shook hands without showing a certificate", null)
            : served with { Protocol = tls.SslProtocol.ToString(), CipherSuite = tls.NegotiatedCipherSuite.ToString() };

        bool Record(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
        {
            if (certificate is X509Certificate2 leaf)
            {
                // The platform gives what was presented with the leaf or without it.
                X509Certificate2[] presented = [.. chain?.ChainPolicy.ExtraStore ?? []];
                bool hasLeaf = presented.Length > 0 && presented[0].RawData.AsSpan().SequenceEqual(leaf.RawData);
                served = ServedCertificate.Describe(endpoint, leaf, [.. presented.Skip(hasLeaf ? 1 : 0)], authorities)
                    with { StapleProblem = "it was not asked for" };
            }

            return certificate is not null;
        }
    }

    private static SslClientAuthenticationOptions Options(TlsEndpoint endpoint, RemoteCertificateValidationCallback record) => new()
    {
        TargetHost = endpoint.ServerName,
        RemoteCertificateValidationCallback = record,

        // Judged apart, from what was presented alone: a chain completed by a download would hide that it is not complete.
        CertificateChainPolicy = new X509ChainPolicy { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck },
    };

    private static async Task<Stream> OpenAsync(
        TlsEndpoint endpoint, Func<CancellationToken, Task<Stream>> connect, CancellationToken cancellationToken)
    {
        try
        {
            return await connect(cancellationToken);
        }
        catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException)
        {
            throw Error("EndpointUnreachable", ErrorKind.Connection, endpoint, error.Message, error);
        }
    }

    /// <summary>Why there was no handshake: the endpoint speaks another protocol, or it refused.</summary>
    private static async Task<FoobarException> ExplainAsync(
        TlsEndpoint endpoint, Func<CancellationToken, Task<Stream>> connect, Exception error, CancellationToken cancellationToken)
    {
        string? plain = await PlainGreeting.ReadAsync(connect, cancellationToken);
        return plain is not null
            ? Error("TlsNotSpoken", ErrorKind.InvalidData, endpoint, $"it does not speak TLS; it answers in plain text: '{plain}'", error)
            : Error("TlsHandshakeFailed", ErrorKind.InvalidData, endpoint, $"the TLS handshake failed: {Innermost(error)}", error);
    }

    private static string Innermost(Exception error)
    {
        while (error.InnerException is { } inner)
        {
            error = inner;
        }

        return error.Message;
    }

    private static FoobarException Error(string id, ErrorKind kind, TlsEndpoint endpoint, string problem, Exception? cause)
    {
        string place = endpoint.Via is null ? endpoint.ToString() : $"{endpoint.Via}: {endpoint}";
        return new FoobarException(id, kind, $"{place}: {problem}.", cause)
        {
            Server = endpoint.Via,
            Recommendation = "Check the host and port, and that the service that ends TLS there runs.",
        };
    }
}
