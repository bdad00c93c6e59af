using System.Net;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Tests.Operations.Model;

/// <summary>What a cluster is like.</summary>
internal sealed record ClusterOptions
{
    public bool MariaDb { get; init; }

    public int Members { get; init; } = 2;

    public bool SemiSync { get; init; }

    /// <summary>Whether the primary has a scheduled event.</summary>
    public bool Event { get; init; }

    /// <summary>Whether the third member replicates from the second, and all from the first otherwise.</summary>
    public bool Chain { get; init; }

    /// <summary>Whether there is a second load balancer, which takes the address of the first while that does not run.</summary>
    public bool Pair { get; init; }

    /// <summary>The backend that the inventory names.</summary>
    public string WriteBackend { get; init; } = "mysql-write";

    public override string ToString() =>
        $"{(Pair ? "two load balancers, " : "")}{(MariaDb ? "MariaDB" : "MySQL")}, {Members} "
            + $"members{(Chain && Members > 2 ? " in a chain" : "")}{(SemiSync ? ", semi-sync" : "")}{(Event ? ", a scheduled event" : "")}";
}

/// <summary>The members, the links between all machines, the balancer and the application's clients.</summary>
internal sealed class Cluster
{
    private readonly HashSet<(string, string)> _cut = [];

    public Cluster(World world, ClusterOptions options)
    {
        (World, Options) = (world, options);
        string[] names = ["web-01", "web-02", "db-03"];
        Members = [.. Enumerable.Range(0, options.Members).Select(at => new Member(this, at, names[at], $"192.0.2.{11 + at}"))];
        Balancers = [new(this, "lb-01"), .. options.Pair ? [new Balancer(this, "lb-02")] : Array.Empty<Balancer>()];
        Clients = new(this);
        Site = new()
        {
            Name = "www.foobar.com",
            Servers =
            [
                new()
                {
                    Name = "lb-01",
                    Roles = [Role.LoadBalancer],
                    Ssh = new() { Host = "lb-01" },
                    Addresses = [IPAddress.Parse("192.0.2.10")],
                },
                .. options.Pair
                    ? [
                        new Server
                        {
                            Name = "lb-02",
                            Roles = [Role.LoadBalancer],
                            Ssh = new() { Host = "lb-02" },
                            Addresses = [IPAddress.Parse("192.0.2.9")],
                        },
                    ]
                    : Array.Empty<Server>(),
                .. Members.Select(member => new Server
                {
                    Name = member.Name,
                    Roles = [Role.Web, Role.Database],
                    Ssh = new() { Host = member.Name },
                    Addresses = [IPAddress.Parse(member.Address)],
                }),
            ],
            Policy = new()
            {
                Database = new()
                {
                    SemiSync = options.SemiSync,
                    WriteEndpoint = new()
                    {
                        Kind = WriteEndpointKind.Haproxy,
                        Server = "lb-01",
                        Backend = options.WriteBackend,
                        Address = "192.0.2.10:3306",
                    },
                },
            },
        };
        foreach (Member member in Members)
        {
            bool replica = member.Index > 0;
            (member.ReadOnly, member.SuperReadOnly, member.PersistedReadOnly, member.PersistedSuper) = (replica, replica
                && !options.MariaDb, null, replica ? true : null);
            member.Files["role"] = replica ? "ON" : "OFF";
            (member.SemiSource, member.SemiActive, member.SemiReplica) = (options.SemiSync, options.SemiSync, options.SemiSync);
            (member.HasEvent, member.EventEnabled) = (options.Event, options.Event && !replica);
            if (replica)
            {
                Member source = Members[options.Chain ? member.Index - 1 : 0];
                member.Link = new()
                {
                    Host = source.Address,
                    Source = source,
                    ReceiverOn = true,
                    ApplierOn = true,
                    Connected = true,
                    Acknowledges = options.SemiSync,
                    SaysSemi = options.SemiSync,
                };
            }
        }
    }

    public World World { get; }

    public ClusterOptions Options { get; }

    public Site Site { get; }

    public IReadOnlyList<Member> Members { get; }

    public IReadOnlyList<Balancer> Balancers { get; }

    /// <summary>The load balancer that has the address which the clients connect to.</summary>
    public Balancer Balancer => Balancers.FirstOrDefault(static one => one.Runs) ?? Balancers[0];

    public Clients Clients { get; }

    /// <summary>Every transaction that there ever was, by its GTID.</summary>
    public Dictionary<string, Tx> All { get; } = new(StringComparer.Ordinal);

    /// <summary>The next connection's number.</summary>
    public long NextConnection { get; set; } = 10;

    /// <summary>
    /// Whether writes may be led to another primary while an old one is out of reach: from then on only who is led to counts.
    /// </summary>
    public bool Emergency { get; set; }

    public Balancer? FindBalancer(string name) => Balancers.FirstOrDefault(one => one.Name == name);

    public Member? Find(string name) => Members.FirstOrDefault(member => member.Name == name || member.Address == name);

    public void Cut(string one, string other)
    {
        World.Note($"the link between {one} and {other} is cut");
        _cut.Add((one, other));
        _cut.Add((other, one));
        Kick();
    }

    public void Mend(string one, string other)
    {
        World.Note($"the link between {one} and {other} is mended");
        _cut.Remove((one, other));
        _cut.Remove((other, one));
        Kick();
    }

    /// <summary>Mends every link, and starts all that stands still, unless it was fenced.</summary>
    public void Heal()
    {
        World.Note("everything is mended");
        _cut.Clear();
        foreach (Balancer balancer in Balancers)
        {
            balancer.Start();
        }

        foreach (Member member in Members)
        {
            member.MachineOn = true;
            member.Thaw();
            member.Start();
        }

        Kick();
    }

    public bool Reaches(string one, string other) => one == other || _cut.Count == 0 || !_cut.Contains((one, other));

    /// <summary>Lets replication go on wherever it can.</summary>
    public void Kick()
    {
        foreach (Member member in Members)
        {
            if (member is { Runs: true, Frozen: false, Link: { IsDue: false } link } && HasWork(member, link))
            {
                link.IsDue = true;
                World.After(World.Between(0.0003, 0.003), () =>
                {
                    link.IsDue = false;
                    if (member.Link == link)
                    {
                        Pump(member, link);
                    }
                });
            }
        }
    }

    /// <summary>A transaction stands in a member's log.</summary>
    public void Logged(Member member, Tx tx)
    {
        World.Note($"{member.Name} logs {tx}");
        Kick();
    }

    /// <summary>A source's process is gone: who was connected to it sees that at once.</summary>
    public void SourceGone(Member source)
    {
        foreach (Link link in Members.Select(member => member.Link).OfType<Link>().Where(link => link.Source == source))
        {
            link.Connected = link.Acknowledges = false;
            if (link.ReceiverOn)
            {
                (link.Error, link.ErrorText) = (2003, "error reconnecting to its source: can't connect to server");
            }
        }
    }

    private bool HasWork(Member member, Link link) =>
        (link.ReceiverOn
            && link.Source is { } source
            && CanReach(member, source)
            && (!link.Connected ? link.Error != 1236 : link.Read < source.Log.Count))
        || (link.ApplierOn && link.Relay.Count > 0 && !link.IsApplying);

    /// <summary>Whether a replica gets a connection to its source.</summary>
    public bool CanReach(Member member, Member source) => source.Answers && member.MachineOn && Reaches(member.Name, source.Name);

    private void Pump(Member member, Link link)
    {
        if (!member.Answers)
        {
            return;
        }

        if (link.ReceiverOn && link.Source is { } source && CanReach(member, source))
        {
            if (!link.Connected)
            {
                Connect(member, link, source);
            }

            int most = World.Random.Next(1, 6);
            while (link.Connected && most-- > 0 && link.Read < source.Log.Count)
            {
                Receive(member, link, source.Log[link.Read++]);
            }

            if (link is { Connected: true, Acknowledges: true })
            {
                source.Acknowledge(link.Read);
            }
        }

        if (link is { ApplierOn: true, IsApplying: false } && link.Relay.Count > 0)
        {
            Apply(member, link);
        }

        member.Settled();
    }

    // A replica that may acknowledge registers as such, whether its source waits for that just now or not.
    private void Connect(Member member, Link link, Member source)
    {
        string? refusal = Options.MariaDb ? FindPlace(member, link, source) : FindMissing(member, link, source);
        if (refusal is not null)
        {
            World.Note($"{member.Name} can't replicate from {source.Name}: {refusal}");
            (link.Error, link.ErrorText, link.ReceiverOn) = (1236, refusal, false);
            return;
        }

        World.Note($"{member.Name} replicates from {source.Name}");
        (link.Error, link.ErrorText, link.Connected, link.Acknowledges) = (0, "", true, member.SemiReplica);
        link.SaysSemi = member.SemiReplica;
        link.Heard++;
    }

    // The replica's position must stand in the source's log (MariaDB source, sql_repl.cc, check_slave_start_position).
    private static string? FindPlace(Member member, Link link, Member source)
    {
        Tx? from = link.Relay.Count > 0 ? link.ReceivedLast : member.SlavePosition;
        if (from is null)
        {
            link.Read = 0;
            return null;
        }

        int at = source.Log.IndexOf(from);
        if (at < 0)
        {
            return $"Error: connecting slave requested to start from GTID {from}, which is not in the master's binlog";
        }

        link.Read = at + 1;
        link.ReceivedLast = from;
        return null;
    }

    // Refused where the replica has more of the source's own than the source (MySQL Error Reference, 1236).
    private static string? FindMissing(Member member, Link link, Member source)
    {
        if (Math.Max(member.Last[source.Index], link.Retrieved[source.Index].High) > source.Last[source.Index])
        {
            return "Replica has more GTIDs than the source has, using the source's SERVER_UUID";
        }

        link.Read = 0;
        return null;
    }

    private void Receive(Member member, Link link, Tx tx)
    {
        link.Heard++;
        if (Options.MariaDb)
        {
            link.ReceivedLast = tx;
            if (tx.Origin == member.Index)
            {
                // Its own come back: nothing to apply, and the position goes on.
                if (link.Relay.Count == 0)
                {
                    member.SlavePosition = tx;
                }

                return;
            }
        }
        else
        {
            (long low, long high) = link.Retrieved[tx.Origin];
            if (member.HasNumber(tx) || high >= tx.Sequence)
            {
                return;
            }

            link.Retrieved[tx.Origin] = (low == 0 ? tx.Sequence : low, tx.Sequence);
        }

        link.Relay.Enqueue(tx);
    }

    private void Apply(Member member, Link link)
    {
        if (member.FencesPending > 0)
        {
            return;
        }

        Tx tx = link.Relay.Peek();
        if (Options.MariaDb ? member.Log.Contains(tx) : member.HasNumber(tx))
        {
            link.Relay.Dequeue();
            member.SlavePosition = tx;
            return;
        }

        // Strict mode (MariaDB, gtid_strict_mode): numbers only rise.
        if (Options.MariaDb && member.Log.Count > 0 && member.Log[^1].Sequence >= tx.Sequence)
        {
            link.ApplierOn = false;
            (
                link.ApplyError, link.ApplyErrorText) = (
                    1950, $"An attempt was made to binlog GTID {tx} which would create an out-of-order sequence number");
            World.Note($"{member.Name} can't apply {tx}: out of order");
            return;
        }

        link.IsApplying = true;
        member.Append(tx, () =>
        {
            link.IsApplying = false;
            if (link.Relay.Count > 0 && link.Relay.Peek() == tx)
            {
                link.Relay.Dequeue();
            }

            member.SlavePosition = tx;
            Kick();
        });
    }
}
