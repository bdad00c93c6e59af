using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting.Drivers;
using Foobar.Ops.Tls.Scan.Probing;
using Foobar.Ops.Tls.Scan.Registry;

namespace Foobar.Ops.Tls;

/// <summary>
/// Looks at an endpoint that takes no group but those with ML-KEM, which the platform's library may not know: by a whole
/// handshake of TLS 1.3 in all groups that the driver has.
/// </summary>
internal static class QuantumLook
{
    /// <summary>What the endpoint serves; <see langword="null"/> if it does not take such a handshake either.</summary>
    public static async Task<ServedCertificate?> TryAsync(
        TlsEndpoint endpoint, Func<CancellationToken, Task<Stream>> connect, TrustedAuthorities authorities, TimeSpan timeLimit,
        CancellationToken cancellationToken)
    {
        WholeOffer offer = new()
        {
            IsTls13 = true,
            Suites = HelloOffers.OfVersion(TlsVersion.Tls13),
            Groups = HelloOffers.GroupsOf(TlsVersion.Tls13),
            ServerName = endpoint.ServerName,
        };
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeLimit);
        try
        {
            await using Stream stream = await connect(limit.Token);
            WholeHandshake seen = await LoadedDrivers.Tls.ShakeHandsAsync(stream, offer, limit.Token);
            return seen.Certificates.Count == 0 ? null : Describe(endpoint, seen, authorities);
        }
        catch (Exception error) when (
            error is IOException or SocketException or CryptographicException or FoobarException
                || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The platform's own handshake has told what is wrong.
            return null;
        }
    }

    private static ServedCertificate Describe(TlsEndpoint endpoint, WholeHandshake seen, TrustedAuthorities authorities)
    {
        using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(seen.Certificates[0]);
        X509Certificate2[] presented = [.. seen.Certificates.Skip(1).Select(X509CertificateLoader.LoadCertificate)];
        try
        {
            return ServedCertificate.Describe(endpoint, leaf, [.. presented], authorities) with
            {
                Protocol = "Tls13", StapleProblem = seen.HasStatus ? "one came in a handshake that does not show it" : null,
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
