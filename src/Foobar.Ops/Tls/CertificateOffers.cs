using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Tls.Issuance;
using Foobar.Ops.Tls.Offers;
using Foobar.Ops.Tls.Scan.Wire;

namespace Foobar.Ops.Tls;

/// <summary>
/// Asks an endpoint for all of its certificates, and for what it sends along with each. One handshake proves one chain: the
/// server chooses it by what the client can verify (RFC 8446, 4.4.2.2), so each kind of key is asked for by itself, by a
/// ClientHello that asks for an OCSP response and for timestamps of logs too.
/// </summary>
public static class CertificateOffers
{
    // A balancer that passes TLS through gives each connection to another server.
    private const int MostTimes = 3;

    /// <summary>
    /// Looks at an endpoint: at the certificate that it serves to a client that verifies every kind of key, by a whole
    /// handshake, then at those that it keeps for other kinds. A reading without a value stands for a kind that could not be
    /// asked for.
    /// </summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="connect">Opens a stream to it; called once a kind and once more.</param>
    /// <param name="authorities">Which authorities to trust.</param>
    /// <param name="timeLimit">How long one handshake may take.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>One certificate or more, the endpoint's first choice first; and what could not be asked for.</returns>
    /// <exception cref="FoobarException"><c>EndpointUnreachable</c>, <c>EndpointTimeout</c>, <c>TlsNotSpoken</c>,
    /// <c>TlsHandshakeFailed</c>.</exception>
    public static async Task<IReadOnlyList<Reading<ServedCertificate>>> LookAsync(
        TlsEndpoint endpoint, Func<CancellationToken, Task<Stream>> connect, TrustedAuthorities authorities, TimeSpan timeLimit,
        CancellationToken cancellationToken)
    {
        try
        {
            ServedCertificate first = await CertificateProbe.LookAsync(endpoint, connect, authorities, timeLimit, cancellationToken);
            return await AskAsync(first, connect, authorities, timeLimit, cancellationToken);
        }
        catch (FoobarException error) when (error.ErrorId == "TlsHandshakeFailed")
        {
            // The platform's library may not know the kind of key (ML-DSA), or refuse a weak one, before it shows it.
            IReadOnlyList<Reading<ServedCertificate>> others = await AskEachAsync(
                KeyKind.All, endpoint, connect, authorities, timeLimit, cancellationToken);
            if (!others.Any(static other => other.Value is not null))
            {
                if (await QuantumLook.TryAsync(endpoint, connect, authorities, timeLimit, cancellationToken) is { } seen)
                {
                    return
                    [
                        Reading.Of(seen with { HandshakeProblem = error.Message }, $"TLS handshake with {endpoint}, post-quantum groups"),
                    ];
                }

                throw;
            }

            return
            [
                .. others.Select(
                    other =>
                        other.Value is { } served ? Reading.Of(served with { HandshakeProblem = error.Message }, other.Source) : other),
            ];
        }
    }

    /// <summary>
    /// What an endpoint served, with what comes along with it, and the certificates of other kinds of key, each with its
    /// chain; a reading without a value for a kind that could not be asked for.
    /// </summary>
    /// <param name="first">What the endpoint served to a client that verifies every kind.</param>
    /// <param name="connect">Opens a stream to it; called once a kind.</param>
    /// <param name="authorities">Which authorities to trust.</param>
    /// <param name="timeLimit">How long one handshake may take.</param>
    /// <param name="cancellationToken">Cancels.</param>
    internal static async Task<IReadOnlyList<Reading<ServedCertificate>>> AskAsync(
        ServedCertificate first, Func<CancellationToken, Task<Stream>> connect, TrustedAuthorities authorities, TimeSpan timeLimit,
        CancellationToken cancellationToken)
    {
        KeyKind[] own = [.. KeyKind.All.Where(kind => kind.Is(first.Leaf)).Take(1)];
        Reading<ServedCertificate>? again = null;
        for (int time = 0; time < MostTimes
            && own.Length > 0
            && (time == 0 || (again?.Value is { } other && other.Leaf.Sha256Fingerprint != first.Leaf.Sha256Fingerprint)); time++)
        {
            again = await AskAsync(own[0], first.Endpoint, connect, authorities, timeLimit, cancellationToken);
        }

        return
        [
            Reading.Of(Whole(first, again), $"TLS handshake with {first.Endpoint}"),
            .. await AskEachAsync(KeyKind.All.Except(own), first.Endpoint, connect, authorities, timeLimit, cancellationToken),
        ];
    }

    /// <summary>
    /// What was served, with what came along when it was asked for once more. Where several servers with certificates of
    /// their own stand behind an endpoint, that is the certificate of the last one.
    /// </summary>
    private static ServedCertificate Whole(ServedCertificate first, Reading<ServedCertificate>? again) => again?.Value is { } seen
        ? seen with
        {
            KeyKind = null,
            Protocol = first.Protocol,
            CipherSuite = first.CipherSuite,
            HandshakeProblem = first.HandshakeProblem,
        }
        : first with { StapleProblem = again?.Failure ?? "no certificate of its kind was presented a second time" };

    private static async Task<IReadOnlyList<Reading<ServedCertificate>>> AskEachAsync(
        IEnumerable<KeyKind> kinds, TlsEndpoint endpoint, Func<CancellationToken, Task<Stream>> connect, TrustedAuthorities authorities,
        TimeSpan timeLimit, CancellationToken cancellationToken)
    {
        List<Reading<ServedCertificate>> found = [];
        foreach (KeyKind kind in kinds)
        {
            if (await AskAsync(kind, endpoint, connect, authorities, timeLimit, cancellationToken) is { } reading)
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
            OfferedFlight flight = await handshake.AskAsync(kind, endpoint.ServerName, limit.Token);
            return Describe(kind, endpoint, flight, authorities) is { } served ? Reading.Of(served, source) : null;
        }
        catch (AlertException alert) when (alert.MeansNothingSuits)
        {
            return null;
        }
        catch (Exception error)
            when (error is AlertException
                or IOException
                or WireException
                or SocketException
                or CryptographicException
                or ArgumentException
                or FoobarException
                || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
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
        KeyKind kind, TlsEndpoint endpoint, OfferedFlight flight, TrustedAuthorities authorities)
    {
        if (flight.Certificates.Count == 0)
        {
            throw new IOException("it presents no certificate");
        }

        using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(flight.Certificates[0]);
        X509Certificate2Collection presented = [.. flight.Certificates.Skip(1).Select(X509CertificateLoader.LoadCertificate)];
        try
        {
            ServedCertificate served = ServedCertificate.Describe(endpoint, leaf, presented, authorities);
            OcspStaple? staple = flight.Staple is null ? null : OcspParser.Read(flight.Staple, leaf, [.. presented]);
            return !kind.Is(served.Leaf) ? null : served with
            {
                KeyKind = kind.Name,
                Staple = staple,
                Timestamps =
                [
                    .. served.Timestamps, .. TimestampParser.Of(flight.Timestamps, TimestampSource.Handshake), .. staple?.Timestamps ?? [],
                ],
            };
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
