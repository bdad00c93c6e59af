using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Configuration;

/// <summary>MySQL as a member of a group that replicates to itself, with a single primary.</summary>
internal sealed class GroupDialect : MySqlDialect
{
    /// <inheritdoc/>
    public override string ReplicationRuns => """
        test "$(mysql -N -e "SELECT member_state FROM performance_schema.replication_group_members WHERE member_id = @@server_uuid")" = ONLINE
        """;

    /// <inheritdoc/>
    public override string Configuration(LabPlan plan, LabServer server) => $"""
        {base.Configuration(plan, server).TrimEnd()}
        plugin_load_add = group_replication.so
        # Members join by foobar-database-setup at first, then at each start.
        group_replication_start_on_boot = OFF
        group_replication_group_name = f00ba400-0000-4000-8000-000000000001
        group_replication_local_address = {Endpoint(server)}
        group_replication_group_seeds = {string.Join(',', plan.Members.Select(Endpoint))}
        # A member's name leads to its IPv6 address first, which the account of replication is not made for.
        group_replication_advertise_recovery_endpoints = {server.Links[0].V4}:3306
        group_replication_ip_allowlist = {plan.Addresses.V4(LabNetworkName.Internal)}
        group_replication_ssl_mode = VERIFY_CA
        group_replication_recovery_use_ssl = ON
        group_replication_recovery_ssl_ca = /etc/mysql/tls/ca.pem
        group_replication_recovery_ssl_verify_server_cert = ON
        """;

    /// <inheritdoc/>
    public override string SetUp(LabPlan plan, LabServer server)
    {
        string start = server.Name == plan.Primary.Name
            ? "SET GLOBAL group_replication_bootstrap_group = ON; START GROUP_REPLICATION; SET GLOBAL group_replication_bootstrap_group = OFF;"
            : "START GROUP_REPLICATION;";
        return $"""
            {Accounts(plan).TrimEnd()}
            STOP GROUP_REPLICATION;
            CHANGE REPLICATION SOURCE TO SOURCE_USER = 'repl', SOURCE_PASSWORD = '{plan.Secrets.Replication}' FOR CHANNEL 'group_replication_recovery';
            {start}
            SET PERSIST group_replication_start_on_boot = ON;

            """;
    }

    /// <inheritdoc/>
    public override IEnumerable<ServerFile> ToJoin(LabPlan plan, LabServer server) => server.Name == plan.Primary.Name
        ? []
        : [
            ServerFile.DropIn(
                "foobar-database-setup.service",
                $"[Service]\nRestart=on-failure\nRestartSec=1\nExecStartPre={WaitForFirst(plan, LabPolicy.GroupPort)}\n"),
        ];

    private static string Endpoint(LabServer server) => $"{server.Links[0].V4}:{LabPolicy.GroupPort}";
}
