using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Replication.Machines;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>
/// How a returning member logs in at the primary: as the operator says, else as an emergency kept it, else as another replica does.
/// </summary>
internal static class LoginFinder
{
    /// <summary>Finds it.</summary>
    /// <exception cref="FoobarException"><c>ReplicationLoginUnreadable</c>: none is known.</exception>
    public static async Task<ReplicationSource> FindAsync(
        RejoinConnections live, DatabaseLogin? login, string host, CancellationToken cancellationToken)
    {
        ReplicationSource? kept = await ReplicationLogin.LoadAsync(live.Primary.Machine, host, live.Policy.Port, cancellationToken)
            ?? await OfAnotherAsync(live, host, cancellationToken);
        if (login is not null)
        {
            return (kept ?? await VerifiedAsync(live, login, host, cancellationToken)) with
            {
                User = login.User,
                Password = login.Password,
            };
        }

        return kept
            ?? throw new FoobarException(
                "ReplicationLoginUnreadable", ErrorKind.NotFound,
                $"{live.Primary.Name}: no login for replication is kept there, and no other replica has one.")
        {
            Server = live.Primary.Name,
            Recommendation = "Give it by -ReplicationCredential.",
        };
    }

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

    private static async Task<ReplicationSource?> OfAnotherAsync(RejoinConnections live, string host, CancellationToken cancellationToken)
    {
        // The member itself may have been a replica of this primary before.
        foreach (Server member in live.Site.Site.WithRole(live.Policy.Members).Where(member => member.Name != live.Primary.Name))
        {
            try
            {
                await using IDatabaseSession database = await live.Site.OpenDatabaseAsync(member.Name, cancellationToken);
                return await DatabaseMember.Of(database)
                    .ReverseSourceAsync(
                        await live.Site.GetServerAsync(member.Name, cancellationToken), host, live.Policy.Port, cancellationToken);
            }
            catch (FoobarException)
            {
                // The next one may know.
            }
        }

        return null;
    }
}
