using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Replication.Machines;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>
/// How a returning member logs in at the primary: as the operator says, else as another replica does whose receiver runs, else as an
/// emergency kept it, else as a replica did that the primary does not refuse; the returning member's own login comes last.
/// </summary>
internal static class LoginFinder
{
    /// <summary>What the operator can do where a login is refused.</summary>
    public const string Advice = "give another login by -ReplicationCredential";

    /// <summary>Finds it.</summary>
    /// <exception cref="FoobarException"><c>ReplicationLoginUnreadable</c>: none is known that the primary does not refuse.</exception>
    public static async Task<ReplicationSource> FindAsync(
        RejoinConnections live, DatabaseLogin? login, string host, CancellationToken cancellationToken)
    {
        List<(string Member, LoginStanding Standing, ReplicationSource Source)> stored = await StoredAsync(live, host, cancellationToken);
        ReplicationSource? found = Best(
            stored, await ReplicationLogin.LoadAsync(live.Primary.Machine, host, live.Policy.Port, cancellationToken));
        if (login is not null)
        {
            return (found
                ?? stored.Select(static one => one.Source).FirstOrDefault()
                ?? await VerifiedAsync(live, login, host, cancellationToken)) with
            {
                User = login.User,
                Password = login.Password,
            };
        }

        string[] refused = [.. stored.Select(static one => $"'{one.Source.User}' of {one.Member}")];
        return found
            ?? throw new FoobarException(
                "ReplicationLoginUnreadable", ErrorKind.NotFound,
                $"{live.Primary.Name}: no login for replication is kept there, and no other replica has one"
                    + $"{(refused.Length > 0 ? $" that it lets in: refused is {string.Join(", ", refused)}" : "")}.")
        {
            Server = live.Primary.Name,
            Recommendation = "Give it by -ReplicationCredential.",
        };
    }

    /// <summary>The order in which members are asked for their login. The member itself may have been a replica of this primary.</summary>
    /// <param name="members">All members.</param>
    /// <param name="primary">The primary.</param>
    /// <param name="returning">The member that comes back.</param>
    public static IEnumerable<string> Order(IEnumerable<string> members, string primary, string returning) =>
        members.Where(member => member != primary).OrderBy(member => member == returning);

    /// <summary>What a member's channels say of its login.</summary>
    public static LoginStanding Judge(IReadOnlyList<ReplicationChannel> channels) =>
        channels.Any(static channel => channel.Receiver == ReplicationThread.Running) ? LoginStanding.Accepted
            : channels.Any(static channel => ReplicaStart.IsRefusal(channel.ReceiverErrorNumber)) ? LoginStanding.Refused
            : LoginStanding.Untried;

    /// <summary>The login to be used; <see langword="null"/> for none.</summary>
    /// <param name="stored">What the members store, in order.</param>
    /// <param name="kept">What an emergency kept.</param>
    public static ReplicationSource? Best(
        IReadOnlyList<(string Member, LoginStanding Standing, ReplicationSource Source)> stored, ReplicationSource? kept) =>
        stored.FirstOrDefault(static one => one.Standing == LoginStanding.Accepted).Source
            ?? kept
            ?? stored.FirstOrDefault(static one => one.Standing == LoginStanding.Untried).Source;

    // Members have their authorities in the same place: what the primary names for its own clients is there on the replica too.
    private static async Task<ReplicationSource> VerifiedAsync(
        RejoinConnections live, DatabaseLogin login, string host, CancellationToken cancellationToken)
    {
        string authorities = await live.Primary.Member.AuthoritiesAsync(cancellationToken);
        return new()
        {
            Host = host,
            Port = live.Policy.Port,
            User = login.User,
            Password = login.Password,
            Tls = true,
            TlsVerify = authorities.Length > 0,
            TlsAuthorities = authorities,
        };
    }

    private static async Task<List<(string Member, LoginStanding Standing, ReplicationSource Source)>> StoredAsync(
        RejoinConnections live, string host, CancellationToken cancellationToken)
    {
        List<(string Member, LoginStanding Standing, ReplicationSource Source)> stored = [];
        IEnumerable<string> members = live.Site.Site.WithRole(live.Policy.Members).Select(member => member.Name);
        foreach (string member in Order(members, live.Primary.Name, live.Returning))
        {
            try
            {
                await using IDatabaseSession database = await live.Site.OpenDatabaseAsync(member, cancellationToken);
                DatabaseMember replica = DatabaseMember.Of(database);
                LoginStanding standing = Judge(await replica.ChannelsAsync(cancellationToken));
                ReplicationSource source = await replica.ReverseSourceAsync(
                    await live.Site.GetServerAsync(member, cancellationToken), host, live.Policy.Port, cancellationToken);
                stored.Add((member, standing, source));
                if (standing == LoginStanding.Accepted)
                {
                    break;
                }
            }
            catch (FoobarException)
            {
                // The next one may know.
            }
        }

        return stored;
    }
}

/// <summary>What is known of a login that a replica stores.</summary>
internal enum LoginStanding
{
    /// <summary>Its receiver is not running, and nobody refused it.</summary>
    Untried,

    /// <summary>Its receiver runs.</summary>
    Accepted,

    /// <summary>Its source does not let it in.</summary>
    Refused,
}
