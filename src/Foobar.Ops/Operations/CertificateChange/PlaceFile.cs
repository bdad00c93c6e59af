using Foobar.Ops.Errors;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>A file of a server that a configuration names for a certificate or a key. A key in it is never read out.</summary>
internal sealed record PlaceFile
{
    /// <summary>The path as it is named.</summary>
    public required string Path { get; init; }

    /// <summary>What it leads to.</summary>
    public required string RealPath { get; init; }

    /// <summary>The path is a link, or lies in a linked directory: where the last link leads to; empty for none.</summary>
    public string Link { get; init; } = "";

    /// <summary>Permission bits, owner and group: <c>600 root root</c>.</summary>
    public required string Access { get; init; }

    /// <summary>Whether a private key stands in it.</summary>
    public bool HasKey { get; init; }

    /// <summary>Files beside it that belong to one certificate alone: an OCSP response, timestamps of logs.</summary>
    public IReadOnlyList<string> Extras { get; init; } = [];

    /// <summary>The certificates in it, in DER.</summary>
    public IReadOnlyList<byte[]> Certificates { get; init; } = [];

    /// <summary>Whether certbot keeps it: it replaces such files itself, and counts them.</summary>
    public bool IsOfCertbot => Link.Contains("/archive/", StringComparison.Ordinal) && Path.Contains("/live/", StringComparison.Ordinal);

    /// <summary>What is read, as errors name it.</summary>
    internal const string Source = "the certificate files that HAProxy's and nginx's configurations name";

    /// <summary>
    /// Prints of each file given, or of each file in a directory given: its path, what it leads to, its access, whether a key
    /// stands in it, and its certificates. Nothing of a file that is not there.
    /// </summary>
    internal const string Script = """
        for path in "$@"; do
          if [ -d "$path" ]; then
            for file in "$path"/*; do [ ! -f "$file" ] || printf '%s\n' "$file"; done
          elif [ -f "$path" ]; then printf '%s\n' "$path"; fi
        done | sort -u | while IFS= read -r path; do
          printf '@file %s\n@real %s\n' "$path" "$(readlink -f -- "$path")"
          [ ! -L "$path" ] || printf '@link %s\n' "$(readlink -- "$path")"
          printf '@stat %s\n' "$(stat -L -c '%a %U %G' -- "$path")"
          if grep -q 'PRIVATE KEY-----' -- "$path"; then echo '@key'; fi
          for extra in ocsp sctl issuer; do [ ! -e "$path.$extra" ] || printf '@extra %s\n' "$path.$extra"; done
          sed -n '/-----BEGIN CERTIFICATE-----/,/-----END CERTIFICATE-----/p' -- "$path"
        done
        """;

    /// <summary>Reads what <see cref="Script"/> prints.</summary>
    /// <exception cref="ParseException">It is not of that form.</exception>
    internal static IReadOnlyList<PlaceFile> Parse(string text) =>
        [.. text.Split("@file ", StringSplitOptions.RemoveEmptyEntries).Select(static (part, index) => One(part, index + 1))];

    private static PlaceFile One(string text, int number)
    {
        string[] lines = text.Split('\n');
        string? Word(string mark) => Array.Find(lines, line => line.StartsWith(mark, StringComparison.Ordinal))?[mark.Length..];
        if (Word("@real ") is not { Length: > 0 } real || Word("@stat ") is not { Length: > 0 } access)
        {
            throw Lines.Unexpected(Source, number, "a path, what it leads to and its access", lines[0]);
        }

        return new PlaceFile
        {
            Path = lines[0],
            RealPath = real,
            Link = Word("@link ") ?? "",
            Access = access,
            HasKey = lines.Contains("@key"),
            Extras =
            [
                .. lines.Where(static line => line.StartsWith("@extra ", StringComparison.Ordinal))
                    .Select(static line => line["@extra ".Length..]),
            ],
            Certificates = [.. PemBlocks.Read(text).Where(static block => block.IsCertificate).Select(PemBlocks.Content).OfType<byte[]>()],
        };
    }
}
