using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Database.Wire;

namespace Foobar.Ops.Operations.Replication;

/// <summary>What a replica needs to get another source, and what it holds of the one it has.</summary>
internal static class ReplicaSource
{
    private static readonly TimeSpan GreetingLimit = TimeSpan.FromSeconds(3);

    /// <summary>Why a replica can't be given another source by GTID; <see langword="null"/> if it can.</summary>
    public static string? Obstacle(IReadOnlyList<ReplicationChannel> channels) => channels switch
    {
        [] => "replicates from none",
        [_, _, ..] => "replicates from several sources",
        [{ Name.Length: > 0 } named] => $"replicates over a channel of its own name, '{named.Name}'",
        [{ AutoPosition: false }] => "replicates by file and offset",
        _ => null,
    };

    /// <summary>Whether a channel's source is a server, by its name or one of its addresses.</summary>
    public static bool IsOf(Server server, ReplicationChannel channel) =>
        string.Equals(server.Name, channel.SourceHost, StringComparison.OrdinalIgnoreCase)
            || server.Addresses.Any(address => address.ToString() == channel.SourceHost);

    /// <summary>The one channel of a replica that can be given another source.</summary>
    /// <exception cref="FoobarException"><c>ReplicaNotMovable</c>.</exception>
    public static ReplicationChannel Only(string name, IReadOnlyList<ReplicationChannel> channels) => Obstacle(channels) is { } obstacle
        ? throw new FoobarException("ReplicaNotMovable", ErrorKind.Refused, $"{name}: it {obstacle}, so it was left as it was.")
        {
            Server = name,
            Recommendation =
                "Point it at the new primary yourself (CHANGE REPLICATION SOURCE; CHANGE MASTER on MariaDB), or let "
                    + "Repair-FoobarReplication do it.",
        }
        : channels[0];

    /// <summary>A source's address at which a replica's machine hears its greeting; <see langword="null"/> if at none.</summary>
    public static async Task<string?> ReachableAddressAsync(
        IServerSession replica, Server source, int port, CancellationToken cancellationToken)
    {
        foreach (string address in source.Addresses.Select(address => address.ToString()).DefaultIfEmpty(source.Name))
        {
            try
            {
                await DatabaseGreeting.ReadAsync(replica, address, port, GreetingLimit, cancellationToken);
                return address;
            }
            catch (FoobarException)
            {
                // The next one may do.
            }
        }

        return null;
    }

    /// <summary>The address of a source at which a replica's machine hears its greeting.</summary>
    /// <exception cref="FoobarException"><c>ReverseConnectionBlocked</c>: there is none.</exception>
    public static async Task<string> AddressAsync(ISiteSession site, string replica, string source, int port, CancellationToken token)
    {
        Server server = site.Site.Find(source)!;
        return await ReachableAddressAsync(await site.GetServerAsync(replica, token), server, port, token)
            ?? throw new FoobarException(
                "ReverseConnectionBlocked", ErrorKind.Refused, $"{replica}: it can't reach {source} on port {port}.")
            {
                Server = replica,
                Recommendation = "Let the firewalls of both allow the database's port in this direction too.",
            };
    }

    /// <summary>All that a replica has executed or received.</summary>
    public static async Task<string> HeldAsync(DatabaseMember member, CancellationToken token)
    {
        string executed = await member.HoldsAsync(token);
        IReadOnlyList<ReplicationChannel> channels = await member.ChannelsAsync(token);
        return string.Join(',', channels.Select(channel => channel.Received).Prepend(executed).Where(text => text.Length > 0));
    }
}
