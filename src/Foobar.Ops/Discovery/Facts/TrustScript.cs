using Foobar.Ops.Linux;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Discovery.Facts;

/// <summary>Reads whom programs trust: the certificates of files of authorities, and settings of units' programs that verify.</summary>
internal static class TrustScript
{
    /// <summary>What authorities are read from, as evidence names it.</summary>
    public const string AuthoritiesSource = "the files of authorities that configurations name";

    /// <summary>What settings are read from, as evidence names it.</summary>
    public const string VerifyingSource = "the files that the units' command lines name";

    // Only blocks of certificates leave the server, whatever else is in the file.
    private const string AuthoritiesText = """
        for path in "$@"; do
          [ -f "$path" ] || continue
          printf '\n==> %s\n' "$path"
          awk '/^-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----/{ p = 1 } p { print } /^-----END /{ p = 0 }' "$path"
        done
        """;

    // The settings of the usual drivers: MySQL's own clients (ssl-mode), Connector/J (sslMode, verifyServerCertificate),
    // PyMySQL and mysqlclient (ssl_verify_cert, ssl_verify_identity), PHP (MYSQL_ATTR_SSL_VERIFY_SERVER_CERT), Node (rejectUnauthorized).
    // Of a line only the setting itself leaves the server.
    private const string VerifyingText = """
        export LC_ALL=C SYSTEMD_COLORS=0
        for unit in "$@"; do
          printf '\n==> %s\n' "$unit"
          systemctl show --no-pager --property=ExecStart,EnvironmentFiles -- "$unit" 2>/dev/null | tr ' ;={}' '\n\n\n\n\n' | grep '^/' | sort -u | while IFS= read -r file; do
            { [ -f "$file" ] && [ "$(stat -L -c %s -- "$file")" -le 1000000 ]; } || continue
            grep -Ino -E 'ssl[-_]?mode["'\'' ]*[=:]["'\'' ]*VERIFY_(CA|IDENTITY)|sslMode=VERIFY_(CA|IDENTITY)|ssl_verify_(cert|identity)["'\'' ]*[=:] *(True|true|1)|verifyServerCertificate=true|MYSQL_ATTR_SSL_VERIFY_SERVER_CERT["'\'' ]*(=>|:) *(true|1)|rejectUnauthorized["'\'' ]*: *true' -- "$file" | head -n 5 | sed "s|^|$file:|"
          done
        done
        """;

    /// <summary>The command that prints files of authorities.</summary>
    public static RemoteCommand Authorities(IEnumerable<string> paths) =>
        RemoteCommand.FromScript(AuthoritiesText, paths) with { Privileged = true };

    /// <summary>The command that prints the verifying settings of units.</summary>
    public static RemoteCommand Verifying(IEnumerable<string> units) =>
        RemoteCommand.FromScript(VerifyingText, units) with { Privileged = true };

    /// <summary>Reads the files of authorities.</summary>
    public static IReadOnlyList<AuthorityFile> ParseAuthorities(string text) =>
        [
            .. Sections.Parse(text)
                .Where(static section => section.Value.Contains("-----END", StringComparison.Ordinal))
                .Select(static section => new AuthorityFile(section.Key, section.Value)),
        ];

    /// <summary>Reads the settings, by unit.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> ParseVerifying(string text) =>
        Sections.Parse(text).ToDictionary(
            static section =>
                section.Key, static section =>
                    (IReadOnlyList<string>)[.. Lines.Of(section.Value).Select(static line => line.Text.Trim())], StringComparer.Ordinal);
}
