using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>
/// An account that <c>read_only</c> does not bind: with <c>READ ONLY ADMIN</c> on MariaDB, with <c>CONNECTION_ADMIN</c> or
/// <c>SUPER</c> on MySQL, where <c>super_read_only</c> does.
/// </summary>
public sealed record PrivilegedAccount
{
    /// <summary>Its name.</summary>
    public required string User { get; init; }

    /// <summary>Where it may log in from; empty for a role.</summary>
    public required string Host { get; init; }

    /// <summary>The privileges that count.</summary>
    public required IReadOnlyList<string> Privileges { get; init; }

    /// <summary>Whether it can log in from the server itself alone.</summary>
    public bool IsLocal => Host is "localhost" or "127.0.0.1" or "::1";

    /// <summary>Reads <c>information_schema.USER_PRIVILEGES</c>, whose grantees are <c>'user'@'host'</c>.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="flavor">On MariaDB <c>SUPER</c> alone does not count (since 10.11.0).</param>
    internal static IReadOnlyList<PrivilegedAccount> From(IReadOnlyList<DatabaseRow> rows, DatabaseFlavor flavor) =>
    [
        .. from row in rows
           let privilege = row.Text("privilege") ?? ""
           where flavor == DatabaseFlavor.MariaDb
               ? privilege.StartsWith("READ", StringComparison.Ordinal)
               : !privilege.StartsWith("READ", StringComparison.Ordinal)
           group privilege by row.Text("grantee") ?? "" into one
           let at = one.Key.LastIndexOf("'@'", StringComparison.Ordinal)
           select new PrivilegedAccount
           {
               User = at < 0 ? one.Key.Trim('\'') : one.Key[1..at],
               Host = at < 0 ? "" : one.Key[(at + 3)..].TrimEnd('\''),
               Privileges = [.. one.Order()],
           },
    ];
}
