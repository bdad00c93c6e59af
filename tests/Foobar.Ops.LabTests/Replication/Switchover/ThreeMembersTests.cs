using Foobar.Ops.Database;
using Foobar.Ops.Lab.Load;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Rejoin;
using Foobar.Ops.Operations.Replication.Switchover;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Replication.Switchover;

/// <summary>Switchovers between three members: no replica is left at the old primary, but with a word.</summary>
[Collection(LabCollection.Name)]
public sealed class ThreeMembersTests(LabFixture labs, ITestOutputHelper output)
{
    private static readonly string[] Members = ["web-01", "web-02", "db-03"];

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>The steps after which writes are at the new primary, and one before; in the default run one a flavour.</summary>
    public static TheoryData<string, string> Kills => new(
        from flavour in (string[])["MariaDb", "MySql"]
        from step in ((string[])["verify", "drain", "open-endpoint", "persist-new", "follow-db-03"]).Index()
        where Sample.Has(step.Index + (flavour == "MySql" ? 2 : 0), 5)
        select (flavour, step.Item));

    [Theory]
    [MemberData(nameof(FailoverBed.Flavours), MemberType = typeof(FailoverBed))]
    public async Task Every_replica_follows_the_new_primary(string flavour)
    {
        await using FailoverBed bed = await MakeAsync(flavour);
        await using OrderWriters writers = await OrderWriters.StartAsync(
            bed.Lab, "web-02", 4, TimeSpan.FromMilliseconds(10), TestContext.Current.CancellationToken);
        await using RoleSampler sampler = await RoleSampler.StartAsync(bed.Lab, Members, TestContext.Current.CancellationToken);

        // A replica that may be a source too waits at the first thing it applies for a replica of its own, ten seconds by default.
        await using SiteSession session = new(bed.Patient(Patience));
        SwitchoverOperation operation = new(session, new(session.Site.Name, bed.State));
        List<TimeSpan> following = [];
        string primary = "web-01";
        for (int run = 0; run < (Sample.IsAll ? 50 : 3); run++)
        {
            primary = Members[(Array.IndexOf(Members, primary) + 1) % Members.Length];
            FailoverResult result = await operation.RunAsync(
                new FailoverOptions { To = primary, DrainLimit = Patience }, null, TestContext.Current.CancellationToken);
            Assert.True(result.Outcome == PlanOutcome.Completed, $"{result.Outcome}: {result.Error}");
            Assert.Equal(ProofVerdict.Proven, result.Proof.Verdict);
            following.Add(Assert.Single(result.Steps, step => step.Step.StartsWith("follow-", StringComparison.Ordinal)).Duration);
            Assert.All((await bed.TopologyAsync()).Links, link => Assert.Equal((primary, true), (link.Source, link.Channel.Replicates)));
        }

        IReadOnlyList<OrderWrite> writes = await writers.StopAsync();
        output.WriteLine(
            $"{flavour}: {writes.Count(write => write.IsAcknowledged)} writes; the other replica followed after "
                + $"{string.Join(", ", following.Select(one => $"{one.TotalMilliseconds:0}"))} ms");
        Assert.Null(RoleSampler.Both(await sampler.StopAsync()));
        await bed.AssertKeptAsync(writers, writes, primary);
        if (Sample.IsAll)
        {
            Assert.InRange(following.Order().ElementAt(following.Count / 2), TimeSpan.Zero, Limit);
        }
    }

    [Theory]
    [MemberData(nameof(FailoverBed.Flavours), MemberType = typeof(FailoverBed))]
    public async Task One_that_can_not_follow_is_named_and_its_repair_lets_it(string flavour)
    {
        await using FailoverBed bed = await MakeAsync(flavour);
        LabLink link = bed.Lab.Plan.Find("db-03").Links[0];
        Interruption cut = new(
            "persist-new",
            () => bed.Lab.RunAsync(
                "web-02",
                $"nft insert rule inet filter input ip saddr {link.V4} drop; nft insert rule inet filter input ip6 saddr {link.V6} drop"));
        FailoverResult result;
        try
        {
            result = await bed.Operation().RunAsync(new FailoverOptions { To = "web-02" }, cut, TestContext.Current.CancellationToken);
        }
        finally
        {
            await bed.Lab.RunAsync("web-02", "nft -f /etc/nftables.conf", cancel: CancellationToken.None);
        }

        Assert.Equal((PlanOutcome.Degraded, ProofVerdict.Proven, false), (result.Outcome, result.Proof.Verdict, result.Unfinished));
        Assert.Contains("db-03: it can't reach web-02", result.Error, StringComparison.Ordinal);
        Assert.Contains("Repair-FoobarReplication -Server db-03", result.Recommendation, StringComparison.Ordinal);
        ReplicationTopology topology = await bed.TopologyAsync();
        Assert.Equal(
            ("web-02", "web-01"),
            (topology.Links.Single(one => one.Replica == "web-01").Source, topology.Links.Single(one => one.Replica == "db-03").Source));
        RejoinResult repair = await new RejoinOperation(bed.Session, new OperationStore(bed.Session.Site.Name, bed.State))
            .RunAsync(new RejoinOptions { Server = "db-03" }, null, TestContext.Current.CancellationToken);
        Assert.Equal((PlanOutcome.Completed, RejoinMethod.Rejoin, null), (repair.Outcome, repair.Method, repair.Error));
        await bed.WaitUntilCaughtUpAsync();
        Assert.All((await bed.TopologyAsync()).Links, one => Assert.Equal(("web-02", ""), (one.Source, one.Errant)));
    }

    [Theory]
    [MemberData(nameof(Kills))]
    public async Task Killed_a_resume_leaves_every_replica_at_the_one_primary(string flavour, string step)
    {
        await using FailoverBed bed = await MakeAsync(flavour);
        await using OrderWriters writers = await OrderWriters.StartAsync(
            bed.Lab, "web-02", 2, TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        await using RoleSampler sampler = await RoleSampler.StartAsync(bed.Lab, Members, TestContext.Current.CancellationToken);
        await DoomedOperation.KillAsync(bed, "web-02", step, TimeSpan.Zero);
        FailoverResult result = await bed.Resume().ResumeAsync(new FailoverOptions(), null, TestContext.Current.CancellationToken);
        await Task.Delay(TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken);
        IReadOnlyList<OrderWrite> writes = await writers.StopAsync();
        Assert.Null(RoleSampler.Both(await sampler.StopAsync()));
        Assert.Equal((step == "drain" ? PlanOutcome.Undone : PlanOutcome.Completed, null), (result.Outcome, result.Error));
        await bed.AssertKeptAsync(writers, writes, step == "drain" ? "web-01" : "web-02");
    }

    // One that a test before left at the end of what it had to do.
    private async Task<FailoverBed> MakeAsync(string flavour)
    {
        FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour, semiSync: true, replicas: 2);

        // On a lab that was just raised each replica waits at the first thing it applies for a replica of its own, ten seconds by
        // default: a switchover would be refused for the lag.
        await using (OrderWriters first = await OrderWriters.StartAsync(
            bed.Lab, "web-02", 1, TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken);
            await first.StopAsync();
        }

        await bed.WaitUntilCaughtUpAsync();
        return bed;
    }

    /// <summary>Does something when a step has ended, before the next one begins.</summary>
    private sealed class Interruption(string step, Func<Task> act) : IProgress<StepResult>
    {
        public void Report(StepResult value)
        {
            if (value.Step == step)
            {
                act().GetAwaiter().GetResult();
            }
        }
    }
}
