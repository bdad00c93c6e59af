using System.Diagnostics;
using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Lab.Faults;
using Foobar.Ops.Lab.Load;
using Foobar.Ops.LabTests.Replication;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Planning;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Cluster;

/// <summary>Real clusters: a move under load loses nothing, and what befalls members is told as it is.</summary>
[Collection(LabCollection.Name)]
public sealed class ClusterMoveTests(LabFixture labs, ITestOutputHelper output) : IClassFixture<ClusterEnd>
{
    private static readonly string[] Kinds = ["Galera", "Group"];

    private static readonly string[] Steps =
    [
        "mark", "settle", "close-endpoint", "elect", "catch-up", "open-endpoint", "verify", "persist",
    ];

    /// <summary>Both kinds.</summary>
    public static TheoryData<string> Clusters => [.. Kinds];

    /// <summary>What may befall an operator at each step, and members; in the default run one of all, which the seed chooses.</summary>
    public static TheoryData<string, string> Misfortunes => new(Sample.Of(All, All.Length));

    private static (string Kind, string What)[] All { get; } =
    [
        .. from kind in Kinds
           from step in Steps
           from end in (string[])["killed", "lost"]
           where kind == "Group" || step != "elect"
           select (kind, $"{end} after {step}"),
        .. from kind in Kinds
           from what in (string[])["member-killed", "quorum-lost", "member-partitioned", "writer-killed"]
           select (kind, what),
    ];

    [Theory]
    [MemberData(nameof(Clusters))]
    public async Task A_move_under_load_loses_nothing(string kind)
    {
        await using ClusterBed bed = await ClusterBed.MakeAsync(labs, kind);
        await using OrderWriters writers = await OrderWriters.StartAsync(
            bed.Lab, "web-02", 4, TimeSpan.FromMilliseconds(10), TestContext.Current.CancellationToken);
        List<(long From, long To)> moves = [];
        string at = "web-01";
        for (int run = 0; run < (Sample.IsAll ? 21 : 2); run++)
        {
            at = bed.Members[(run + 1) % bed.Members.Count];
            long began = Stopwatch.GetTimestamp();
            FailoverResult result = await bed.Operation().RunAsync(
                new FailoverOptions { To = at }, null, TestContext.Current.CancellationToken);
            moves.Add((began, Stopwatch.GetTimestamp()));
            Assert.True(result.Outcome == PlanOutcome.Completed, $"{result.Outcome}: {result.Error}");
            Assert.Equal((ProofVerdict.Proven, at), (result.Proof.Verdict, result.NewPrimary));
            Assert.Equal([at], await bed.OpenAsync());
        }

        IReadOnlyList<OrderWrite> writes = await writers.StopAsync();
        double[] gaps = [.. moves.Select(move => OrderWriters.Gap(writes, move.From, move.To).TotalMilliseconds).Order()];
        output.WriteLine(
            $"{kind}: {writes.Count(write => write.IsAcknowledged)} of {writes.Count} writes acknowledged in {moves.Count} moves; longest "
                + $"without one, in ms: median {gaps[gaps.Length / 2]:0}, most {gaps[^1]:0}");
        await bed.AssertKeptAsync(writers, writes);
    }

    [Theory]
    [MemberData(nameof(Misfortunes))]
    public async Task What_befalls_it_is_told_as_it_is_and_nothing_is_lost(string kind, string what)
    {
        await using ClusterBed bed = await ClusterBed.MakeAsync(labs, kind);
        await (what.Split(" after ") is [var end, var step] ? KillAsync(bed, step, isMachineLost: end == "lost") : StrikeAsync(bed, what));
    }

    // The operator's process dies: a resume ends what it began, or a takeover if its machine is lost with the journal.
    private static async Task KillAsync(ClusterBed bed, string step, bool isMachineLost)
    {
        string old = Assert.Single(await bed.OpenAsync());
        string candidate = bed.Members.First(member => member != old);
        await using OrderWriters writers = await OrderWriters.StartAsync(
            bed.Lab, "web-02", 2, TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        await DoomedProcess.KillAsync(step, TimeSpan.Zero, DoomedOperation.Word, bed.Lab.Inventory, bed.State, candidate);
        OperationStore? elsewhere = isMachineLost ? bed.Elsewhere : null;
        FoobarException refused = await Assert.ThrowsAsync<FoobarException>(
            () => bed.Operation(elsewhere).RunAsync(new FailoverOptions { To = candidate }, null, TestContext.Current.CancellationToken));
        Assert.Equal(isMachineLost ? "OperationRunning" : "OperationUnfinished", refused.ErrorId);
        Assert.Contains("Resume-FoobarFailover", refused.Recommendation, StringComparison.Ordinal);

        FailoverResult result = isMachineLost
            ? await bed.Resume(elsewhere).TakeOverAsync(new FailoverOptions(), null, TestContext.Current.CancellationToken)
            : await bed.Resume().ResumeAsync(new FailoverOptions(), null, TestContext.Current.CancellationToken);
        await Task.Delay(TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken);
        IReadOnlyList<OrderWrite> writes = await writers.StopAsync();
        Assert.Null(result.Error);
        Assert.Equal((ProofVerdict.Proven, false), (result.Proof.Verdict, result.Unfinished));

        // Swift steps are journalled together, so that a resume can't tell how far they came: it goes on. A takeover looks where writes are
        // led.
        bool passed = Array.IndexOf(Steps, step) >= Array.IndexOf(Steps, isMachineLost ? "open-endpoint" : "close-endpoint");
        Assert.Equal(passed ? PlanOutcome.Completed : PlanOutcome.Undone, result.Outcome);
        if (isMachineLost)
        {
            // It comes back, with its journal.
            FoobarException superseded = await Assert.ThrowsAsync<FoobarException>(
                () => bed.Resume().ResumeAsync(new FailoverOptions(), null, TestContext.Current.CancellationToken));
            Assert.Equal("OperationSuperseded", superseded.ErrorId);
        }

        string at = passed ? candidate : old;
        Assert.Equal([at], await bed.OpenAsync());
        SiteCase<ReplicationFacts> facts = await bed.SurveyAsync();
        Assert.Contains(at, ReplicationTopology.Of(facts).Writers.Select(writer => writer.Name));
        Assert.All(facts.Facts.Values, member => Assert.Empty(member.Value!.Unfinished.Value!));
        await bed.AssertKeptAsync(writers, writes);
    }

    private async Task StrikeAsync(ClusterBed bed, string what)
    {
        await using OrderWriters writers = await OrderWriters.StartAsync(
            bed.Lab, "web-02", 2, TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        if (what == "writer-killed")
        {
            await LoseTheWriterAsync(bed);
        }
        else
        {
            await bed.Lab.BreakAsync(what, TestContext.Current.CancellationToken);
            try
            {
                await AssertToldAsync(bed, what);
            }
            finally
            {
                await bed.Lab.HealAsync(what, CancellationToken.None);
            }
        }

        await ClusterBed.UntilAsync(
            async () =>
                !(await bed.TroubleAsync()).Any(finding => finding.ControlId is "DB-001" or "DB-002" or "DB-026" or "DB-035" or "DB-036"),
            "all members are back and told so");
        await bed.AssertKeptAsync(writers, await writers.StopAsync());
    }

    private static async Task AssertToldAsync(ClusterBed bed, string what)
    {
        string server = what == "member-partitioned" ? "db-03" : "web-01";
        Assert.Contains(
            await bed.TroubleAsync(),
            finding => (finding.ControlId, finding.Server, finding.Status) == ("DB-026", server, FindingStatus.Fail));
        ReplicationStatus[] statuses = [.. ReplicationStatus.Of(await bed.SurveyAsync())];
        Assert.Equal(what != "quorum-lost", statuses.Single(one => one.Server == "web-01").HasQuorum);
        if (what == "quorum-lost")
        {
            Assert.Equal(false, statuses.Single(one => one.Server == "web-01").TakesWrites);
            FoobarException refused = await Assert.ThrowsAsync<FoobarException>(
                () => bed.Operation().RunAsync(new FailoverOptions(), null, TestContext.Current.CancellationToken));
            Assert.Equal("FailoverRefused", refused.ErrorId);
            Assert.Contains("NoQuorum", refused.Message, StringComparison.Ordinal);
            return;
        }

        // Two are a majority: writes go on, and may be moved between them, and to nobody else.
        FoobarException away = await Assert.ThrowsAsync<FoobarException>(
            () => bed.Operation().RunAsync(new FailoverOptions { To = "db-03" }, null, TestContext.Current.CancellationToken));
        Assert.Contains(
            what == "member-killed" ? "Unreachable on db-03" : "NotInMajority on db-03", away.Message, StringComparison.Ordinal);
        FailoverResult result = await bed.Operation().RunAsync(
            new FailoverOptions { To = "web-02" }, null, TestContext.Current.CancellationToken);
        Assert.True(
            (result.Outcome, result.Proof.Verdict) == (PlanOutcome.Completed, ProofVerdict.Proven),
            $"{result.Outcome}, {result.Proof.Verdict}: {result.Error}");
    }

    // The member that writes are led to dies: they are led to one that is in the majority.
    private async Task LoseTheWriterAsync(ClusterBed bed)
    {
        await bed.Lab.RunAsync("web-01", ClusterFaults.Kill);
        long began = Stopwatch.GetTimestamp();
        FailoverResult? result = null;
        await ClusterBed.UntilAsync(
            async () =>
            {
                try
                {
                    result = await bed.Operation().RunAsync(new FailoverOptions(), null, TestContext.Current.CancellationToken);
                    return true;
                }
                catch (FoobarException early) when (early.ErrorId is "FailoverRefused")
                {
                    return false;
                }
            },
            "the others have noticed");
        output.WriteLine(
            $"Writes were led to {result!.NewPrimary} {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s after the death of web-01");
        Assert.Equal((PlanOutcome.Completed, ProofVerdict.Unprovable, "web-01"), (result.Outcome, result.Proof.Verdict, result.OldPrimary));
        Assert.Equal([result.NewPrimary], await bed.OpenAsync());
        await bed.Lab.RunAsync("web-01", ClusterFaults.Start, limit: TimeSpan.FromMinutes(2));
    }
}
