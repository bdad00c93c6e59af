using Foobar.Ops.Linux;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tls;

/// <summary>A file on a server that holds a private key.</summary>
public sealed record KeyFile
{
    /// <summary>The path.</summary>
    public required string Path { get; init; }

    /// <summary>The permission bits, as a number: 0600 is 384.</summary>
    public required int Mode { get; init; }

    /// <summary>The owner.</summary>
    public required string Owner { get; init; }

    /// <summary>The group.</summary>
    public required string Group { get; init; }

    /// <summary>The permission bits as chmod(1) writes them: <c>0640</c>.</summary>
    public string Permissions => "0" + Convert.ToString(Mode, 8).PadLeft(3, '0');

    /// <summary>What this is read from.</summary>
    internal const string Source = "stat of the key files that the configurations of HAProxy, nginx and the database name";

    /// <summary>What a line about a path begins with where nothing is.</summary>
    internal const string MissingMark = "missing ";

    /// <summary>
    /// Prints <c>MODE OWNER GROUP PATH</c> for each of the files given, or in the directories given, that holds a private
    /// key in PEM form, and <c>missing PATH</c> for a path where nothing is. The key itself is not read out.
    /// </summary>
    internal const string Script = """
        for path in "$@"; do
          if [ -d "$path" ]; then
            for file in "$path"/*; do [ ! -f "$file" ] || printf '%s\n' "$file"; done
          elif [ -e "$path" ]; then printf '%s\n' "$path"
          else printf 'missing %s\n' "$path"; fi
        done | sort -u | while IFS= read -r path; do
          case $path in 'missing '*) printf '%s\n' "$path"; continue ;; esac
          if grep -q 'PRIVATE KEY' -- "$path"; then stat -L -c '%a %U %G %n' -- "$path"; fi
        done
        """;

    /// <summary>What decides it: the files, those in the directories, and the names of owners.</summary>
    internal static CommandSources SourcesOf(IEnumerable<string> paths) =>
        new([.. paths.Distinct().SelectMany(static path => (string[])[path, $"{path.TrimEnd('/')}/*"]), "/etc/passwd", "/etc/group"]);

    /// <summary>Reads what <see cref="Script"/> prints.</summary>
    /// <exception cref="Errors.ParseException">A line is not of that form.</exception>
    internal static IReadOnlyList<KeyFile> Parse(string text) =>
        [
            .. Lines.Of(text)
                .Where(line => !line.Text.StartsWith(MissingMark, StringComparison.Ordinal))
                .Select(line => ParseLine(line.Number, line.Text)),
        ];

    private static KeyFile ParseLine(int number, string line)
    {
        string[] fields = Lines.Fields(line, 4);
        return fields.Length == 4 && fields[0].Length is >= 1 and <= 5 && fields[0].All(digit => digit is >= '0' and <= '7')
            ? new KeyFile { Mode = Convert.ToInt32(fields[0], 8) & 0xFFF, Owner = fields[1], Group = fields[2], Path = fields[3] }
            : throw Lines.Unexpected(Source, number, "permission bits, owner, group and path", line);
    }
}
