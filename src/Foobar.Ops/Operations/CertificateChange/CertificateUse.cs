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

/// <summary>That a program's configuration names a certificate.</summary>
/// <param name="Program">The program.</param>
/// <param name="Certificate">The file with the certificate, or a directory of such files.</param>
/// <param name="Keys">The files of which the first that is there holds the key, unless it stands with the certificate.</param>
internal sealed record CertificateUse(CertificateProgram Program, string Certificate, IReadOnlyList<string> Keys);

/// <summary>What a configuration says of certificates.</summary>
internal sealed record CertificateUses
{
    /// <summary>The certificates named.</summary>
    public List<CertificateUse> Uses { get; } = [];

    /// <summary>Lists of certificates (crt-list) that name further ones.</summary>
    public List<string> Lists { get; } = [];

    /// <summary>The TCP ports at which TLS is spoken.</summary>
    public HashSet<int> Ports { get; } = [];

    /// <summary>What could not be followed to a file, each with its reason.</summary>
    public List<string> Doubts { get; } = [];
}
