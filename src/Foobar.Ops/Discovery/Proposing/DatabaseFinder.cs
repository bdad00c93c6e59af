using System.Globalization;
using System.Net;
using Foobar.Ops.Database;
using Foobar.Ops.Discovery.Facts;
using Foobar.Ops.Inventory;
using Foobar.Ops.Tls.Legs;

namespace Foobar.Ops.Discovery.Proposing;

/// <summary>Finds how the database's members belong together, and where the application reaches them.</summary>
internal static class DatabaseFinder
{
    private const int UsualPort = 3306;

    /// <summary>The port of a member: as it says itself, else as it is seen to listen.</summary>
    public static int PortOf(DatabaseFacts facts, FoundServer server) => facts.Replication.Identity.Value?.Port
        ?? RoleFinder.Listeners(server).Where(
            static listener => listener.Holders.Any(static holder => holder.Process is "mysqld" or "mariadbd"))
            .Select(static listener => listener.Socket.Port).Order().FirstOrDefault(UsualPort);

    /// <summary>Who replicates from whom.</summary>
    public static IEnumerable<(FoundServer Replica, FoundServer Source, int Port)> Links(
        AddressBook book, IReadOnlyList<FoundServer> members, Draft draft)
    {
        foreach (FoundServer member in members)
        {
            foreach (ReplicationChannel channel in member.Facts.Database!.Replication.Channels.Value ?? [])
            {
                if (book.Resolve(channel.SourceHost, member) is not { } source)
                {
                    draft.Missing(
                        "servers",
                        member.Name,
                        $"Which server is {channel.SourceHost}, from which {member.Name} replicates?",
                        "None of the servers that were read has that name or address.",
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"replication status of {member.Name}: {channel.SourceHost}:{channel.SourcePort}"),
                        new QuestionSubject { Host = channel.SourceHost });
                }
                else if (source != member && source.Facts.Database is not null)
                {
                    yield return (member, source, channel.SourcePort);
                }
            }

            // Members of a cluster follow each other all.
            foreach (FoundServer other in member.Facts.Database.Replication.Cluster.Value is { Kind: not ClusterKind.None }
                ? members.Where(other => other != member)
                : [])
            {
                yield return (member, other, PortOf(other.Facts.Database!, other));
            }
        }
    }

    /// <summary>The database's policy; <see langword="null"/> where there is no database.</summary>
    public static DatabasePolicy? Find(AddressBook book, RoleFinder roles, BalancerFinder balancers, Draft draft)
    {
        FoundServer[] members = [.. roles.With(Role.Database)];
        if (members.Length == 0)
        {
            return null;
        }

        ReplicationFacts[] facts = [.. members.Select(static member => member.Facts.Database!.Replication)];
        int[] ports = [.. members.Select(static member => PortOf(member.Facts.Database!, member)).Distinct()];
        if (ports.Length > 1)
        {
            draft.Missing(
                "policy.database.port", null, "On which port do the database's members listen?", "They differ.",
                string.Join(
                    ", ",
                    members.Select(
                        static member =>
                            string.Create(CultureInfo.InvariantCulture, $"{member.Name}: {PortOf(member.Facts.Database!, member)}"))));
        }

        Links(book, members, new Draft())
            .ToList()
            .ForEach(link => draft.Show("policy.database", link.Replica.Name, $"replication status: it follows {link.Source.Name}"));
        ClusterKind[] clusters =
        [
            .. facts.Select(static each => each.Cluster.Value?.Kind ?? ClusterKind.None)
                .Where(static kind => kind != ClusterKind.None)
                .Distinct(),
        ];
        DatabaseTopology topology = clusters switch
        {
            [ClusterKind.GroupReplication] => DatabaseTopology.GroupReplication,
            [ClusterKind.Galera] => DatabaseTopology.Galera,
            _ => DatabaseTopology.Replication,
        };
        WriteEndpoint? endpoint = WriteEndpoint(book, balancers, draft);
        return new DatabasePolicy
        {
            Topology = topology,
            Writers = Writers(topology, facts, members, endpoint, draft),
            Port = ports[0],
            SemiSync = IsSemiSync(facts, members, draft),
            WriteEndpoint = endpoint,
            ReadEndpoint = ReadEndpoint(book, balancers),
        };
    }

    // How many write is a wish: more than one only where a group says so of itself, which a plain setup can't by mistake.
    private static int Writers(
        DatabaseTopology topology, ReplicationFacts[] facts, FoundServer[] members, WriteEndpoint? endpoint, Draft draft)
    {
        int writing = facts.Count(static each => each.Cluster.Value is { Kind: not ClusterKind.None, Primary: true });
        if (topology == DatabaseTopology.GroupReplication && writing > 1)
        {
            return Math.Min(writing, members.Length);
        }

        if (topology == DatabaseTopology.Galera && endpoint is { Backend: { } backend })
        {
            draft.Show("policy.database.writers", endpoint.Server, $"the backend {backend} leads writes to one member");
        }
        else if (topology == DatabaseTopology.Galera)
        {
            draft.Missing(
                "policy.database.writers", null,
                "How many members of the Galera cluster shall take writes?",
                "Every member takes them; which ones get them is for the application and its balancer.");
        }

        return 1;
    }

    private static bool IsSemiSync(ReplicationFacts[] facts, FoundServer[] members, Draft draft)
    {
        bool isOn = facts.Any(static each => each.SemiSync.Value?.SourceEnabled == true)
            && facts.Any(static each => each.SemiSync.Value?.ReplicaEnabled == true);
        if (isOn)
        {
            draft.Show(
                "policy.database.semiSync", null,
                $"it is switched on as source and replica ({string.Join(", ", members.Select(static member => member.Name))})");
        }

        return isOn;
    }

    private static WriteEndpoint? WriteEndpoint(AddressBook book, BalancerFinder balancers, Draft draft)
    {
        (FoundServer Server, BalancerListener Listener, string Backend)[] candidates =
        [
            .. balancers.Database.DistinctBy(static each => each.Backend),
        ];
        if (candidates.Length == 0)
        {
            draft.Missing(
                "policy.database.writeEndpoint", null, "Where does the application write?",
                "No frontend of HAProxy leads to the database's members; a hook, a proxy or a name may.");
            return null;
        }

        // Only one member takes writes at a time, so the write endpoint is where no more than one server is switched on.
        (FoundServer Server, BalancerListener Listener, string Backend)[] single =
        [
            .. candidates.Where(static each => Taking(each.Server, each.Backend) <= 1),
        ];
        (FoundServer Server, BalancerListener Listener, string Backend)[] chosen = candidates.Length == 1 ? candidates : single;
        if (chosen.Length != 1)
        {
            draft.Missing(
                "policy.database.writeEndpoint",
                null,
                "Which backend of HAProxy is for writes?",
                "Several lead to the database's members, and what they are switched to does not tell them apart.",
                string.Join(", ", candidates.Select(static each => $"{each.Server.Name}: {each.Backend}")));
            return null;
        }

        (FoundServer server, BalancerListener _, string backend) = chosen[0];
        int taking = Taking(server, backend);
        string evidence = string.Create(
            CultureInfo.InvariantCulture,
            $"HAProxy's configuration: backend {backend} leads to the database's members, {taking} of them switched on");
        draft.Show("policy.database.writeEndpoint", server.Name, evidence);
        if (taking != 1)
        {
            draft.Confirm(
                "policy.database.writeEndpoint", server.Name, $"Is the backend '{backend}' for writes?",
                "It is the only one that leads to the database's members, and not exactly one of them is switched on in it.",
                evidence);
        }

        return new WriteEndpoint
        {
            Kind = WriteEndpointKind.Haproxy,
            Server = server.Name,
            Backend = backend,
            Address = AddressOf(book, balancers, server, backend),
        };
    }

    private static ReadEndpoint? ReadEndpoint(AddressBook book, BalancerFinder balancers)
    {
        (FoundServer Server, BalancerListener Listener, string Backend)[] several =
            [.. balancers.Database.DistinctBy(static each => each.Backend).Where(static each => Taking(each.Server, each.Backend) > 1)];
        bool hasOther = balancers.Database.Any(each => !several.Any(one => one.Backend == each.Backend));
        return several.Length == 1 && hasOther
            ? new ReadEndpoint
            {
                Server = several[0].Server.Name,
                Backend = several[0].Backend,
                Address = AddressOf(book, balancers, several[0].Server, several[0].Backend),
            }
            : null;
    }

    private static int Taking(FoundServer server, string backend) =>
        server.Facts.Balancer!.Value!.TakingTraffic.Count(each => each.StartsWith(backend + "/", StringComparison.Ordinal));

    // The first address that it is bound to; of one that is bound to every address the one at which clients are connected, on
    // whichever balancer of a pair, and one that moves between them before one of its own.
    private static string? AddressOf(AddressBook book, BalancerFinder balancers, FoundServer server, string backend) => balancers.Database
        .Where(
            each =>
                each.Server == server
                    && each.Backend == backend
                    && each.Listener.Address.Length > 0
                    && each.Listener.Address is not ("0.0.0.0" or "::"))
        .Select(static each => BalancerFinder.Label(each.Listener)).FirstOrDefault()
        ?? balancers.Database.Where(each => each.Backend == backend)
            .SelectMany(
                static each => RoleFinder.Conversations(each.Server)
                    .Where(
                        seen =>
                            seen is { IsIncoming: true, IsLocal: false, Protocol: TransportProtocol.Tcp }
                                && seen.Port == each.Listener.Port))
            .OrderByDescending(seen => book.Moving.Contains(seen.LocalAddress)).ThenByDescending(static seen => seen.Count)
            .Select(static seen => new IPEndPoint(seen.LocalAddress, seen.Port).ToString()).FirstOrDefault();
}
