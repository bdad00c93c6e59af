using Foobar.Ops.Database;

namespace Foobar.Ops.Auditing;

/// <summary>
/// Compares the accounts of each database that matter to a site: those that read the binary log, those that read_only does not
/// bind, those that anyone may log in to.
/// </summary>
internal static class AccountComparison
{
    /// <summary>Accounts that came or went, and rights that changed. What one of the two could not read is no difference.</summary>
    public static IEnumerable<SnapshotDifference> Compare(Snapshot before, Snapshot after) =>
        from pair in SiteComparison.Pairs<ReplicationFacts>(before, after)
        from difference in SiteComparison.Named(
            DifferenceKind.Account, pair.Server, Accounts(pair.Before, pair.After), Accounts(pair.After, pair.Before))
        select difference;

    private static IEnumerable<(string Name, string Text)> Accounts(ReplicationFacts facts, ReplicationFacts other) =>
    [
        .. from account in other.Accounts.TryGet(out _) ? facts.Accounts.Value ?? [] : []
           select (Name(account.User, account.Host), Replication(account)),
        .. from account in other.Privileged.TryGet(out _) ? facts.Privileged.Value ?? [] : []
           select (Name(account.User, account.Host), $"not bound by read_only ({string.Join(", ", account.Privileges)})"),
        .. from account in other.OpenAccounts.TryGet(out _) ? facts.OpenAccounts.Value ?? [] : []
           select (Name(account.User, account.Host), account.NeedsCertificate ? "no password, but a certificate" : "no password"),
    ];

    // A role has no host.
    private static string Name(string user, string host) => host.Length == 0 && user.Length > 0 ? $"'{user}'" : $"'{user}'@'{host}'";

    private static string Replication(ReplicationAccount account) =>
        $"reads the binary log, {(account.TlsRequired ? "TLS required" : "TLS not required")}{(account.Locked ? ", locked" : "")}";
}
