using System.Diagnostics;
using Foobar.Ops.Lab.Load;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Planning;

namespace Foobar.Ops.LabTests.Replication.Switchover;

/// <summary>A switchover that is given up on its way, most of them just before the candidate is promoted.</summary>
[Collection(LabCollection.Name)]
public sealed class UndoTests(LabFixture labs, ITestOutputHelper output)
{
    [Theory]
    [MemberData(nameof(FailoverBed.Flavours), MemberType = typeof(FailoverBed))]
    public async Task Writes_go_on_at_the_old_primary(string flavour)
    {
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        await using OrderWriters writers = await OrderWriters.StartAsync(
            bed.Lab, "web-02", 2, TimeSpan.FromMilliseconds(10), TestContext.Current.CancellationToken);
        FailoverResult result = await GiveUpAsync(bed, () => { });
        long undone = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        IReadOnlyList<OrderWrite> writes = await writers.StopAsync();
        Assert.Equal((PlanOutcome.Undone, ProofVerdict.Proven), (result.Outcome, result.Proof.Verdict));
        Assert.Equal("web-01", Assert.Single(await bed.PrimariesAsync()));
        Assert.Contains(writes, write => write.IsAcknowledged && write.Begun > undone);
    }

    /// <summary>The old primary replicates from the candidate by then, so nothing that the candidate took is left behind.</summary>
    [Fact]
    public async Task What_the_candidate_took_is_on_both_afterwards()
    {
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, "MariaDb");
        FailoverResult result = await GiveUpAsync(bed, () => WriteOnCandidate(bed, "undo-both"));
        Assert.Equal(PlanOutcome.Undone, result.Outcome);
        Assert.Equal("web-01", Assert.Single(await bed.PrimariesAsync()));
        await AssertOnBothAsync(bed, "undo-both");
    }

    /// <summary>
    /// Whoever follows the candidate has to log in there; what shows only when it is tried is tried before anything moves.
    /// </summary>
    [Theory]
    [MemberData(nameof(FailoverBed.Flavours), MemberType = typeof(FailoverBed))]
    public async Task A_replication_login_that_the_candidate_refuses_is_told_at_once(string flavour)
    {
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        Task<string> ChangeAsync(string password) => bed.Lab.RunAsync("web-01", $"""
            host=$(mysql -N -e "SELECT host FROM mysql.user WHERE user = 'repl'")
            mysql -e "ALTER USER repl@'$host' IDENTIFIED BY '{password}'"
            """);
        await ChangeAsync("another-5Z");
        try
        {
            FailoverResult result = await bed.Operation().RunAsync(new FailoverOptions(), null, TestContext.Current.CancellationToken);
            StepResult refused = result.Steps.First(step => step.Error is not null);
            Assert.Equal((PlanOutcome.Undone, "attach-old"), (result.Outcome, refused.Step));
            Assert.Contains("1045", result.Error, StringComparison.Ordinal);
            Assert.NotNull(result.Recommendation);

            // As long as a receiver may go on trying where it is not known to be in vain.
            Assert.InRange(refused.Duration, TimeSpan.Zero, TimeSpan.FromSeconds(15));
            Assert.Equal("web-01", Assert.Single(await bed.PrimariesAsync()));
        }
        finally
        {
            await ChangeAsync(bed.Lab.Plan.Secrets.Replication);
            await bed.WaitUntilCaughtUpAsync();
        }
    }

    /// <summary>If it does not get there, to go back would leave the two apart: then the switch is finished instead.</summary>
    [Fact]
    public async Task What_the_candidate_alone_holds_is_not_left_behind()
    {
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, "MariaDb");
        Task again = Task.CompletedTask;
        FailoverResult result = await GiveUpAsync(bed, () =>
        {
            bed.Lab.RunAsync("web-01", "mysql -e 'STOP ALL SLAVES'").GetAwaiter().GetResult();
            WriteOnCandidate(bed, "undo-alone");
            again = bed.Lab.RunAsync("web-01", "sleep 2; mysql -e 'START ALL SLAVES'");
        });
        await again;
        Assert.Equal(PlanOutcome.Degraded, result.Outcome);
        Assert.Equal("web-02", Assert.Single(await bed.PrimariesAsync()));
        await AssertOnBothAsync(bed, "undo-alone");
    }

    /// <summary>
    /// A backup that takes its lock while the switchover is already under way: what waits for it is told in our own words, and writes go
    /// on.
    /// </summary>
    [Theory]
    [MemberData(nameof(FailoverBed.Flavours), MemberType = typeof(FailoverBed))]
    public async Task A_global_read_lock_taken_on_the_way_ends_it_whole(string flavour)
    {
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        FailoverResult result;
        try
        {
            result = await bed.Operation().RunAsync(
                new FailoverOptions(), new AfterStep(
                    "drain", () => bed.Lab.RunAsync("web-01", HoldLock).GetAwaiter().GetResult()), TestContext.Current.CancellationToken);
        }
        finally
        {
            await bed.Lab.RunAsync("web-01", "systemctl stop foobar-held.service");
        }

        output.WriteLine(
            $"{flavour}: {result.Outcome}, {result.Proof.Verdict}, {result.Error}, {result.Recommendation}; "
                + $"{string.Join("; ", result.Steps.Select(static step => $"{step.Step} {step.Outcome} {step.Duration.TotalSeconds:0.0} s {step.Error}"))}");
        await bed.WaitUntilCaughtUpAsync();
        string primary = Assert.Single(await bed.PrimariesAsync());

        // Where the old primary's applier waits for the lock, the switch is whole and its redundancy is not.
        Assert.Equal(result.Outcome == PlanOutcome.Undone ? "web-01" : "web-02", primary);
        Assert.Equal(ProofVerdict.Proven, result.Proof.Verdict);
        Assert.DoesNotContain(result.Steps, static step => step.Error?.Contains("DataReader", StringComparison.Ordinal) == true);
        if (result.Outcome != PlanOutcome.Completed)
        {
            Assert.Contains("web-01", result.Error, StringComparison.Ordinal);
            Assert.NotEmpty(result.Recommendation ?? "");
        }

        await using OrderWriters writers = await OrderWriters.StartAsync(
            bed.Lab, "web-02", 1, TimeSpan.FromMilliseconds(10), TestContext.Current.CancellationToken);
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        Assert.Contains(await writers.StopAsync(), static write => write.IsAcknowledged);
    }

    private const string HoldLock =
        "systemd-run --quiet --collect --unit=foobar-held sh -c '(echo \"FLUSH TABLES WITH READ LOCK;\"; sleep 3600) | mysql "
            + "--unbuffered'; sleep 2";

    // As root, whom a read-only database does not hinder.
    private static void WriteOnCandidate(FailoverBed bed, string id) =>
        bed.Lab.RunAsync("web-02", $"mysql -e \"INSERT INTO shop.orders (id, body, app) VALUES ('{id}', 'x', 'test')\"")
            .GetAwaiter()
            .GetResult();

    private static async Task AssertOnBothAsync(FailoverBed bed, string id)
    {
        await bed.WaitUntilCaughtUpAsync();
        Assert.Equal("", Assert.Single((await bed.TopologyAsync()).Links).Errant);
        foreach (string server in (string[])["web-01", "web-02"])
        {
            Assert.Equal(
                "1", (await bed.Lab.RunAsync(server, $"mysql -N -e \"SELECT COUNT(*) FROM shop.orders WHERE id = '{id}'\"")).Trim());
        }
    }

    private static async Task<FailoverResult> GiveUpAsync(FailoverBed bed, Action before)
    {
        using CancellationTokenSource cancel = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        return await bed.Operation().RunAsync(new FailoverOptions(), new AfterStep("catch-up", () =>
        {
            before();
            cancel.Cancel();
        }), cancel.Token);
    }

    /// <summary>Told of each step on the plan's own thread, before the next one begins.</summary>
    private sealed class AfterStep(string step, Action then) : IProgress<StepResult>
    {
        public void Report(StepResult value)
        {
            if (value.Step == step && value.Outcome == StepOutcome.Done)
            {
                then();
            }
        }
    }
}
