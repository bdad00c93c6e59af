using Foobar.Ops.Linux;

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
    internal const string Source = "stat of the key files named in /etc/haproxy and /etc/nginx";

    /// <summary>
    /// Prints <c>MODE OWNER GROUP PATH</c> for each file with a private key that a configuration names: HAProxy's
    /// <c>crt</c> (a file or a directory, below crt-base if relative), nginx's <c>ssl_certificate_key</c>. The key itself
    /// is not read out.
    /// </summary>
    internal const string Script = """
        {
          base=$(sed -n 's/^[[:space:]]*crt-base[[:space:]]\{1,\}\([^[:space:]]*\).*/\1/p' /etc/haproxy/haproxy.cfg 2>/dev/null | head -n 1)
          sed 's/#.*//' /etc/haproxy/*.cfg /etc/haproxy/conf.d/*.cfg 2>/dev/null |
            grep -oE '[[:space:]]crt[[:space:]]+[^[:space:]]+' | while read -r _ path; do
              case $path in /*) ;; *) path=${base:-/etc/haproxy}/$path ;; esac
              if [ -d "$path" ]; then printf '%s\n' "$path"/*; else printf '%s\n' "$path"; fi
            done
          grep -rhE '^[[:space:]]*ssl_certificate_key[[:space:]]' /etc/nginx 2>/dev/null |
            sed 's/^[[:space:]]*ssl_certificate_key[[:space:]]*//; s/[[:space:]]*;.*//; s/^["'\'']//; s/["'\'']$//' | while read -r path; do
              case $path in /*) ;; *) path=/etc/nginx/$path ;; esac
              printf '%s\n' "$path"
            done
        } | sort -u | while IFS= read -r path; do
          if grep -q 'PRIVATE KEY' -- "$path" 2>/dev/null; then stat -L -c '%a %U %G %n' -- "$path"; fi
        done
        """;

    /// <summary>Reads what <see cref="Script"/> prints.</summary>
    /// <exception cref="Errors.ParseException">A line is not of that form.</exception>
    internal static IReadOnlyList<KeyFile> Parse(string text) => [.. Lines.Of(text).Select(line => ParseLine(line.Number, line.Text))];

    private static KeyFile ParseLine(int number, string line)
    {
        string[] fields = Lines.Fields(line, 4);
        return fields.Length == 4 && fields[0].Length is >= 1 and <= 5 && fields[0].All(digit => digit is >= '0' and <= '7')
            ? new KeyFile { Mode = Convert.ToInt32(fields[0], 8) & 0xFFF, Owner = fields[1], Group = fields[2], Path = fields[3] }
            : throw Lines.Unexpected(Source, number, "permission bits, owner, group and path", line);
    }
}
