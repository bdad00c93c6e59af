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
            throw new FoobarException("AuthoritiesUnreadable", ErrorKind.InvalidInput, $"{path}: the trusted authorities can't be read: {error.Message}", error)
            {
                Recommendation = "Give a file with the authorities' certificates in PEM form in policy.tls.trustedAuthorities, or leave it out to trust the system's store.",
            };
        }
    }

    /// <summary>
    /// Why a chain of exactly these certificates does not lead to a trusted authority; nothing is downloaded for it. The
    /// leaf's own dates are left out: they are judged apart.
    /// </summary>
    public IReadOnlyList<string> Problems(X509Certificate2 leaf, X509Certificate2Collection presented, DateTimeOffset time)
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

        chain.Build(leaf);
        return [.. chain.ChainElements.SelectMany((element, depth) => Problems(element, depth, time)).Distinct()];
    }

    private static IEnumerable<string> Problems(X509ChainElement element, int depth, DateTimeOffset time)
    {
        string name = element.Certificate.SubjectName.Name;
        foreach (X509ChainStatus status in element.ChainElementStatus.Where(status => status.Status is not (X509ChainStatusFlags.NoError or X509ChainStatusFlags.NotTimeValid)))
        {
            yield return status.Status switch
            {
                X509ChainStatusFlags.PartialChain => $"the issuer of '{name}' was neither presented nor is it trusted: {element.Certificate.IssuerName.Name}",
                X509ChainStatusFlags.UntrustedRoot => $"'{name}' is not a trusted authority",
                _ => $"'{name}': {status.Status}: {status.StatusInformation.Trim()}",
            };
        }

        if (depth > 0 && (time < element.Certificate.NotBefore.ToUniversalTime() || time > element.Certificate.NotAfter.ToUniversalTime()))
        {
            yield return FormattableString.Invariant($"'{name}' is valid only from {element.Certificate.NotBefore.ToUniversalTime():yyyy-MM-dd} to {element.Certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}");
        }
    }
}
