using Foobar.Ops.Errors;
using Foobar.Ops.Tls.Http;
using Foobar.Ops.Tls.Rating;

namespace Foobar.Ops.Tls.Scan;

/// <summary>A scan of one endpoint with what stands on TLS: what it answers to visitors, whom its certificate is trusted by, its
/// grade.</summary>
/// <param name="endpoint">The endpoint.</param>
/// <param name="options">How to go about it.</param>
/// <param name="connect">Opens a stream to a port of its host.</param>
/// <param name="authorities">A PEM file of the authorities to trust instead of the system's; <see langword="null"/> for those.</param>
public sealed class EndpointScan(
    TlsEndpoint endpoint, ScanOptions options, Func<int, CancellationToken, Task<Stream>> connect, string? authorities)
{
    /// <summary>The endpoint.</summary>
    public TlsEndpoint Endpoint => endpoint;

    /// <summary>Whether nothing is known to listen for plain HTTP there.</summary>
    public bool IsPlainClosed { get; init; }

    /// <summary>Scans it.</summary>
    /// <param name="progress">Told what is being asked.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException">As <see cref="TlsScanner.ScanAsync"/>.</exception>
    public async Task<TlsScan> RunAsync(Action<string>? progress, CancellationToken cancellationToken)
    {
        TlsScan scan = await TlsScanner.ScanAsync(endpoint, ConnectAsync, options, progress, cancellationToken);
        if (options.StartTls == StartTls.None && endpoint.Audience == EndpointAudience.Visitors)
        {
            progress?.Invoke($"{endpoint}: HTTP");
            scan = scan with { Http = await HttpReader.ReadAsync(endpoint, connect, IsPlainClosed, cancellationToken) };
        }

        (ServedCertificate? served, string? untold) = await LookAsync(cancellationToken);
        (ServerGrade? grade, string? problem) = ServerGrader.Grade(scan, served, untold);
        return scan with { Grade = grade, GradeReasons = grade?.Reasons ?? [problem!] };
    }

    private async Task<(ServedCertificate? Served, string? Untold)> LookAsync(CancellationToken cancellationToken)
    {
        if (options.StartTls != StartTls.None)
        {
            return (null, "TLS is begun in another protocol");
        }

        try
        {
            ServedCertificate served = await CertificateProbe.LookAsync(
                endpoint, ConnectAsync, TrustedAuthorities.From(authorities), CertificateProbe.DefaultTimeLimit, cancellationToken);
            return (served, null);
        }
        catch (FoobarException error) when (error.ErrorId != "ConnectionLost")
        {
            return (null, error.Message.TrimEnd('.'));
        }
    }

    private Task<Stream> ConnectAsync(CancellationToken cancellationToken) => connect(endpoint.Port, cancellationToken);
}
