using Foobar.Ops.Database;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.LabTests.Replication;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Database;

/// <summary>Clusters that keep themselves in step are recognised, shown, and never switched over by hand.</summary>
[Collection(LabCollection.Name)]
[RunsLast]
public sealed class ClusterTests(LabFixture labs)
{
    private const string Galera = """
        printf '[mariadbd]\nwsrep_on=ON\nwsrep_provider=/usr/lib/galera/libgalera_smm.so\nwsrep_cluster_address=gcomm://\nbinlog_format=ROW\ninnodb_autoinc_lock_mode=2\n' > /etc/mysql/mariadb.conf.d/99-cluster.cnf
        systemctl restart mariadb
        """;

    private const string Group = """
        mysql -e "INSTALL PLUGIN group_replication SONAME 'group_replication.so';
            SET GLOBAL group_replication_group_name = 'aaaaaaaa-0000-0000-0000-00000000000a', GLOBAL group_replication_local_address = '127.0.0.1:33061', GLOBAL group_replication_bootstrap_group = ON;
            START GROUP_REPLICATION; SET GLOBAL group_replication_bootstrap_group = OFF"
        """;

    [Theory]
    [InlineData("MariaDb", ClusterKind.Galera, "Synced")]
    [InlineData("MySql", ClusterKind.GroupReplication, "ONLINE")]
    public async Task A_member_of_a_cluster_is_shown_as_one(string flavour, ClusterKind kind, string state)
    {
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        try
        {
            await bed.Lab.RunAsync("web-01", kind == ClusterKind.Galera ? Galera : Group, limit: TimeSpan.FromMinutes(1));
            ReplicationTopology topology = await bed.TopologyAsync();
            ClusterFacts cluster = topology.Facts("web-01")!.Cluster.Value!;
            Assert.Equal(
                (kind, 1, 1, true, state, true),
                (cluster.Kind, cluster.Members, cluster.Online, cluster.HasQuorum, cluster.State, cluster.Primary));
            Assert.Equal(MemberRole.ClusterMember, topology.RoleOf("web-01"));
            Assert.NotEqual(MemberRole.ClusterMember, topology.RoleOf("web-02"));

            FailoverPreview plan = await bed.Operation().PreviewAsync(new FailoverOptions(), TestContext.Current.CancellationToken);
            Assert.Contains(
                plan.Blockers,
                blocker =>
                    blocker is { Code: "Role", Server: "web-01" }
                        && blocker.Message.Contains($"cluster ({kind})", StringComparison.Ordinal));
        }
        finally
        {
            await bed.GiveUpAsync();
        }
    }
}
