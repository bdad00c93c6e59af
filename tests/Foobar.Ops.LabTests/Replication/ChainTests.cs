using Foobar.Ops.Database;
using Foobar.Ops.Lab.Load;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Failover;
using Foobar.Ops.Operations.Replication.Rejoin;
using Foobar.Ops.Operations.Replication.Switchover;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Replication;

/// <summary>A chain: web-02 replicates from web-01, and db-03 from web-02.</summary>
[Collection(LabCollection.Name)]
public sealed class ChainTests(LabFixture labs, ITestOutputHelper output)
{
    private static readonly string[] Members = ["web-01", "web-02", "db-03"];

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The member that becomes the primary; in the default run one of one flavour.</summary>
    public static TheoryData<string, string> Candidates => new(Sample.Of(
        from flavour in (string[])["MariaDb", "MySql"]
        from candidate in (string[])["db-03", "web-02"]
        select (flavour, candidate), 4));

    [Theory]
    [MemberData(nameof(Candidates))]
    public async Task Writes_are_moved_along_a_chain(string flavour, string candidate)
    {
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour, semiSync: true, replicas: 2);
        await ChainAsync(bed);
        await using OrderWriters writers = await OrderWriters.StartAsync(bed.Lab, "web-02", 4, TimeSpan.FromMilliseconds(10), Cancel);
        await using RoleSampler sampler = await RoleSampler.StartAsync(bed.Lab, Members, Cancel);
        await using SiteSession session = new(bed.Patient(Patience));
        FailoverResult result = await new SwitchoverOperation(session, new(session.Site.Name, bed.State))
            .RunAsync(new FailoverOptions { To = candidate, DrainLimit = Patience }, null, Cancel);
        IReadOnlyList<OrderWrite> writes = await writers.StopAsync();
        output.WriteLine(
            $"{flavour}, {candidate}: {writes.Count(write => write.IsAcknowledged)} writes; "
                + $"{string.Join(", ", result.Steps.Select(step => $"{step.Step} {step.Duration.TotalMilliseconds:0} ms"))}");
        Assert.Equal((PlanOutcome.Completed, null, ProofVerdict.Proven), (result.Outcome, result.Error, result.Proof.Verdict));
        Assert.Contains(result.Steps, step => step.Step == (candidate == "db-03" ? "follow-web-02" : "follow-db-03"));
        Assert.Null(RoleSampler.Both(await sampler.StopAsync()));
        await bed.AssertKeptAsync(writers, writes, candidate);

        // In a thorough run what befalls a chain besides; the lab is not of use to others then.
        if (Sample.IsAll && candidate == "db-03")
        {
            await bed.Operation().RunAsync(new FailoverOptions { To = "web-01", DrainLimit = Patience }, null, Cancel);
            await LoseIntermediateAsync(bed);
            await LoseBothAsync(bed);
            await bed.GiveUpAsync();
        }
    }

    // The primary lives: nothing is moved, and the member behind it follows the primary when it is repaired.
    private static async Task LoseIntermediateAsync(FailoverBed bed)
    {
        await ChainAsync(bed);
        Disaster disaster = new(bed.Lab, DisasterKind.Killed, "web-02", "db-03");
        await disaster.StrikeAsync(Cancel);
        OperationStore store = new(bed.Session.Site.Name, bed.State);
        FailoverPreview preview = await new FailoverOperation(bed.Session, store).PreviewAsync(new FailoverOptions(), Cancel);
        Assert.Equal("web-01", preview.OldPrimary);
        FailoverBlocker alive = Assert.Single(preview.Blockers, blocker => blocker.Code == "PrimaryAlive");
        Assert.Contains("Repair-FoobarReplication -Server db-03", alive.Remediation, StringComparison.Ordinal);
        RejoinResult repair = await new RejoinOperation(bed.Session, store).RunAsync(new RejoinOptions { Server = "db-03" }, null, Cancel);
        Assert.Equal((PlanOutcome.Completed, "web-01", RejoinMethod.Rejoin), (repair.Outcome, repair.Primary, repair.Method));
        await disaster.MendAsync(Cancel);
        await disaster.RecoverAsync(Cancel);
        await bed.WaitUntilCaughtUpAsync();
    }

    // What the last member lacks is in the dead primary's log, and not under the file name at which it read the intermediate's.
    private static async Task LoseBothAsync(FailoverBed bed)
    {
        await ChainAsync(bed);
        await using OrderWriters writers = await OrderWriters.StartAsync(bed.Lab, "web-02", 2, TimeSpan.FromMilliseconds(10), Cancel);
        await bed.Lab.RunAsync("db-03", Sql(bed, "STOP REPLICA IO_THREAD", "STOP SLAVE IO_THREAD"), cancel: Cancel);
        await Task.Delay(TimeSpan.FromSeconds(1), Cancel);
        await new Disaster(bed.Lab, DisasterKind.Killed, "web-02", "db-03").StrikeAsync(Cancel);
        await new Disaster(bed.Lab, DisasterKind.Killed, "web-01", "db-03").StrikeAsync(Cancel);
        IReadOnlyList<OrderWrite> writes = await writers.StopAsync();
        FailoverResult result = await new FailoverOperation(bed.Session, new(bed.Session.Site.Name, bed.State))
            .RunAsync(new FailoverOptions(), null, Cancel);
        Assert.Equal(
            ("web-01", "db-03", PlanOutcome.Degraded, ProofVerdict.Proven, LossBound.Nothing),
            (result.OldPrimary, result.NewPrimary, result.Outcome, result.Proof.Verdict, result.Loss!.Bound));
        Assert.NotEmpty(result.SalvagedGtids);
        Assert.Contains("Repair-FoobarReplication -Server web-02", result.Recommendation, StringComparison.Ordinal);
        Assert.Empty(
            writes.Where(write => write.IsAcknowledged).Select(write => write.Id).Except(await writers.ReadAsync(bed.Lab, "db-03")));
    }

    private static async Task ChainAsync(FailoverBed bed)
    {
        await bed.WaitUntilCaughtUpAsync();
        string source = $"{bed.Lab.Plan.Find("web-02").Links[0].V4}";
        await bed.Lab.RunAsync(
            "db-03",
            Sql(
                bed,
                $"STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_HOST = '{source}'; START REPLICA",
                $"STOP SLAVE; CHANGE MASTER TO MASTER_HOST = '{source}'; START SLAVE"),
            cancel: Cancel);
        await bed.WaitUntilCaughtUpAsync();
        ReplicationTopology topology = await bed.TopologyAsync();
        Assert.Equal(["web-02", "web-01"], topology.Path("db-03", "web-01").Select(link => link.Source));
        Assert.Equal("", topology.LinkTo("db-03", "web-01")!.Errant);
    }

    private static string Sql(FailoverBed bed, string mySql, string mariaDb) =>
        bed.Lab.Plan.Options.Database == DatabaseFlavour.MySql ? $"mysql -e \"{mySql}\"" : $"mariadb -e \"{mariaDb}\"";
}
