using System.Text.RegularExpressions;

namespace Foobar.Ops.Database;

/// <summary>The numbers in a database server's version.</summary>
internal static partial class DatabaseVersion
{
    /// <summary>
    /// Reads <c>9.7.0</c> from <c>9.7.0-2</c>, <c>10.11.14</c> from <c>10.11.14-MariaDB-0+deb12u2-log</c>; <see langword="null"/> if there
    /// is none.
    /// </summary>
    public static Version? Parse(string? text) =>
        text is not null && Numbers().Match(text) is { Success: true } match ? Version.Parse(match.Value) : null;

    /// <summary>
    /// Whether two versions are of one series, within which a server may replicate from a newer patch release: for MySQL
    /// 8.4.5 and 8.4.6 (Reference Manual, "Downgrading": within an LTS series by replication), for MariaDB 10.11.13 and 10.11.14.
    /// </summary>
    public static bool SameSeries(Version one, Version other) => (one.Major, one.Minor) == (other.Major, other.Minor);

    [GeneratedRegex(@"^\d{1,6}\.\d{1,6}(\.\d{1,6})?", RegexOptions.CultureInvariant)]
    private static partial Regex Numbers();
}
