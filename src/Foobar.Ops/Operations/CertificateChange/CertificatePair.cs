using System.Globalization;
using Foobar.Ops.Tls.Files;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>A program that serves certificates.</summary>
internal enum CertificateProgram
{
    /// <summary>HAProxy.</summary>
    Haproxy,

    /// <summary>nginx.</summary>
    Nginx,

    /// <summary>MySQL or MariaDB.</summary>
    Database,
}

/// <summary>A certificate that a program's configuration names, with the places of its key.</summary>
/// <param name="Program">The program.</param>
/// <param name="Certificate">The file with the certificate, or a directory of such files.</param>
/// <param name="Keys">The files of which the first that is there holds the key, unless it stands with the certificate.</param>
internal sealed record CertificatePair(CertificateProgram Program, string Certificate, IReadOnlyList<string> Keys);

/// <summary>What a server's configurations say of certificates, as a change needs it.</summary>
internal sealed record CertificatePairs
{
    // Bundles by kind of key: FILE.rsa, FILE.ecdsa (HAProxy Configuration Manual, 3.1 ssl-load-extra-files).
    private static readonly string[] Bundles = ["", ".rsa", ".ecdsa", ".dsa"];

    // HAProxy takes no file of a directory for a certificate that ends so.
    private static readonly string[] Companions = [".key", ".issuer", ".ocsp", ".sctl"];

    /// <summary>The certificates named.</summary>
    public List<CertificatePair> All { get; } = [];

    /// <summary>The TCP ports at which TLS is spoken.</summary>
    public HashSet<int> Ports { get; } = [];

    /// <summary>What could not be followed to a file, each with its reason.</summary>
    public List<string> Doubts { get; } = [];

    /// <summary>Whether HAProxy loads a file of a directory as a certificate.</summary>
    public static bool IsCertificate(string name) =>
        !name.StartsWith('.') && !Companions.Any(end => name.EndsWith(end, StringComparison.Ordinal));

    /// <summary>Takes what a program's configuration names.</summary>
    public CertificatePairs With(CertificateProgram program, CertificatePlaces places)
    {
        foreach (CertificateUse use in places.Uses)
        {
            if (use.Keys.FirstOrDefault(IsNoFile) is { } key)
            {
                Doubts.Add($"{use}: the key {key} is not kept in a file that is known");
            }
            else
            {
                All.AddRange(program == CertificateProgram.Haproxy
                    ? Bundles.Select(bundle => new CertificatePair(program, use.Path + bundle, [.. use.Keys, $"{use.Path}{bundle}.key"]))
                    : [new CertificatePair(program, use.Path, use.Keys)]);
            }
        }

        Ports.UnionWith(places.Listeners.Select(PortOf).OfType<int>());
        Doubts.AddRange(places.Doubts);
        return this;
    }

    // A variable, or what a module of the program keeps: store:..., engine:...
    private static bool IsNoFile(string path) => !path.StartsWith('/') || path.Contains('$', StringComparison.Ordinal);

    private static int? PortOf(string listener) =>
        !listener.StartsWith('/')
            && int.TryParse(listener[(listener.LastIndexOf(':') + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            ? port
            : null;
}
