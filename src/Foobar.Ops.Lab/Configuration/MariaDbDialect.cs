using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Configuration;

/// <summary>MariaDB.</summary>
internal class MariaDbDialect : DatabaseDialect
{
    /// <inheritdoc/>
    public override string Unit => "mariadb.service";

    /// <inheritdoc/>
    public override string ConfigurationPath => "/etc/mysql/mariadb.conf.d/70-server.cnf";

    /// <inheritdoc/>
    public override string ReplicationRuns => """
        test "$(mysql -e 'SHOW SLAVE STATUS\G' | grep -cE 'Slave_(IO|SQL)_Running: Yes')" = 2
        """;

    /// <inheritdoc/>
    public override string Configuration(LabPlan plan, LabServer server) => $"""
        [mariadbd]
        server_id = {server.Links[0].V4.GetAddressBytes()[3]}
        report_host = {server.Name}
        bind_address = {BindAddresses(server)}
        {TlsSettings}
        {(server.Name == plan.Primary.Name ? string.Empty : "read_only = ON\n")}{(plan.Options.SemiSync ? "rpl_semi_sync_master_enabled = ON\nrpl_semi_sync_slave_enabled = ON\n" : string.Empty)}

        [client-mariadb]
        # From 11.4 on clients verify the server over its socket too, where the name in its certificate is of no use.
        ssl_verify_server_cert = OFF
        """;

    /// <inheritdoc/>
    public override string SetUp(LabPlan plan, LabServer server)
    {
        string users = "SET sql_log_bin = OFF;\n" + Accounts(plan);
        return server.Name == plan.Primary.Name ? users : users + Follow(plan);
    }

    /// <summary>The statements that make the accounts.</summary>
    protected static string Accounts(LabPlan plan) => $"""
        CREATE USER IF NOT EXISTS repl@'{ReplicaHosts(plan)}' IDENTIFIED BY '{plan.Secrets.Replication}' REQUIRE SSL;
        GRANT REPLICATION SLAVE ON *.* TO repl@'{ReplicaHosts(plan)}';
        CREATE USER IF NOT EXISTS app@'{BalancerHosts(plan)}' IDENTIFIED BY '{plan.Secrets.Application}' REQUIRE SSL;
        GRANT SELECT, INSERT, UPDATE, DELETE ON shop.* TO app@'{BalancerHosts(plan)}';
        {CanaryAccount(plan)}

        """;

    private static string Follow(LabPlan plan) => $"""
        STOP SLAVE;
        CHANGE MASTER TO MASTER_HOST = '{plan.Primary.Links[0].V4}', MASTER_USER = 'repl', MASTER_PASSWORD = '{plan.Secrets.Replication}',
            MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1,
            MASTER_SSL = 1, MASTER_SSL_CA = '/etc/mysql/tls/ca.pem', MASTER_SSL_VERIFY_SERVER_CERT = 1;
        START SLAVE;

        """;
}
