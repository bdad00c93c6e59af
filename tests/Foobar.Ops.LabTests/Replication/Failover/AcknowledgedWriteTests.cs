using System.Globalization;
using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab.Load;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Detection;
using Foobar.Ops.Operations.Replication.Failover;
using Foobar.Ops.Operations.Replication.Rejoin;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Replication.Failover;

/// <summary>Whether a primary's commits waited for the replica when its machine was lost.</summary>
public enum Waiting
{
    /// <summary>They did.</summary>
    On,

    /// <summary>It was switched off on the primary; the replica's own flag says ON.</summary>
    Off,

    /// <summary>They had waited for longer than the timeout, and went on alone, before somebody looked.</summary>
    FallenBack,

    /// <summary>The same after somebody looked; the candidate's timeout is longer.</summary>
    UnequalTimeouts,

    /// <summary>They did, and another replica than the candidate acknowledged, whose receiver was held back.</summary>
    ByAnother,
}

/// <summary>
/// The primary's machine is lost under writers that know nothing of failovers: no write that was acknowledged to them is lost
/// unless the plan said before, in the question, that it may be, and after what.
/// </summary>
[Collection(OtherLabCollection.Name)]
public sealed class AcknowledgedWriteTests(LabFixture labs, ITestOutputHelper output) : IAsyncDisposable
{
    private const string Other = "db-03";

    /// <summary>
    /// Twenty runs of each on MariaDB; in the default run one of one, which the seed chooses, and on one flavour one with two replicas.
    /// </summary>
    public static TheoryData<int, Waiting> RunsOnMariaDb => Runs("MariaDb");

    /// <summary>The same on MySQL.</summary>
    public static TheoryData<int, Waiting> RunsOnMySql => Runs("MySql");

    /// <summary>In the default run no other test needs a lab with two replicas.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!Sample.IsAll)
        {
            await labs.RetireAsync(static options => options.Replicas > 1);
        }
    }

    [Theory]
    [MemberData(nameof(RunsOnMariaDb))]
    public Task None_is_lost_that_the_plan_did_not_name_on_MariaDB(int run, Waiting waiting) => RunAsync("MariaDb", run, waiting);

    [Theory]
    [MemberData(nameof(RunsOnMySql))]
    public Task None_is_lost_that_the_plan_did_not_name_on_MySQL(int run, Waiting waiting) => RunAsync("MySql", run, waiting);

    private static TheoryData<int, Waiting> Runs(string flavour) => new(
        from run in Enumerable.Range(1, Sample.IsAll ? 20 : 1)
        from waiting in (Waiting[])
        [
            .. Sample.Of(Enum.GetValues<Waiting>().Except([Waiting.ByAnother]), 4),
            .. FailoverBed.Flavours.Any(row => row.Data == flavour) ? [Waiting.ByAnother] : (Waiting[])[],
        ]
        select (run, waiting));

    private async Task RunAsync(string flavour, int run, Waiting waiting)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        string[] others = waiting == Waiting.ByAnother ? [Other] : [];
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour, replicas: 1 + others.Length);
        string old = Assert.Single(await bed.PrimariesAsync());
        string candidate = old == "web-01" ? "web-02" : "web-01";
        foreach (string member in (string[])[old, candidate])
        {
            await OverlayDisk.OwnAsync(bed.Lab, member, cancel);
        }

        await bed.WaitUntilCaughtUpAsync();
        SemiSync semiSync = new(bed, old, candidate, others);
        await semiSync.SwitchOnAsync(cancel);
        await using OrderWriters writers = await OrderWriters.StartAsync(bed.Lab, candidate, 4, TimeSpan.FromMilliseconds(5), cancel);
        string[] lost = [];
        int acknowledged = 0;
        FailoverResult result;
        try
        {
            await semiSync.BecomeAsync(waiting, cancel);
            await Task.Delay(TimeSpan.FromMilliseconds(500), cancel);
            if (others.Length > 0)
            {
                await UntilAheadAsync(bed, writers, candidate, cancel);
            }

            // Every fourth machine loses its power, the others their cables, which takes less time to mend.
            await (run % 4 == 0 ? bed.Lab.PowerOffAsync(old, cancel) : bed.Lab.CutAsync(old, cancel));
            await semiSync.ReopenAsync(cancel);
            result = await EmergencyAsync(bed, waiting, candidate, asks: run == 1);
            await Task.Delay(TimeSpan.FromSeconds(1), cancel);
            IReadOnlyList<OrderWrite> writes = await writers.StopAsync();
            HashSet<string> there = [.. await writers.ReadAsync(bed.Lab, candidate)];
            acknowledged = writes.Count(write => write.IsAcknowledged);
            lost = [.. writes.Where(write => write.IsAcknowledged && !there.Contains(write.Id)).Select(write => write.Id)];
        }
        finally
        {
            await (run % 4 == 0 ? bed.Lab.PowerOnAsync(old, CancellationToken.None) : bed.Lab.ReconnectAsync(old, CancellationToken.None));
        }

        RejoinResult repair = await RepairAsync(bed, old);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"COUNT {flavour} {waiting} run {run}: acknowledged {acknowledged}, lost {lost.Length}, told {result.Loss!.Bound}, errant {repair.ErrantCount}, {repair.Method}, file {repair.ErrantTrial}: {result.Loss.Reason}"));
        Assert.True(
            lost.Length == 0 || result.Loss.NeedsAcceptance,
            $"{lost.Length} acknowledged writes are lost, and the plan said: {result.Loss.Reason}");

        // Each is one of those that were committed after what the plan named, and is saved.
        Assert.True(
            lost.Length <= repair.ErrantCount,
            $"{lost.Length} acknowledged writes are lost, and {repair.ErrantCount} transactions were found that only {old} held");
        Assert.True(waiting is Waiting.On or Waiting.ByAnother || result.Loss.NeedsAcceptance, result.Loss.Reason);
        Assert.True(
            waiting != Waiting.ByAnother || lost.Length == 0, $"{lost.Length} acknowledged writes are lost that {Other} had received");
        await bed.WaitUntilCaughtUpAsync();
        Assert.Equal(candidate, Assert.Single(await bed.PrimariesAsync()));
        Assert.All((await bed.TopologyAsync()).Links, link => Assert.Equal((candidate, ""), (link.Source, link.Errant)));
        await semiSync.SwitchOffAsync(CancellationToken.None);
    }

    // On a busy machine the first commit after the candidate's link was cut can take longer than any fixed delay.
    private static async Task UntilAheadAsync(FailoverBed bed, OrderWriters writers, string candidate, CancellationToken cancel)
    {
        for (int attempt = 0; attempt < 100; attempt++)
        {
            // The candidate is read last: a row that it receives meanwhile does not count.
            IReadOnlyList<string> held = await writers.ReadAsync(bed.Lab, Other);
            if (held.Except(await writers.ReadAsync(bed.Lab, candidate)).Any())
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), cancel);
        }

        Assert.Fail($"{Other} received no write that {candidate} lacks.");
    }

    // A new session, as a command that is typed after the disaster has one.
    private static async Task<FailoverResult> EmergencyAsync(FailoverBed bed, Waiting waiting, string candidate, bool asks)
    {
        await using SiteSession session = new(
            InventoryLoader.Load(bed.Lab.Inventory), new SessionOptions { ConnectTimeLimit = TimeSpan.FromSeconds(15) });
        FailoverOperation operation = new(session, new OperationStore(session.Site.Name, bed.State));
        if (asks && waiting is not (Waiting.On or Waiting.ByAnother))
        {
            FoobarException refused = await Assert.ThrowsAsync<FoobarException>(
                () => operation.RunAsync(new FailoverOptions(), null, TestContext.Current.CancellationToken));
            Assert.Contains("DataLoss", refused.Message, StringComparison.Ordinal);
        }

        // What is accepted does not change what the plan says may be lost.
        FailoverResult result = await operation.RunAsync(
            new FailoverOptions { To = candidate, AcceptDataLoss = true }, null, TestContext.Current.CancellationToken);
        Assert.Equal((PlanOutcome.Degraded, PrimaryCause.Unreachable), (result.Outcome, result.Verdict!.Cause));

        // The old primary is left to do, and nothing else: the other replica follows already.
        Assert.Equal(["redundancy"], result.Steps.Where(step => step.Outcome != StepOutcome.Done).Select(step => step.Step));
        Assert.Equal(waiting == Waiting.ByAnother, result.Steps.Any(step => step.Step == $"follow-{Other}"));
        return result;
    }

    private static async Task<RejoinResult> RepairAsync(FailoverBed bed, string old)
    {
        if (bed.Lab.Plan.Options.Database == DatabaseFlavour.MySql)
        {
            await OverlayDisk.OwnAsync(bed.Lab, old, TestContext.Current.CancellationToken);
        }

        for (int attempt = 0; ; attempt++)
        {
            await using SiteSession session = new(InventoryLoader.Load(bed.Lab.Inventory));
            try
            {
                RejoinResult repair = await new RejoinOperation(session, new OperationStore(session.Site.Name, bed.State))
                    .RunAsync(new RejoinOptions { Server = old }, null, TestContext.Current.CancellationToken);
                Assert.True(repair.Outcome == PlanOutcome.Completed, repair.Error);
                return repair;
            }
            catch (FoobarException error) when (attempt < 60 && error.Kind is ErrorKind.Connection or ErrorKind.Timeout)
            {
                // Its machine still boots.
                await Task.Delay(TimeSpan.FromSeconds(0.5), TestContext.Current.CancellationToken);
            }
        }
    }

    /// <summary>Semi-synchronous replication between two members, switched while they run.</summary>
    private sealed class SemiSync(FailoverBed bed, string source, string replica, string[] others)
    {
        private bool IsMySql => bed.Lab.Plan.Options.Database == DatabaseFlavour.MySql;

        private string Source => IsMySql ? "rpl_semi_sync_source" : "rpl_semi_sync_master";

        private string Replica => IsMySql ? "rpl_semi_sync_replica" : "rpl_semi_sync_slave";

        public async Task SwitchOnAsync(CancellationToken cancel)
        {
            await SetAsync(source, $"{Source}_enabled = ON, GLOBAL {Source}_timeout = 15000", cancel);
            foreach (string member in others.Prepend(replica))
            {
                await SetAsync(member, $"{Source}_enabled = OFF, GLOBAL {Source}_timeout = 15000, GLOBAL {Replica}_enabled = ON", cancel);
                await bed.Lab.RunAsync(member, "mysql -e 'STOP REPLICA IO_THREAD; START REPLICA IO_THREAD'", cancel: cancel);
            }

            await UntilAsync("status", "ON", cancel);
            await UntilAsync("clients", $"{1 + others.Length}", cancel);
        }

        public async Task SwitchOffAsync(CancellationToken cancel)
        {
            await SetAsync(source, $"{Source}_enabled = OFF, GLOBAL {Replica}_enabled = OFF", cancel);
            foreach (string member in others.Prepend(replica))
            {
                await SetAsync(member, $"{Source}_enabled = OFF, GLOBAL {Replica}_enabled = OFF", cancel);
            }
        }

        public async Task BecomeAsync(Waiting waiting, CancellationToken cancel)
        {
            switch (waiting)
            {
                case Waiting.Off:
                    await SetAsync(source, $"{Source}_enabled = OFF", cancel);
                    await bed.SurveyAsync();
                    break;
                case Waiting.FallenBack:
                    await SetAsync(source, $"{Source}_timeout = 500", cancel);
                    await CutAsync(cancel);
                    await UntilAsync("status", "OFF", cancel);
                    await bed.SurveyAsync();
                    break;
                case Waiting.UnequalTimeouts:
                    await SetAsync(source, $"{Source}_timeout = 1000", cancel);
                    await bed.SurveyAsync();
                    await CutAsync(cancel);
                    await UntilAsync("status", "OFF", cancel);
                    break;
                case Waiting.ByAnother:
                    await bed.SurveyAsync();
                    await CutAsync(cancel);
                    break;
                default:
                    await bed.SurveyAsync();
                    break;
            }
        }

        public Task<string> ReopenAsync(CancellationToken cancel) => bed.Lab.RunAsync(replica, "nft -f /etc/nftables.conf", cancel: cancel);

        // Its receiver hears nothing any more, and takes itself for connected.
        private Task<string> CutAsync(CancellationToken cancel)
        {
            LabLink link = bed.Lab.Plan.Find(source).Links[0];
            return bed.Lab.RunAsync(
                replica,
                $"nft insert rule inet filter input ip saddr {link.V4} drop; nft insert rule inet filter input ip6 saddr {link.V6} drop",
                cancel: cancel);
        }

        private Task<string> SetAsync(string server, string what, CancellationToken cancel) =>
            bed.Lab.RunAsync(server, $"mysql -e 'SET GLOBAL {what}'", cancel: cancel);

        private async Task UntilAsync(string what, string value, CancellationToken cancel)
        {
            for (int attempt = 0; attempt < 100; attempt++)
            {
                if ((await bed.Lab.RunAsync(source, $"mysql -N -e \"SHOW GLOBAL STATUS LIKE '{Source}_{what}'\"", cancel: cancel))
                    .Trim()
                    .EndsWith(value, StringComparison.Ordinal))
                {
                    return;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(100), cancel);
            }

            Assert.Fail($"{source}: {Source}_{what} did not become {value}.");
        }
    }
}
