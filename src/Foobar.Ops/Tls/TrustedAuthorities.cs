using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Tls;

/// <summary>The authorities a chain must lead to: those of the system, or those of a PEM file.</summary>
public sealed class TrustedAuthorities
{
    private readonly X509Certificate2Collection? _roots;

    private TrustedAuthorities(X509Certificate2Collection? roots) => _roots = roots;

    /// <summary>The system's own store.</summary>
    public static TrustedAuthorities System { get; } = new(null);

    /// <summary>Those of a PEM file, or the system's where there is none.</summary>
    /// <exception cref="FoobarException"><c>AuthoritiesUnreadable</c>: the file is missing or holds no certificate.</exception>
    public static TrustedAuthorities From(string? path)
    {
        if (path is null)
        {
            return System;
        }

        try
        {
            X509Certificate2Collection roots = [];
            roots.ImportFromPemFile(path);
            return roots.Count > 0 ? new(roots) : throw new CryptographicException("it holds no certificate in PEM form");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new FoobarException(
                "AuthoritiesUnreadable", ErrorKind.InvalidInput, $"{path}: the trusted authorities can't be read: {error.Message}", error)
            {
                Recommendation =
                    "Give a file with the authorities' certificates in PEM form in policy.tls.trustedAuthorities, or leave it out to trust "
                        + "the system's store.",
            };
        }
    }

    /// <summary>Those of a text in PEM form; <see langword="null"/> if it holds no certificate that can be read.</summary>
    internal static TrustedAuthorities? FromText(string pem)
    {
        try
        {
            X509Certificate2Collection roots = [];
            roots.ImportFromPem(pem);
            return roots.Count > 0 ? new(roots) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Why a chain of the certificates presented does not lead to a trusted authority.</summary>
    public IReadOnlyList<string> Problems(X509Certificate2 leaf, X509Certificate2Collection presented, DateTimeOffset time) =>
        Build(leaf, presented, time).Problems;

    /// <summary>
    /// The chain of the certificates presented to a trusted authority, and why it does not lead to one (RFC 8446, 4.4.2: each
    /// certificate but the root must be presented). The platform also looks for missing ones in its stores, so what it found
    /// there is told as missing. Nothing is downloaded. The leaf's own dates are left out: they are judged apart.
    /// </summary>
    internal BuiltChain Build(X509Certificate2 leaf, X509Certificate2Collection presented, DateTimeOffset time)
    {
        BuiltChain whole = BuildOf(leaf, presented, time);
        if (whole.Problems.Count == 0)
        {
            return whole;
        }

        // One that is out of date and not needed does no harm: an old cross-signed root beside a newer trusted one.
        X509Certificate2Collection current = [.. presented.Where(certificate => IsValidAt(certificate, time))];
        return current.Count < presented.Count && BuildOf(leaf, current, time) is { Problems.Count: 0 } other ? other : whole;
    }

    private BuiltChain BuildOf(X509Certificate2 leaf, X509Certificate2Collection presented, DateTimeOffset time)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        chain.ChainPolicy.VerificationTime = time.UtcDateTime;
        chain.ChainPolicy.ExtraStore.AddRange(presented);
        if (_roots is not null)
        {
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(_roots);
        }

        try
        {
            chain.Build(leaf);
        }
        catch (CryptographicException error)
        {
            // A key of a kind that the platform's library does not know.
            return new BuiltChain
            {
                Certificates = [CertificateReader.Read(leaf)],
                Missing = [],
                Problems = [$"this system can't verify '{leaf.SubjectName.Name}': {error.Message}"],
                IsUndecided = true,
            };
        }

        X509Certificate2[] path = [.. chain.ChainElements.Select(element => element.Certificate)];
        (string Name, string Of)[] missing = [.. Missing(path, presented)];
        Certificate[] certificates = [.. path.Select(CertificateReader.Read)];
        string[] misused = [.. CertificatePurpose.Problems(path)];
        return new BuiltChain
        {
            Certificates = certificates,
            Missing =
            [
                .. missing.Select(one => one.Name),
                .. chain.ChainElements.Where(IsPartial).Select(element => element.Certificate.IssuerName.Name),
            ],
            Problems =
            [
                .. missing.Select(
                    one =>
                        $"the issuer of '{one.Of}' was neither presented nor is it a trusted root: "
                            + $"{one.Name} was found on this machine only"),
                .. chain.ChainElements.SelectMany((element, depth) => Problems(element, depth, time)).Distinct(),
                .. misused,
            ],

            // The platform's library refuses what it does not know, which proves nothing.
            IsUndecided = misused.Length == 0 && chain.ChainElements.Any(IsUnverified) && certificates.Any(IsOfNewKind),
        };
    }

    private static bool IsPartial(X509ChainElement element) =>
        element.ChainElementStatus.Any(static status => status.Status == X509ChainStatusFlags.PartialChain);

    private static bool IsUnverified(X509ChainElement element) =>
        element.ChainElementStatus.Any(
            static status => status.Status is not (X509ChainStatusFlags.NoError or X509ChainStatusFlags.NotTimeValid));

    private static bool IsOfNewKind(Certificate certificate) =>
        AlgorithmNames.IsQuantumSafe(certificate.SignatureAlgorithm) || AlgorithmNames.IsQuantumSafe(certificate.KeyAlgorithm);

    /// <summary>
    /// The names of the certificates between leaf and root that the platform took from elsewhere, each with what it issued.
    /// </summary>
    private static IEnumerable<(string Name, string Of)> Missing(X509Certificate2[] path, X509Certificate2Collection presented) =>
        from depth in Enumerable.Range(1, Math.Max(0, path.Length - 1))
        let certificate = path[depth]
        let isRoot = depth == path.Length - 1 && certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData)
        where !isRoot && !presented.Any(one => IsSameAuthority(one, certificate))
        select (certificate.SubjectName.Name, path[depth - 1].SubjectName.Name);

    // Another certificate of the same authority and key (cross-signed, renewed) closes the chain as well.
    private static bool IsSameAuthority(X509Certificate2 one, X509Certificate2 other) =>
        one.SubjectName.RawData.AsSpan().SequenceEqual(other.SubjectName.RawData)
            && one.GetPublicKey().AsSpan().SequenceEqual(other.GetPublicKey());

    private static bool IsValidAt(X509Certificate2 certificate, DateTimeOffset time) =>
        time >= certificate.NotBefore.ToUniversalTime() && time <= certificate.NotAfter.ToUniversalTime();

    private static IEnumerable<string> Problems(X509ChainElement element, int depth, DateTimeOffset time)
    {
        string name = element.Certificate.SubjectName.Name;
        foreach (X509ChainStatus status in element.ChainElementStatus.Where(
            status => status.Status is not (X509ChainStatusFlags.NoError or X509ChainStatusFlags.NotTimeValid)))
        {
            yield return status.Status switch
            {
                X509ChainStatusFlags.PartialChain =>
                    $"the issuer of '{name}' was neither presented nor is it trusted: {element.Certificate.IssuerName.Name}",
                X509ChainStatusFlags.UntrustedRoot => $"'{name}' is not a trusted authority",
                _ => $"'{name}': {status.Status}: {status.StatusInformation.Trim()}",
            };
        }

        if (depth > 0 && (time < element.Certificate.NotBefore.ToUniversalTime() || time > element.Certificate.NotAfter.ToUniversalTime()))
        {
            yield return FormattableString.Invariant(
                $"'{name}' is valid only from {element.Certificate.NotBefore.ToUniversalTime():yyyy-MM-dd} to {element.Certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}");
        }
    }
}
