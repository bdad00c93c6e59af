using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.Topology;

namespace Foobar.Ops.Operations.Backends;

/// <summary>
/// What may be changed by hand in the backend that leads writes: a server whose database refuses writes serves nothing there,
/// though its health check passes.
/// </summary>
/// <param name="topology">Who takes writes, as the members say.</param>
/// <param name="target">What is wanted.</param>
/// <param name="acceptOutage">Whether an outage is accepted.</param>
/// <param name="onlyOne">Whether the backend is to lead to one writer alone.</param>
internal sealed class WriteBackendRule(ReplicationTopology topology, BackendTarget target, bool acceptOutage, bool onlyOne)
{
    private enum Writes
    {
        Unknown,
        Refused,
        Taken,
    }

    /// <summary>Whether the change is refused; <see langword="null"/> if it is not.</summary>
    /// <param name="meant">The server that is to be changed.</param>
    /// <param name="servers">All servers of the load balancer's backends.</param>
    public FoobarException? Refuse(BackendServer meant, IReadOnlyList<BackendServer> servers)
    {
        BackendServer[] others =
        [
            .. servers.Where(
                server => server.Backend == meant.Backend && server.Name != meant.Name && server.State == BackendServerState.Up),
        ];
        return target == BackendTarget.Ready ? RefuseReady(meant, others)
            : acceptOutage || meant.State != BackendServerState.Up ? null
            : RefuseOut(meant, others);
    }

    private FoobarException? RefuseReady(BackendServer meant, BackendServer[] others)
    {
        (Writes writes, string why) = Judge(meant);
        if (writes == Writes.Refused)
        {
            return NotPrimary(meant, why, MoveAdvice(meant));
        }

        if (writes == Writes.Unknown)
        {
            return acceptOutage
                ? null
                : NotPrimary(
                    meant, why, "Bring the databases back within reach, or accept that writes may fail with -AcceptOutage.");
        }

        foreach (BackendServer other in onlyOne ? others : [])
        {
            (Writes otherWrites, string otherWhy) = Judge(other);
            if (otherWrites == Writes.Taken)
            {
                return NotPrimary(
                    meant, $"the backend leads to {other.Name} too, which takes writes: there would be two writers", MoveAdvice(meant));
            }

            if (otherWrites == Writes.Unknown && !acceptOutage)
            {
                return NotPrimary(
                    meant, $"the backend leads to {other.Name} too, and {otherWhy}",
                    $"Take {other.Name} out first (-State Maint), or accept that writes may fail with -AcceptOutage.");
            }
        }

        return null;
    }

    private FoobarException? RefuseOut(BackendServer meant, BackendServer[] others)
    {
        (Writes Writes, string Why)[] judged = [.. others.Select(Judge)];
        return judged.Any(static each => each.Writes == Writes.Taken)
            ? null
            : new FoobarException(
                "BackendWouldBeEmpty", ErrorKind.Refused,
                $"{meant.Server}: without '{meant.Backend}/{meant.Name}' the write endpoint leads to no member that takes writes"
                    + $"{(judged.Length > 0 ? $": {string.Join("; ", judged.Select(static each => each.Why))}" : "")}"
                    + "; nothing was changed.")
                {
                    Server = meant.Server,
                    Recommendation =
                        "Move writes to another member first (Invoke-FoobarFailover), or accept the outage with -AcceptOutage.",
                };
    }

    private (Writes Writes, string Why) Judge(BackendServer server)
    {
        if (WriteEndpointControls.MemberOf(server, topology) is not { Name: var name })
        {
            return (Writes.Unknown, $"'{server.Name}' at {server.Address} is no declared member of the database");
        }

        string[] primaries = [.. topology.Members.Select(member => member.Name).Where(IsPrimary)];
        bool isWriter = topology.Writers.Any(writer => writer.Name == name);
        return topology.RoleOf(name) switch
        {
            MemberRole.Unknown => (
                Writes.Unknown,
                $"whether {name} takes writes could not be read: "
                    + $"{(topology.Failure(name) ?? "its role is not known").TrimEnd('.')}"),
            MemberRole.ClusterMember => isWriter
                ? (Writes.Taken, $"{name} takes writes") : (Writes.Refused, $"{name} is a member of the cluster that refuses writes"),
            MemberRole.Primary when primaries.Length == 1 || !onlyOne => (Writes.Taken, $"{name} takes writes"),
            MemberRole.Primary => (Writes.Unknown, $"more than one member takes writes: {string.Join(", ", primaries)}"),
            MemberRole.WritableReplica when !onlyOne || (primaries.Length == 0 && topology.Writers.Count() == 1) => (
                Writes.Taken, $"{name} takes writes"),
            MemberRole.WritableReplica => (Writes.Refused, $"{name} is a replica, though it takes writes"),
            MemberRole.Replica => (Writes.Refused, $"{name} is a replica{Of(name)}, which refuses writes"),
            _ => (Writes.Refused, $"{name} refuses writes"),
        };

        bool IsPrimary(string member) => topology.RoleOf(member) == MemberRole.Primary;
    }

    private string Of(string replica) => topology.PrimaryOf(replica) is { } primary ? $" of {primary}" : "";

    private string MoveAdvice(BackendServer meant) =>
        topology.Writers.Any() && WriteEndpointControls.MemberOf(meant, topology) is Server { Name: var member }
            ? $"Invoke-FoobarFailover -To {member} moves writes to it."
            : "Look at Get-FoobarReplication. Resume-FoobarFailover ends a failover that was cut off; Invoke-FoobarFailover -Emergency "
                + "puts a replica in the place of a dead primary.";

    private static FoobarException NotPrimary(BackendServer meant, string why, string advice) => new(
        "BackendNotPrimary", ErrorKind.Refused,
        $"{meant.Server}: '{meant.Backend}/{meant.Name}' is a server of the write endpoint, and {why}; nothing was changed.")
    {
        Server = meant.Server,
        Recommendation = advice,
    };
}
