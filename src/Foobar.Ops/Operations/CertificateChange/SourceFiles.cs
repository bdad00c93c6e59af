namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>The files that a certificate is read from, found by what an operator named and by the layouts of ACME clients.</summary>
/// <param name="Certificate">The file with the certificate, and perhaps all the rest.</param>
/// <param name="Key">The file with the key, if it is another.</param>
/// <param name="Others">Files beside it that may hold intermediates.</param>
internal sealed record SourceFiles(string Certificate, string? Key, IReadOnlyList<string> Others)
{
    /// <summary>All of them, the certificate's first.</summary>
    public IEnumerable<string> All => ((IEnumerable<string>)[Certificate, .. Others, .. Key is null ? (string[])[] : [Key]]).Distinct();

    /// <summary>
    /// Finds them: a file, with the key and the intermediates that clients put beside it; or a directory: certbot's
    /// <c>live/NAME</c>, acme.sh's <c>NAME</c> or <c>NAME_ecc</c>, lego's <c>certificates</c>.
    /// </summary>
    /// <param name="path">What was named.</param>
    /// <param name="keyPath">The key's file; <see langword="null"/> to look beside.</param>
    /// <param name="name">Which certificate of a directory that holds several.</param>
    /// <exception cref="Errors.FoobarException"><c>CertificateFileUnreadable</c>: there is no such file, or a directory of another
    /// layout.</exception>
    public static SourceFiles Find(string path, string? keyPath, string? name)
    {
        string file = Directory.Exists(path) ? InDirectory(path, name) : path;
        return File.Exists(file)
            ? new SourceFiles(file, keyPath ?? KeyBeside(file), [.. Beside(file, ["chain.pem", "ca.cer"], ".issuer.crt")])
            : throw ChangeErrors.Unreadable(path, "there is no such file or directory");
    }

    private static string InDirectory(string directory, string? name)
    {
        // lego keeps its certificates in a folder of its own folder.
        string inner = Path.Combine(directory, "certificates");
        string folder = Directory.Exists(inner) ? inner : directory;
        string[] legos =
        [
            .. Directory.GetFiles(folder, "*.crt")
                .Where(static file => !file.EndsWith(".issuer.crt", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ];
        string[] candidates =
        [
            .. name is null
                ? (string[])[]
                : [
                    Path.Combine(folder, name + ".crt"),
                    Path.Combine(folder, name, "fullchain.pem"),
                    Path.Combine(folder, name, "fullchain.cer"),
                    Path.Combine(folder, name + "_ecc", "fullchain.cer"),
                ],
            .. name is null ? (string[])[Path.Combine(folder, "fullchain.pem"), Path.Combine(folder, "fullchain.cer")] : [],
            .. name is null && legos.Length == 1 ? legos : [],
        ];
        return candidates.FirstOrDefault(File.Exists) ?? throw ChangeErrors.Unreadable(
            directory,
            legos.Length > 1 && name is null
                ? $"it holds several certificates ({string.Join(", ", legos.Select(Path.GetFileNameWithoutExtension))}); say which with "
                    + "-CertificateName"
                : "it holds no certificate in the layout of certbot (fullchain.pem, privkey.pem), acme.sh (fullchain.cer, NAME.key) or "
                    + "lego (NAME.crt, NAME.key)");
    }

    private static string? KeyBeside(string file)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        string stem = Path.Combine(folder, Path.GetFileNameWithoutExtension(file));
        string[] keys = Path.GetExtension(file) == ".cer" ? Directory.GetFiles(folder, "*.key") : [];
        return ((IEnumerable<string>)[Path.Combine(folder, "privkey.pem"), stem + ".key", file + ".key", .. keys.Length == 1 ? keys : []])
            .Where(candidate => Path.GetFileName(candidate) != "privkey.pem" || Path.GetFileName(file) is "fullchain.pem" or "cert.pem")
            .FirstOrDefault(File.Exists);
    }

    private static IEnumerable<string> Beside(string file, string[] names, string extension)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        bool isOfClient = Path.GetFileName(file) is "cert.pem" or "fullchain.pem" or "fullchain.cer" || Path.GetExtension(file) == ".cer";
        return names.Where(_ => isOfClient).Select(name => Path.Combine(folder, name))
            .Append(Path.Combine(folder, Path.GetFileNameWithoutExtension(file) + extension)).Where(File.Exists);
    }
}
