using System.Globalization;
using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab.Load;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Detection;
using Foobar.Ops.Operations.Replication.Failover;
using Foobar.Ops.Operations.Replication.Rejoin;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Replication.Failover;

/// <summary>
/// Primaries die in every way while writers that know nothing of failovers write through the shop's own path: what was
/// acknowledged to them is there afterwards, or named.
/// </summary>
[Collection(OtherLabCollection.Name)]
public sealed class FailoverTests(LabFixture labs, ITestOutputHelper output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    /// <summary>With semi-synchronous replication, and the disaster; in the default run one a flavour, which the seed chooses.</summary>
    public static TheoryData<bool, DisasterKind> Runs => new(
        from semiSync in Sample.IsAll ? (bool[])[false, true] : [false]
        from kind in Enum.GetValues<DisasterKind>()
        where Sample.Has((int)kind, Enum.GetValues<DisasterKind>().Length)
        select (semiSync, kind));

    [Theory]
    [MemberData(nameof(Runs))]
    public Task Nothing_acknowledged_is_lost_unnamed_on_MariaDB(bool semiSync, DisasterKind kind) => RunAsync("MariaDb", semiSync, kind);

    [Theory]
    [MemberData(nameof(Runs))]
    public Task Nothing_acknowledged_is_lost_unnamed_on_MySQL(bool semiSync, DisasterKind kind) => RunAsync("MySql", semiSync, kind);

    private async Task RunAsync(string flavour, bool semiSync, DisasterKind kind)
    {
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour, semiSync);

        // Twenty-four runs a flavour over the kinds.
        int runs = Sample.IsAll ? 2 : 1;
        List<TimeSpan> writable = [];
        for (int run = 0; run < runs; run++)
        {
            if (await OnceAsync(bed, semiSync, kind) is { } after)
            {
                writable.Add(after);
            }
        }

        if (Sample.IsAll && writable.Count > 0)
        {
            // The best of them: a busy machine holds up any of the others.
            Assert.InRange(writable.Min(), TimeSpan.Zero, Limit);
        }
    }

    private async Task<TimeSpan?> OnceAsync(FailoverBed bed, bool semiSync, DisasterKind kind)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        string old = Assert.Single(await bed.PrimariesAsync());
        string candidate = old == "web-01" ? "web-02" : "web-01";
        Disaster disaster = new(bed.Lab, kind, old, candidate);
        await using OrderWriters writers = await OrderWriters.StartAsync(bed.Lab, candidate, 2, TimeSpan.FromMilliseconds(10), cancel);
        TimeSpan? writable;
        string[] lost = [];
        FailoverResult? result = null;
        try
        {
            await bed.SurveyAsync();
            await disaster.StrikeAsync(cancel);
            long command = System.Diagnostics.Stopwatch.GetTimestamp();
            result = await CommandAsync(bed, disaster, kind, semiSync);
            await Task.Delay(TimeSpan.FromMilliseconds(500), cancel);
            IReadOnlyList<OrderWrite> writes = await writers.StopAsync();
            string primary = disaster.IsDeadly ? candidate : old;
            HashSet<string> there = [.. await writers.ReadAsync(bed.Lab, primary)];
            lost = [.. writes.Where(write => write.IsAcknowledged && !there.Contains(write.Id)).Select(write => write.Id)];
            writable = result is null
                ? null
                : System.Diagnostics.Stopwatch.GetElapsedTime(
                    command, writes.First(write => write.IsAcknowledged && write.Begun > command).Ended);
        }
        finally
        {
            await disaster.MendAsync(CancellationToken.None);
            await (result is null && kind != DisasterKind.PowerOff ? disaster.RecoverAsync(CancellationToken.None) : Task.CompletedTask);
        }

        RejoinResult? repair = disaster.IsDeadly ? await RepairAsync(bed, old) : null;
        Report(bed, kind, semiSync, result, repair, writable, lost);
        AssertNamed(result, repair, lost);
        await bed.WaitUntilCaughtUpAsync();
        Assert.Equal(disaster.IsDeadly ? candidate : old, Assert.Single(await bed.PrimariesAsync()));
        Assert.Equal("", Assert.Single((await bed.TopologyAsync()).Links).Errant);
        return writable;
    }

    // A new session, as a command that is typed after the disaster has one.
    private static async Task<FailoverResult?> CommandAsync(FailoverBed bed, Disaster disaster, DisasterKind kind, bool semiSync)
    {
        await using SiteSession session = new(
            InventoryLoader.Load(bed.Lab.Inventory), new SessionOptions { ConnectTimeLimit = TimeSpan.FromSeconds(15) });
        FailoverOperation operation = new(session, new OperationStore(session.Site.Name, bed.State));
        if (!disaster.IsDeadly)
        {
            FoobarException refused = await Assert.ThrowsAsync<FoobarException>(
                () => operation.RunAsync(new FailoverOptions { AcceptDataLoss = true }, null, TestContext.Current.CancellationToken));
            Assert.Equal("FailoverRefused", refused.ErrorId);
            Assert.Contains("PrimaryAlive", refused.Message, StringComparison.Ordinal);
            Assert.Contains(
                kind == DisasterKind.CutBetween ? "the way to it is cut from web-0" : "its machine does not answer over SSH",
                refused.Message, StringComparison.Ordinal);
            return null;
        }

        FailoverResult result = await RunAsync(operation, kind == DisasterKind.PowerOff && !semiSync);
        Assert.Equal(PlanOutcome.Degraded, result.Outcome);
        Assert.Equal("redundancy", Assert.Single(result.Steps, step => step.Outcome != StepOutcome.Done).Step);
        PrimaryCause cause = kind switch
        {
            DisasterKind.Killed => PrimaryCause.DatabaseDown,
            DisasterKind.Stopped => PrimaryCause.Frozen,
            DisasterKind.DiskFull => PrimaryCause.DiskFull,
            _ => PrimaryCause.Unreachable,
        };

        // A machine too busy to answer in time counts as silent.
        Assert.Equal(result.Verdict!.Machine is null ? PrimaryCause.Unreachable : cause, result.Verdict.Cause);
        return result;
    }

    // On a busy machine commits may have waited for too long for the primary's word to prove anything: then it must be asked.
    private static async Task<FailoverResult> RunAsync(FailoverOperation operation, bool accept)
    {
        try
        {
            return await operation.RunAsync(new FailoverOptions { AcceptDataLoss = accept }, null, TestContext.Current.CancellationToken);
        }
        catch (FoobarException refused) when (!accept && refused.Message.Contains("DataLoss", StringComparison.Ordinal))
        {
            return await operation.RunAsync(new FailoverOptions { AcceptDataLoss = true }, null, TestContext.Current.CancellationToken);
        }
    }

    private static async Task<RejoinResult> RepairAsync(FailoverBed bed, string old)
    {
        for (int attempt = 0; ; attempt++)
        {
            await using SiteSession session = new(InventoryLoader.Load(bed.Lab.Inventory));
            try
            {
                RejoinResult repair = await new RejoinOperation(session, new OperationStore(session.Site.Name, bed.State))
                    .RunAsync(new RejoinOptions { Server = old }, null, TestContext.Current.CancellationToken);
                Assert.True(repair.Outcome == PlanOutcome.Completed, repair.Error);

                // Neither of them may wait for a replica of its own.
                Assert.InRange(
                    Assert.Single(repair.Steps, step => step.Step == "catch-up").Duration, TimeSpan.Zero, TimeSpan.FromSeconds(8));
                return repair;
            }
            catch (FoobarException error) when (attempt < 30 && error.Kind is ErrorKind.Connection or ErrorKind.Timeout)
            {
                // Its machine still boots.
                await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
            }
        }
    }

    private static void AssertNamed(FailoverResult? result, RejoinResult? repair, string[] lost)
    {
        if (result is null or { Loss.NeedsAcceptance: false })
        {
            Assert.Empty(lost);
        }

        if (result is { Verdict.Machine: not null })
        {
            Assert.Equal(ProofVerdict.Proven, result.Proof.Verdict);
            Assert.Equal((RejoinMethod.Rejoin, 0), (repair!.Method, repair.ErrantCount));
        }

        if (result is { Verdict.Machine: null })
        {
            Assert.Equal(ProofVerdict.Unprovable, result.Proof.Verdict);
            Assert.True(
                repair!.ErrantCount >= lost.Length,
                $"{lost.Length} acknowledged writes are lost, {repair.ErrantCount} transactions are named");
            Assert.Equal(repair.ErrantCount > 0, repair.ErrantFile is not null && File.Exists(repair.ErrantFile));
            Assert.Equal(repair.ErrantCount > 0 ? RejoinMethod.Copy : RejoinMethod.Rejoin, repair.Method);
        }
    }

    private void Report(
        FailoverBed bed,
        DisasterKind kind,
        bool semiSync,
        FailoverResult? result,
        RejoinResult? repair,
        TimeSpan? writable,
        string[] lost) => output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{bed.Lab.Plan.Options.Database} {(semiSync ? "semi" : "async")} {kind}: writable {writable?.TotalSeconds:0.00} s after the command (told {result?.WritableAfter?.TotalSeconds:0.00}, detection {result?.Steps[0].Duration.TotalSeconds:0.00}), lost {lost.Length}, salvaged '{result?.SalvagedGtids}', {result?.Proof.Verdict}, {result?.Loss?.Bound}; repair {repair?.Method} {repair?.Duration.TotalSeconds:0.0} s, errant {repair?.ErrantCount} '{repair?.ErrantGtids}', copied {repair?.CopiedBytes / 1024 / 1024} MB; {Durations(result?.Steps)}; repair: {Durations(repair?.Steps)}"));

    private static string Durations(IReadOnlyList<StepResult>? steps) =>
        string.Join(
            ", ",
            steps?.Select(step => string.Create(CultureInfo.InvariantCulture, $"{step.Step} {step.Duration.TotalMilliseconds:0}")) ?? []);
}
