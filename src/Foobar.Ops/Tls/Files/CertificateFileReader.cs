using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Foobar.Ops.Linux;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tls.Files;

/// <summary>A file that was read.</summary>
/// <param name="Named">The path that a configuration names.</param>
/// <param name="Path">The file: that path, one in that directory, or one of the bundle of that name.</param>
/// <param name="Certificates">What it holds, in its order; empty for none that can be read.</param>
internal sealed record ReadCertificateFile(string Named, string Path, IReadOnlyList<Certificate> Certificates);

/// <summary>Reads the certificates of files, and nothing else of them: a private key beside them never leaves its server.</summary>
internal static class CertificateFileReader
{
    /// <summary>What they are read from.</summary>
    public const string Source = "the certificate files that the configurations name";

    /// <summary>
    /// Prints, for each path given, <c>== PATH</c>, then for each file that it stands for <c>-- FILE</c> and the certificates in
    /// it: for the file itself, else for its bundle by kind of key (HAProxy, 3.1 ssl-load-extra-files), or for each file
    /// that HAProxy loads from a directory (5.1 crt).
    /// </summary>
    internal const string Script = """
        show() {
          printf -- '-- %s\n' "$1"
          awk '/^-----BEGIN /{ p = /-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----/ } p { print } /^-----END /{ p = 0 }' "$1"
        }
        for path in "$@"; do
          printf '== %s\n' "$path"
          if [ -d "$path" ]; then
            for file in "$path"/*; do
              case $file in *.key|*.ocsp|*.sctl|*.issuer) continue ;; esac
              [ ! -f "$file" ] || show "$file"
            done
          elif [ -e "$path" ]; then show "$path"
          else
            for kind in rsa ecdsa dsa; do [ ! -e "$path.$kind" ] || show "$path.$kind"; done
          fi
        done
        """;

    /// <summary>What decides it: the files, those in the directories, and the bundles.</summary>
    internal static CommandSources SourcesOf(IEnumerable<string> paths) =>
        new(paths.SelectMany(static path => (string[])[path, $"{path.TrimEnd('/')}/*", $"{path}.rsa", $"{path}.ecdsa", $"{path}.dsa"]));

    private const string NamedMark = "== ", FileMark = "-- ";

    /// <summary>Reads what <see cref="Script"/> prints: each path that is named, with its files.</summary>
    public static IReadOnlyList<(string Named, IReadOnlyList<ReadCertificateFile> Files)> Parse(string text)
    {
        List<(string Named, List<(string Path, StringBuilder Text)> Files)> read = [];
        foreach ((_, string line) in Lines.Of(text))
        {
            if (line.StartsWith(NamedMark, StringComparison.Ordinal))
            {
                read.Add((line[NamedMark.Length..], []));
            }
            else if (line.StartsWith(FileMark, StringComparison.Ordinal) && read.Count > 0)
            {
                read[^1].Files.Add((line[FileMark.Length..], new StringBuilder()));
            }
            else if (read.Count > 0 && read[^1].Files.Count > 0)
            {
                read[^1].Files[^1].Text.Append(line).Append('\n');
            }
        }

        return
        [
            .. read.Select(
                one =>
                    (one.Named, (IReadOnlyList<ReadCertificateFile>)
                    [
                        .. one.Files.Select(file => new ReadCertificateFile(one.Named, file.Path, Certificates($"{file.Text}"))),
                    ])),
        ];
    }

    /// <summary>The certificates of a text in PEM form; none where one of them can't be read.</summary>
    private static IReadOnlyList<Certificate> Certificates(string pem)
    {
        X509Certificate2Collection certificates = [];
        try
        {
            certificates.ImportFromPem(pem.Replace("X509 CERTIFICATE", "CERTIFICATE", StringComparison.Ordinal));
            return [.. certificates.Select(CertificateReader.Read)];
        }
        catch (CryptographicException)
        {
            return [];
        }
        finally
        {
            foreach (X509Certificate2 certificate in certificates)
            {
                certificate.Dispose();
            }
        }
    }
}
