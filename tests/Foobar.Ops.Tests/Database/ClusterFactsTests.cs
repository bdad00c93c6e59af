using Foobar.Ops.Database;
using Foobar.Ops.Testing;
using static Foobar.Ops.Tests.Database.ClusterSamples;

namespace Foobar.Ops.Tests.Database;

/// <summary>What the members of a cluster say is read as they mean it.</summary>
public sealed class ClusterFactsTests
{
    [Theory]
    [InlineData(GroupHealthy, 3, 3, true, true)]
    [InlineData(GroupKilled, 3, 2, true, false)]
    [InlineData(GroupLost, 3, 1, false, false)]
    [InlineData(GroupForced, 1, 1, true, true)]
    public void A_groups_majority_is_counted_over_its_view(string rows, long members, long online, bool quorum, bool primary)
    {
        ClusterFacts group = Group(rows);
        Assert.Equal(
            (ClusterKind.GroupReplication, members, online, quorum, primary),
            (group.Kind, group.Members, group.Online, group.HasQuorum, group.Primary));
        Assert.Equal(quorum && primary, group.AcceptsWrites);
        Assert.Equal(("VERIFY_CA", false), (group.Encryption, group.MultiPrimary));
        Assert.Equal([33061], group.Ports);
    }

    [Fact]
    public void A_member_that_recovers_counts_for_the_majority_and_does_not_serve()
    {
        ClusterFacts group = Group(
            GroupKilled.Replace("UNREACHABLE", "RECOVERING", StringComparison.Ordinal)
                .Replace("web-02\tONLINE", "web-02\tUNREACHABLE", StringComparison.Ordinal));
        Assert.Equal((1L, true), (group.Online, group.HasQuorum));
    }

    [Theory]
    [InlineData(GroupStarting, Db3)]
    [InlineData("member_id\tmember_state", Web1)]
    public void One_that_is_to_join_at_its_start_is_a_member_outside_the_majority(string rows, string self)
    {
        ClusterFacts group = Group(rows, self);
        Assert.Equal((ClusterKind.GroupReplication, "OFFLINE", false, null), (group.Kind, group.State, group.HasQuorum, group.Identity));
        Assert.Equal(ClusterKind.None, Group(rows, self, "Variable_name\tValue").Kind);
    }

    [Fact]
    public void An_expelled_member_is_in_no_majority_though_it_sees_nobody_missing()
    {
        ClusterFacts group = Group(GroupForced.Replace("ONLINE", "ERROR", StringComparison.Ordinal));
        Assert.Equal((false, false), (group.HasQuorum, group.AcceptsWrites));
    }

    [Fact]
    public void Galeras_majority_is_what_it_says_itself()
    {
        ClusterFacts healthy = Galera();
        Assert.Equal(
            (ClusterKind.Galera, 3L, true, true, 1L, 3L, 120L),
            (
                healthy.Kind, healthy.Members, healthy.HasQuorum, healthy.AcceptsWrites, healthy.Weight, healthy.TotalWeight,
                healthy.LastCommitted));
        Assert.Equal(("VERIFY_CA", 44L, 0L, false), (healthy.Encryption, healthy.LocalCommits, healthy.Conflicts, healthy.Desynced));
        Assert.Equal([4567, 4568, 4444], healthy.Ports);
        Assert.Equal(["web-01", "db-03", "web-02"], healthy.Peers.Select(peer => peer.Name));

        ClusterFacts lost = Galera(GaleraLost);
        Assert.Equal(
            (false, false, 0L, "Initialized", null), (lost.HasQuorum, lost.AcceptsWrites, lost.Online, lost.State, lost.NotUnderstood));
        Assert.Empty(lost.Peers);
    }

    [Theory]
    [InlineData("Donor/Desynced", "1", true, null)]
    [InlineData("Synced", "1", true, null)]
    [InlineData("Synced", "0", false, null)]
    [InlineData("Joining: receiving State Transfer", "0", false, null)]
    [InlineData("Dreaming", "0", false, "Dreaming")]
    public void A_member_out_of_step_is_told(string state, string desyncs, bool desynced, string? unknown)
    {
        ClusterFacts galera = Galera(
            GaleraHealthy.Replace("comment\tSynced", $"comment\t{state}", StringComparison.Ordinal)
                .Replace("desync_count\t0", $"desync_count\t{desyncs}", StringComparison.Ordinal));
        Assert.Equal(desynced, galera.Desynced);
        Assert.Equal(unknown is null, galera.NotUnderstood is null);
        Assert.Contains(unknown ?? "", galera.NotUnderstood ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void How_long_replication_stood_still_is_measured_between_two_looks()
    {
        ClusterFlow flow = Galera(
            later: "Variable_name\tValue\nwsrep_flow_control_paused_ns\t50000000\nwsrep_flow_control_active\ttrue\n"
                + "wsrep_local_recv_queue\t31").Flow;
        Assert.Equal((0.5, true, false, 31L, 16L), (flow.PausedNow, flow.Active, flow.Requested, flow.Queue, flow.Limit));
    }

    [Fact]
    public void A_group_holds_writers_back_while_one_members_queue_is_too_long()
    {
        ClusterFlow slow = Group(
            GroupHealthy.Replace(
                "SECONDARY\t17960436239436570:3\t0\t0\t0\t0",
                "SECONDARY\t17960436239436570:3\t0\t25001\t0\t0",
                StringComparison.Ordinal)).Flow;
        Assert.Equal((true, false), (slow.Active, slow.Requested));
        Assert.False(Group(GroupHealthy).Flow.Active);
    }

    [Fact]
    public void Parts_that_know_nothing_of_each_other_are_two_and_views_read_a_moment_apart_are_one()
    {
        ClusterFacts alone = Group(GroupForced);
        ClusterFacts others = Group(
            GroupKilled.Replace($"{Web1}\tweb-01\tONLINE\tSECONDARY\t17960436239436570:3\t0\t0\t0\t64\n", "", StringComparison.Ordinal),
            Web2);
        Assert.False(alone.IsOneWith(others));
        Assert.True(Group(GroupHealthy).IsOneWith(others));
        Assert.False(Galera().IsOneWith(Galera(GaleraHealthy.Replace(History, Web1, StringComparison.Ordinal))));
    }

    [Fact]
    public void Any_text_is_read_or_cleanly_refused() =>
        ParserProperties.TakesOrRefusesAnyText(text => ClusterParser.ProviderOptions(text), ProviderOptions);
}
