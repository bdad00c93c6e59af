using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Configuration;

/// <summary>How one database product is configured, set up and asked.</summary>
internal abstract class DatabaseDialect
{
    /// <summary>The dialect of a kind of lab.</summary>
    public static DatabaseDialect Of(LabOptions options) => (options.Database, options.Cluster) switch
    {
        (DatabaseFlavour.MySql, ClusterVariant.Group) => new GroupDialect(),
        (DatabaseFlavour.MySql, _) => new MySqlDialect(),
        (_, ClusterVariant.Galera) => new GaleraDialect(),
        _ => new MariaDbDialect(),
    };

    /// <summary>The unit of systemd.</summary>
    public abstract string Unit { get; }

    /// <summary>Where the settings of one server stand, read after those of the image.</summary>
    public abstract string ConfigurationPath { get; }

    /// <summary>The settings of one server.</summary>
    public abstract string Configuration(LabPlan plan, LabServer server);

    /// <summary>
    /// The statements that set up one server's users and, on the replica, its replication. They may run again, and none is written to the
    /// binary log.
    /// </summary>
    public abstract string SetUp(LabPlan plan, LabServer server);

    /// <summary>A shell command on a replica, or on a member of a cluster, that succeeds when it keeps in step.</summary>
    public abstract string ReplicationRuns { get; }

    /// <summary>What a server needs besides to join its peers at its first boot.</summary>
    public virtual IEnumerable<ServerFile> ToJoin(LabPlan plan, LabServer server) => [];

    /// <summary>A command that waits until the first member of a cluster listens for the others.</summary>
    protected static string WaitForFirst(LabPlan plan, int port) =>
        $"/usr/bin/timeout 60 /bin/bash -c 'until echo > /dev/tcp/{plan.Primary.Links[0].V4}/{port}; do sleep 0.2; done'";

    /// <summary>The addresses a database listens on: loopback for the operator's tunnel, internal for its peers.</summary>
    protected static string BindAddresses(LabServer server)
    {
        LabLink link = server.On(LabNetworkName.Internal);
        return $"127.0.0.1,{link.V4},{link.V6}";
    }

    /// <summary>From where replicas connect, as the host part of an account.</summary>
    protected static string ReplicaHosts(LabPlan plan) => $"{plan.Addresses.V4(LabNetworkName.Internal).BaseAddress}/255.255.255.240";

    /// <summary>From where the load balancers connect, as the host part of an account.</summary>
    protected static string BalancerHosts(LabPlan plan) => plan.IsPair ? ReplicaHosts(plan) : $"{plan.Addresses.BalancerInternal.V4}";

    /// <summary>
    /// The table that write canaries write to, and their account: what the help of Measure-FoobarWrite tells an operator to make.
    /// </summary>
    protected static string CanaryAccount(LabPlan plan) => $"""
        CREATE TABLE IF NOT EXISTS foobar_ops.canary (
            id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, run VARCHAR(64) NOT NULL, seq BIGINT NOT NULL, KEY run (run)) ENGINE = InnoDB;
        CREATE USER IF NOT EXISTS canary@'{BalancerHosts(plan)}' IDENTIFIED BY '{plan.Secrets.Canary}' REQUIRE SSL;
        GRANT SELECT, INSERT, DELETE ON foobar_ops.canary TO canary@'{BalancerHosts(plan)}';
        """;

    /// <summary>The certificate settings, the same words in both products.</summary>
    protected const string TlsSettings = """
        ssl_ca = /etc/mysql/tls/ca.pem
        ssl_cert = /etc/mysql/tls/server.pem
        ssl_key = /etc/mysql/tls/server.key
        """;
}
