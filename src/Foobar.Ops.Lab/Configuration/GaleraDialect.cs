using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Configuration;

/// <summary>MariaDB as a member of a Galera cluster.</summary>
internal sealed class GaleraDialect : MariaDbDialect
{
    // Makes a new cluster instead of looking for one; gone after the first start.
    private const string FirstStart = "/etc/mysql/mariadb.conf.d/71-new-cluster.cnf";

    /// <inheritdoc/>
    public override string ReplicationRuns => """
        test "$(mysql -N -e "SHOW STATUS WHERE Variable_name IN ('wsrep_local_state_comment', 'wsrep_cluster_status', 'wsrep_ready')" | cut -f2 | sort | tr '\n' ' ')" = 'ON Primary Synced '
        """;

    /// <inheritdoc/>
    /// <remarks>
    /// The account of state transfers is the one that Debian's package makes for the server's own user. The members talk over TLS.
    /// With <c>wsrep_gtid_mode</c> a transaction has the same GTID on each.
    /// </remarks>
    public override string Configuration(LabPlan plan, LabServer server) => $"""
        [mariadbd]
        server_id = {server.Links[0].V4.GetAddressBytes()[3]}
        report_host = {server.Name}
        bind_address = {BindAddresses(server)}
        {TlsSettings}
        innodb_autoinc_lock_mode = 2
        wsrep_on = ON
        wsrep_provider = /usr/lib/galera/libgalera_smm.so
        wsrep_cluster_name = shop
        wsrep_cluster_address = gcomm://{string.Join(',', plan.Members.Select(static member => $"{member.Links[0].V4}"))}
        wsrep_node_name = {server.Name}
        wsrep_node_address = {server.Links[0].V4}
        wsrep_node_incoming_address = {server.Links[0].V4}:3306
        wsrep_sst_method = mariabackup
        wsrep_sst_auth = mysql:
        wsrep_gtid_mode = ON
        wsrep_gtid_domain_id = 1
        wsrep_slave_threads = 2
        wsrep_provider_options = "gcache.size=32M;gmcast.listen_addr=tcp://{server.Links[0].V4}:{LabPolicy.GaleraPort};{Tls}"

        [client-mariadb]
        # From 11.4 on clients verify the server over its socket too, where the name in its certificate is of no use.
        ssl_verify_server_cert = OFF
        """;

    /// <inheritdoc/>
    /// <remarks>All members get what the first one is set up with.</remarks>
    public override string SetUp(LabPlan plan, LabServer server) => server.Name == plan.Primary.Name ? Accounts(plan) : string.Empty;

    /// <inheritdoc/>
    public override IEnumerable<ServerFile> ToJoin(LabPlan plan, LabServer server) => server.Name == plan.Primary.Name
        ?
        [
            new ServerFile(FirstStart, "[mariadbd]\nwsrep_new_cluster\n"),
            ServerFile.DropIn(Unit, $"[Service]\nExecStartPost=+/bin/rm -f {FirstStart}\n", "first-start"),
        ]
        : [
            ServerFile.DropIn(
                Unit,
                "[Service]\nExecStartPre=/bin/sh -c \"[ -e /var/lib/mysql/grastate.dat ] || "
                    + $"{WaitForFirst(plan, LabPolicy.GaleraPort)}\"\n",
                "first-start"),
        ];

    private const string Tls =
        "socket.ssl_ca=/etc/mysql/tls/ca.pem;socket.ssl_cert=/etc/mysql/tls/server.pem;socket.ssl_key=/etc/mysql/tls/server.key";
}
