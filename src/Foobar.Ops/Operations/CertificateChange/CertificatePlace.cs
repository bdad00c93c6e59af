using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Tls;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>A certificate that a program of a server loads, with the files that it loads it from.</summary>
internal sealed record CertificatePlace
{
    /// <summary>The program.</summary>
    public required CertificateProgram Program { get; init; }

    /// <summary>The file with the certificate.</summary>
    public required PlaceFile File { get; init; }

    /// <summary>The file with the key, where it is another; <see langword="null"/> if it stands with the certificate.</summary>
    public PlaceFile? KeyFile { get; init; }

    /// <summary>The certificate in it now.</summary>
    public required Certificate Leaf { get; init; }

    /// <summary>Its SHA-1 fingerprint, by which HAProxy names it, in upper case hexadecimal.</summary>
    public required string Sha1 { get; init; }

    /// <summary>Its files.</summary>
    public IEnumerable<PlaceFile> Files => KeyFile is null ? [File] : [File, KeyFile];

    /// <summary>
    /// Joins what configurations name with what lies on the server: a certificate with its key, in one file or in two; what
    /// holds no certificate, or one that can't be read, is left out and told.
    /// </summary>
    public static (IReadOnlyList<CertificatePlace> Places, IReadOnlyList<string> Doubts) Of(
        IEnumerable<CertificatePair> uses, IReadOnlyList<PlaceFile> files)
    {
        List<CertificatePlace> places = [];
        List<string> doubts = [];
        Dictionary<string, PlaceFile> known = files.ToDictionary(static file => file.Path, StringComparer.Ordinal);
        foreach (CertificatePair use in uses.DistinctBy(static use => (use.Program, use.Certificate, string.Join('\n', use.Keys))))
        {
            foreach (PlaceFile file in Named(use, files))
            {
                PlaceFile? key = file.HasKey ? null : KeyOf(use, file, known);
                if (file.Certificates.Count == 0)
                {
                    continue;
                }

                if (key is null && !file.HasKey)
                {
                    doubts.Add($"{file.Path}: the certificate's key was not found");
                    continue;
                }

                Add(places, doubts, use, file, key);
            }
        }

        return (places, doubts);
    }

    private static void Add(List<CertificatePlace> places, List<string> doubts, CertificatePair use, PlaceFile file, PlaceFile? key)
    {
        try
        {
            using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(file.Certificates[0]);
            places.Add(new CertificatePlace
            {
                Program = use.Program,
                File = file,
                KeyFile = key,
                Leaf = CertificateReader.Read(leaf),
                Sha1 = leaf.GetCertHashString(HashAlgorithmName.SHA1),
            });
        }
        catch (CryptographicException error)
        {
            doubts.Add($"{file.Path}: its certificate can't be read: {error.Message}");
        }
    }

    private static IEnumerable<PlaceFile> Named(CertificatePair use, IReadOnlyList<PlaceFile> files)
    {
        string folder = use.Certificate + "/";
        return files.Where(file => file.Path == use.Certificate
            || (use.Program == CertificateProgram.Haproxy && file.Path.StartsWith(folder, StringComparison.Ordinal)
                && !file.Path[folder.Length..].Contains('/', StringComparison.Ordinal)
                && CertificatePairs.IsCertificate(file.Path[folder.Length..])));
    }

    private static PlaceFile? KeyOf(CertificatePair use, PlaceFile file, Dictionary<string, PlaceFile> known) =>
        use.Keys.Append(file.Path + ".key")
            .Select(path => known.GetValueOrDefault(path))
            .FirstOrDefault(static candidate => candidate is { HasKey: true });
}
