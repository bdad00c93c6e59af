using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Errors;
using Foobar.Ops.Tls.Scan.Probing;
using Foobar.Ops.Tls.Scan.Registry;
using Foobar.Ops.Tls.Scan.Wire;

namespace Foobar.Ops.Tls.Scan;

/// <summary>
/// Scans an endpoint by ClientHellos of its own. An answer that does not come makes what it would have told
/// <see cref="Support.Unknown"/>, never "not offered".
/// </summary>
public static class TlsScanner
{
    /// <summary>Scans an endpoint.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="connect">Opens a stream to it; called once a connection.</param>
    /// <param name="options">How to go about it.</param>
    /// <param name="progress">Told what is being asked.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException"><c>EndpointUnreachable</c>, <c>EndpointTimeout</c>, <c>TlsNotSpoken</c>,
    /// <c>TlsHandshakeFailed</c>: nothing could be learned of it.</exception>
    public static async Task<TlsScan> ScanAsync(
        TlsEndpoint endpoint, Func<CancellationToken, Task<Stream>> connect, ScanOptions options, Action<string>? progress,
            CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        DateTimeOffset time = DateTimeOffset.UtcNow;
        using CancellationTokenSource deadline = new(options.TimeLimit);
        using Prober prober = new(connect, options, deadline.Token);
        HelloOffers offers = new(endpoint.ServerName);

        progress?.Invoke($"{endpoint}: versions and cipher suites");
        VersionProbe versions = new(prober, offers);
        (ProtocolOffer Offer, IReadOnlyList<ProbeOutcome> Answers)[] found =
            await Task.WhenAll(TlsVersions.All.Select(version => versions.RunAsync(version, cancellationToken)));
        EnsureSpeaks(endpoint, [.. found.SelectMany(static each => each.Answers)], options);

        progress?.Invoke($"{endpoint}: groups, signatures and extensions");
        ScanFacts facts = new([.. found.Select(static each => each.Offer)], [.. found.SelectMany(static each => each.Answers)]);
        TlsScan scan = await new ScanQuestions(prober, offers, facts, endpoint).AskAsync(cancellationToken);
        return scan with { Connections = prober.Connections, Duration = Stopwatch.GetElapsedTime(started), Time = time };
    }

    /// <summary>The certificate in DER; <see langword="null"/> if it can't be read.</summary>
    internal static Certificate? Read(byte[] certificate)
    {
        try
        {
            using X509Certificate2 loaded = X509CertificateLoader.LoadCertificate(certificate);
            return CertificateReader.Read(loaded);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static void EnsureSpeaks(TlsEndpoint endpoint, ProbeOutcome[] answers, ScanOptions options)
    {
        if (answers.Any(static answer => answer.End is ProbeEnd.Answered or ProbeEnd.Alerted))
        {
            return;
        }

        ProbeOutcome telling = answers.FirstOrDefault(static answer => answer.End == ProbeEnd.Garbled)
            ?? answers.FirstOrDefault(static answer => answer.End == ProbeEnd.Closed)
            ?? answers.FirstOrDefault(static answer => answer.Error is not null)
            ?? answers[^1];
        throw telling switch
        {
            { Error: WireException { IsOtherProtocol: true } } =>
                Error("TlsNotSpoken", ErrorKind.InvalidData, endpoint, $"no TLS: it {telling.Text}", telling),
            { Error: OperationCanceledException } => Error(
                "EndpointTimeout", ErrorKind.Timeout, endpoint,
                    FormattableString.Invariant(
                        $"no answer to a ClientHello within {Math.Min(options.ConnectionLimit.TotalSeconds, options.TimeLimit.TotalSeconds):0.#} s"),
                    telling),
            { Error: FoobarException } =>
                Error("EndpointUnreachable", ErrorKind.Connection, endpoint, telling.Error.Message.TrimEnd('.'), telling),
            { Error: System.Net.Sockets.SocketException } =>
                Error("EndpointUnreachable", ErrorKind.Connection, endpoint, telling.Error.Message.TrimEnd('.'), telling),
            _ => Error("TlsHandshakeFailed", ErrorKind.InvalidData, endpoint, $"no ClientHello was answered: it {telling.Text}", telling),
        };
    }

    private static FoobarException Error(string id, ErrorKind kind, TlsEndpoint endpoint, string problem, ProbeOutcome cause)
    {
        string place = endpoint.Via is null ? endpoint.ToString() : $"{endpoint.Via}: {endpoint}";
        return new FoobarException(id, kind, $"{place}: {problem}.", cause.Error)
        {
            Server = endpoint.Via,
            Recommendation = "Check the host and port, -StartTls, and that the service that ends TLS there runs.",
        };
    }
}
