using Foobar.Ops.Inventory;

namespace Foobar.Ops.Database;

/// <summary>Whether a member lets another one replicate from it.</summary>
/// <param name="Other">The other member.</param>
/// <param name="Wanted">What is needed for that.</param>
/// <param name="Account">The account by which it may; <see langword="null"/> if by none.</param>
/// <param name="Obstacle">What there is instead; empty if it may.</param>
internal sealed record ReplicationAccess(Server Other, string Wanted, string? Account, string Obstacle)
{
    /// <summary>Judges.</summary>
    /// <param name="topology">The members.</param>
    /// <param name="accounts">The member's accounts that may replicate.</param>
    /// <param name="other">The other member.</param>
    public static ReplicationAccess Of(ReplicationTopology topology, IReadOnlyList<ReplicationAccount> accounts, Server other)
    {
        List<string> users = [.. topology.Links.Select(link => link.Channel.User).Distinct()];
        List<ReplicationAccount> usable = [.. accounts.Where(account => users.Count == 0 || users.Contains(account.User))];
        string wanted =
            $"an account{(users.Count > 0 ? $" '{string.Join("' or '", users)}'" : "")} with REPLICATION SLAVE for "
                + $"{string.Join(" or ", other.Addresses.Select(address => address.ToString()).DefaultIfEmpty(other.Name))}";
        return usable.FirstOrDefault(account => AccountHost.Allows(account.Host, other)) switch
        {
            null => new(other, wanted, null, usable.Count == 0 ? "none" : $"only {string.Join(", ", usable.Select(Name))}"),
            { Locked: true } locked => new(other, wanted, null, $"{Name(locked)} is locked"),
            { } match => new(other, wanted, Name(match), ""),
        };

        static string Name(ReplicationAccount account) => $"'{account.User}'@'{account.Host}'";
    }
}
