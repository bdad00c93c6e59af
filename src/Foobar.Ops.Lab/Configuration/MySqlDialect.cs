using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Configuration;

/// <summary>MySQL.</summary>
internal class MySqlDialect : DatabaseDialect
{
    /// <inheritdoc/>
    public override string Unit => "mysql.service";

    /// <inheritdoc/>
    public override string ConfigurationPath => "/etc/mysql/mysql.conf.d/server.cnf";

    /// <inheritdoc/>
    public override string ReplicationRuns => """
        test "$(mysql -N -e "SELECT COUNT(*) FROM performance_schema.replication_connection_status c JOIN performance_schema.replication_applier_status a USING (channel_name) WHERE c.service_state = 'ON' AND a.service_state = 'ON'")" = 1
        """;

    /// <inheritdoc/>
    public override string Configuration(LabPlan plan, LabServer server) => $"""
        [mysqld]
        server_id = {server.Links[0].V4.GetAddressBytes()[3]}
        report_host = {server.Name}
        bind_address = {BindAddresses(server)}
        {TlsSettings}
        {(plan.Options.SemiSync ? "rpl_semi_sync_source_enabled = ON\nrpl_semi_sync_replica_enabled = ON\n" : string.Empty)}
        """;

    /// <inheritdoc/>
    public override string SetUp(LabPlan plan, LabServer server)
    {
        string users = Accounts(plan);
        return server.Name == plan.Primary.Name ? users : users + Follow(plan);
    }

    /// <summary>The statements that make the accounts, on this server alone.</summary>
    protected static string Accounts(LabPlan plan) => $"""
        SET sql_log_bin = OFF;
        SET GLOBAL super_read_only = OFF;
        CREATE USER IF NOT EXISTS repl@'{ReplicaHosts(plan)}' IDENTIFIED BY '{plan.Secrets.Replication}' REQUIRE SSL;
        GRANT REPLICATION SLAVE, BACKUP_ADMIN ON *.* TO repl@'{ReplicaHosts(plan)}';
        CREATE USER IF NOT EXISTS app@'{BalancerHosts(plan)}' IDENTIFIED BY '{plan.Secrets.Application}' REQUIRE SSL;
        GRANT SELECT, INSERT, UPDATE, DELETE ON shop.* TO app@'{BalancerHosts(plan)}';
        {CanaryAccount(plan)}

        """;

    private static string Follow(LabPlan plan) => $"""
        STOP REPLICA;
        CHANGE REPLICATION SOURCE TO SOURCE_HOST = '{plan.Primary.Links[0].V4}', SOURCE_USER = 'repl', SOURCE_PASSWORD = '{plan.Secrets.Replication}',
            SOURCE_AUTO_POSITION = 1, SOURCE_CONNECT_RETRY = 1, SOURCE_RETRY_COUNT = 86400,
            SOURCE_SSL = 1, SOURCE_SSL_CA = '/etc/mysql/tls/ca.pem', SOURCE_SSL_VERIFY_SERVER_CERT = 1;
        SET PERSIST super_read_only = ON;
        START REPLICA;

        """;
}
