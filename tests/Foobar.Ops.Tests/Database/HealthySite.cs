using System.Net;
using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Tests.Database;

/// <summary>A primary (web-01) and a replica (web-02) with nothing wrong, for tests to break one thing of.</summary>
internal static class HealthySite
{
    public const string UuidA = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
    public const string UuidB = "4350f323-7565-4e59-8763-4b1b83a0ce0e";
    public const string UuidC = "5460f323-7565-4e59-8763-4b1b83a0ce0f";

    public static Site Site { get; } = new()
    {
        Name = "www.foobar.com",
        Servers = [Server("web-01", "192.0.2.11"), Server("web-02", "192.0.2.12")],
        Policy = new()
        {
            Database = new()
            {
                SemiSync = true,
                WriteEndpoint = new() { Kind = WriteEndpointKind.Haproxy, Server = "lb-01", Backend = "mysql-write" },
            },
        },
    };

    /// <summary>The same site with a further replica, db-03.</summary>
    public static Site Three { get; } = Site with { Servers = [.. Site.Servers, Server("db-03", "192.0.2.13")] };

    public static ReplicationChannel Channel { get; } = new()
    {
        Name = "",
        SourceHost = "192.0.2.11",
        SourcePort = 3306,
        SourceUuid = Guid.Parse(UuidA),
        User = "replication",
        Receiver = ReplicationThread.Running,
        Applier = ReplicationThread.Running,
        AutoPosition = true,
        Tls = true,
        TlsVerified = true,
        SecondsBehind = 0,
    };

    public static ReplicationFacts Primary { get; } = Facts(1, UuidA) with
    {
        Guard = Reading.Of(new WriteGuard
        {
            ReadOnly = false,
            SuperReadOnly = false,
            PersistedReadOnly = false,
            PersistedSuperReadOnly = false,
        }),
        SemiSync = Reading.Of(new SemiSyncFacts
        {
            Available = true,
            SourceEnabled = true,
            SourceActive = true,
            Clients = 1,
            ReplicaEnabled = true,
            ReplicaActive = false,
            WaitPoint = "AFTER_SYNC",
        }),
    };

    public static ReplicationFacts Replica { get; } = Facts(2, UuidB) with
    {
        Channels = Reading.Of<IReadOnlyList<ReplicationChannel>>([Channel]),
        SemiSync = Reading.Of(new SemiSyncFacts
        {
            Available = true,
            SourceEnabled = true,
            SourceActive = false,
            ReplicaEnabled = true,
            ReplicaActive = true,
            WaitPoint = "AFTER_SYNC",
        }),
    };

    /// <summary>The further replica.</summary>
    public static ReplicationFacts Further { get; } = Replica with
    {
        Identity = Reading.Of(Replica.Identity.Value! with { ServerId = 3, ServerUuid = Guid.Parse(UuidC), HostName = "db-03" }),
    };

    public static SiteCase<ReplicationFacts> Case(ReplicationFacts? primary = null, ReplicationFacts? replica = null, Site? site = null) =>
        new(
            site ?? Site,
            new Dictionary<string, Reading<ReplicationFacts>>
            {
                ["web-01"] = Reading.Of(primary ?? Primary),
                ["web-02"] = Reading.Of(replica ?? Replica),
            },
            DateTimeOffset.UnixEpoch);

    /// <summary>A primary and two replicas with nothing wrong.</summary>
    public static SiteCase<ReplicationFacts> CaseOfThree(
        ReplicationFacts? primary = null, ReplicationFacts? replica = null, ReplicationFacts? further = null) => new(
            Three,
            new Dictionary<string, Reading<ReplicationFacts>>(Case(primary, replica).Facts) { ["db-03"] = Reading.Of(further ?? Further) },
            DateTimeOffset.UnixEpoch);

    /// <summary>The marker of a failover that began some seconds before everything was read.</summary>
    public static OperationMark Mark(double secondsAgo) => new()
    {
        Id = "0199",
        Holder = "anna on desk-1 (process 7)",
        Since = DateTimeOffset.UnixEpoch.AddSeconds(-secondsAgo),
        State = OperationState.Running,
        OldPrimary = "web-01",
        NewPrimary = "web-02",
        Parameters = new Dictionary<string, string>(),
    };

    private static Server Server(string name, string address) => new()
    {
        Name = name,
        Roles = [Role.Web, Role.Database],
        Ssh = new() { Host = name },
        Addresses = [IPAddress.Parse(address)],
    };

    private static ReplicationFacts Facts(int id, string uuid) => new()
    {
        Identity = Reading.Of(new DatabaseIdentity
        {
            Flavor = DatabaseFlavor.MySql,
            Version = "9.7.0",
            ServerId = id,
            ServerUuid = Guid.Parse(uuid),
            HostName = $"web-0{id}",
            Port = 3306,
        }),
        Guard = Reading.Of(new WriteGuard
        {
            ReadOnly = true,
            SuperReadOnly = true,
            PersistedReadOnly = true,
            PersistedSuperReadOnly = true,
        }),
        Gtid = Reading.Of(new GtidFacts { Enabled = true, Enforced = true, Executed = $"{UuidA}:1-100", TransactionsPerSecond = 0 }),
        Binlog = Reading.Of(new BinlogFacts
        {
            Enabled = true,
            Format = "ROW",
            RowImage = "FULL",
            LogsReplicated = true,
            SyncBinlog = 1,
            FlushLogAtCommit = 1,
            RetentionSeconds = 604800,
        }),
        Channels = Reading.Of<IReadOnlyList<ReplicationChannel>>([]),
        Apply = Reading.Of(new ApplyFacts { Workers = 4, PreservesOrder = true, CrashSafe = true }),
        SemiSync = Reading.Of(new SemiSyncFacts
        {
            Available = true,
            SourceEnabled = true,
            SourceActive = false,
            ReplicaEnabled = true,
            ReplicaActive = true,
        }),
        Transactions = Reading.Of<IReadOnlyList<OpenTransaction>>([]),
        Accounts = Reading.Of<IReadOnlyList<ReplicationAccount>>([new() { User = "replication", Host = "192.0.2.%" }]),
        OpenAccounts = Reading.Of<IReadOnlyList<OpenAccount>>([new() { User = "", Host = "localhost", Plugin = "" }]),
        Privileged = Reading.Of<IReadOnlyList<PrivilegedAccount>>([new() { User = "root", Host = "localhost", Privileges = ["SUPER"] }]),
        Tables = Reading.Of(new TableFacts { Complete = true }),
        Storage = Reading.Of(new DatabaseStorage
        {
            DataDirectory = "/var/lib/mysql",
            BinlogDirectory = "/var/lib/mysql",
            DataAvailableBytes = 1L << 34,
            BinlogAvailableBytes = 1L << 34,
            BinlogUsedPercent = 20,
            ReadOnly = false,
        }),
        Cluster = Reading.Of(new ClusterFacts()),
        Unfinished = Reading.Of<IReadOnlyList<OperationMark>>([]),
        LogFilters = Reading.Of<IReadOnlyList<string>>([]),
        Unlogged = Reading.Of<IReadOnlyList<string>>([]),
        Events = Reading.Of(new EventFacts { SchedulerOn = true }),
        UnknownSettings = Reading.Of<IReadOnlyList<string>>([]),
        Objects = Reading.Of<IReadOnlyList<ServerObject>>([
            new("account", "'app'@'192.0.2.%'", "1"),
            new("grants", "'app'@'192.0.2.%'", "2"),
            new("table", "shop.orders", "3"),
            new("routine", "shop.purge", "4"),
        ]),
        Definitions = Reading.Of<IReadOnlyList<TableDefinition>>([
            new("shop.orders", "InnoDB")
            {
                Columns = "5 11",
                Keys = [new("PRIMARY", "1 12", "1 13"), new("customer", "1 14", null), new("id", "1 15", "1 16")],
                ForeignKeys = "2 17",
                CheckConstraints = "1 18",
            },
        ]),
        Clients = Reading.Of<IReadOnlyList<string>>(["app"]),
        Readers = Reading.Of<IReadOnlyList<ConnectedReplica>>([]),
    };
}
