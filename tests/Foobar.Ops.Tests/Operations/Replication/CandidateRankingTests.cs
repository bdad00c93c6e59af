using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Tests.Database;

namespace Foobar.Ops.Tests.Operations.Replication;

/// <summary>Who becomes the primary where several replicas can: one rule after another, until one replica is left.</summary>
public sealed class CandidateRankingTests
{
    private static readonly string[] Both = ["web-02", "db-03"];

    [Fact]
    public void What_is_received_counts_before_what_is_preferred() =>
        Assert.Equal(
            ("db-03", "it has received the most"),
            Chosen(new() { Preferred = ["web-02"] }, lacks: static name => name == "web-02" ? 3 : 0));

    [Fact]
    public void An_obstacle_counts_before_all_else() =>
        Assert.Equal(
            ("db-03", "nothing stands in its way"),
            Chosen(
                new() { Preferred = ["web-02"] }, obstacles: static name => name == "web-02" ? 1 : 0,
                lacks: static name => name == "db-03" ? 3 : 0));

    [Fact]
    public void Where_something_stands_in_the_way_of_all_the_other_rules_decide() =>
        Assert.Equal(
            ("db-03", "policy.database.preferred names it first"),
            Chosen(new() { Preferred = ["db-03"] }, obstacles: static name => name == "web-02" ? 1 : 2));

    [Fact]
    public void The_policy_s_order_decides_between_equals()
    {
        Assert.Equal(("db-03", "policy.database.preferred names it first"), Chosen(new() { Preferred = ["DB-03", "web-02"] }));
        Assert.Equal(("db-03", "policy.database.preferred names it first"), Chosen(new() { Preferred = ["db-03"] }));
        Assert.Equal(("web-02", "it stands first in the inventory"), Chosen(new()));
    }

    [Fact]
    public void Version_durability_and_lag_follow()
    {
        ReplicationFacts newer = HealthySite.Further with
        {
            Identity = Reading.Of(HealthySite.Further.Identity.Value! with { Version = "99.1.0" }),
        };
        Assert.Equal(("db-03", "it runs the newest version"), Chosen(new(), newer));

        ReplicationFacts careless = HealthySite.Replica with
        {
            Binlog = Reading.Of(HealthySite.Replica.Binlog.Value! with { SyncBinlog = 0 }),
        };
        Assert.Equal(
            ("db-03", "it waits for the disk at each commit (sync_binlog, innodb_flush_log_at_trx_commit)"),
            Chosen(new(), replica: careless));
    }

    [Fact]
    public void What_the_policy_rules_out_is_no_candidate_and_a_blocker_if_it_is_named()
    {
        CandidateRanking ranking = new(ReplicationTopology.Of(HealthySite.CaseOfThree()), new() { NeverPromote = ["Web-02"] });

        Assert.Equal(["db-03"], ranking.Allowed(Both));
        Assert.Equal(("NeverPromote", "web-02"), Assert.Single(ranking.Judge("web-02")) is var one ? (one.Code, one.Server) : default);
        Assert.Empty(ranking.Judge("db-03"));
    }

    private static (string Name, string? Why) Chosen(
        DatabasePolicy policy, ReplicationFacts? further = null, ReplicationFacts? replica = null, Func<string, int>? obstacles = null,
        Func<string, double>? lacks = null)
    {
        CandidateChoice choice = new CandidateRanking(
            ReplicationTopology.Of(HealthySite.CaseOfThree(replica: replica, further: further)), policy)
            .Best(Both, obstacles ?? (static _ => 0), lacks ?? (static _ => 0));
        return (choice.Name, choice.Reason?.Split(": ", 2)[1]);
    }
}
