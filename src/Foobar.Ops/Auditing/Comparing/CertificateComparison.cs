using System.Globalization;
using Foobar.Ops.Findings;
using Foobar.Ops.Tls;

namespace Foobar.Ops.Auditing;

/// <summary>
/// Compares the certificates that endpoints serve, by what a reader asks of them: who issued it, for whom, until when, with which key.
/// </summary>
internal static class CertificateComparison
{
    /// <summary>One difference an endpoint and aspect.</summary>
    public static IEnumerable<SnapshotDifference> Compare(Snapshot before, Snapshot after) =>
        SiteComparison.Pairs<CertificateFacts>(before, after).SelectMany(pair => SiteComparison.Named(
            DifferenceKind.Certificate, pair.Server, pair.Before.Endpoints.SelectMany(Aspects), pair.After.Endpoints.SelectMany(Aspects)));

    private static IEnumerable<(string Name, string Text)> Aspects(EndpointAnswer answer)
    {
        Reading<ServedCertificate> reading = answer.Certificate;
        string endpoint = reading.Value?.Target ?? answer.Endpoint.ToString();
        if (!reading.TryGet(out ServedCertificate? served))
        {
            return [($"{endpoint} answer", $"none: {reading.Failure}")];
        }

        Certificate leaf = served.Leaf;
        return
        [
            ($"{endpoint} subject", leaf.Subject),
            ($"{endpoint} issuer", leaf.Issuer),
            ($"{endpoint} names", string.Join(' ', leaf.DnsNames.Concat(leaf.IpAddresses).Order(StringComparer.Ordinal))),
            ($"{endpoint} expires", leaf.NotAfter.ToUniversalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)),
            ($"{endpoint} key", string.Create(
                CultureInfo.InvariantCulture, $"{leaf.KeyAlgorithm} {leaf.KeySizeBits} bits, signed with {leaf.SignatureAlgorithm}")),
            ($"{endpoint} certificate", $"SHA-256 {leaf.Sha256Fingerprint}"),
            ($"{endpoint} chain", served.IsTrusted ? "trusted" : string.Join("; ", served.ChainProblems)),
        ];
    }
}
