namespace Foobar.Ops.Tls.Files;

/// <summary>A place of a configuration that has a program load a certificate.</summary>
public sealed record CertificateUse
{
    /// <summary>The program: <c>HAProxy</c>, <c>nginx</c>, <c>MySQL</c>, <c>MariaDB</c>.</summary>
    public required string Program { get; init; }

    /// <summary>Where it is configured: file, line where it is known, and the directive.</summary>
    public required string Place { get; init; }

    /// <summary>The path that is named: of a file, or of a directory of files.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// Where the program serves it: <c>198.51.100.10:443</c>, <c>[::1]:443</c>, or a unix socket's path; empty where it is a client's.
    /// </summary>
    public IReadOnlyList<string> Listeners { get; init; } = [];

    /// <summary>
    /// The host names that it is served for; empty where these are the certificate's own. A leading <c>!</c> excludes one.
    /// </summary>
    public IReadOnlyList<string> ServerNames { get; init; } = [];

    /// <summary>Why what is served there can't be asked for; <see langword="null"/> if it can.</summary>
    public string? Obstacle { get; init; }

    /// <summary>Files that the configuration names for the key, or that are looked for instead of one beside the certificate.</summary>
    internal IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Whether nothing is amiss where there is no such file: the program looks for it unasked.</summary>
    internal bool IsOptional { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Program}, {Place}";
}

/// <summary>The places of a configuration, and what of it could not be followed.</summary>
internal sealed record CertificatePlaces
{
    /// <summary>The uses.</summary>
    public List<CertificateUse> Uses { get; } = [];

    /// <summary>Lists (crt-list) that name further certificates, each with the use that names it.</summary>
    public List<CertificateUse> Lists { get; } = [];

    /// <summary>Where TLS is spoken, whether or not it is known with which certificate.</summary>
    public HashSet<string> Listeners { get; } = [];

    /// <summary>What could not be followed, each with its reason.</summary>
    public List<string> Doubts { get; } = [];

    /// <summary>Adds all of another configuration.</summary>
    public CertificatePlaces With(CertificatePlaces other)
    {
        Uses.AddRange(other.Uses);
        Lists.AddRange(other.Lists);
        Listeners.UnionWith(other.Listeners);
        Doubts.AddRange(other.Doubts);
        return this;
    }
}
