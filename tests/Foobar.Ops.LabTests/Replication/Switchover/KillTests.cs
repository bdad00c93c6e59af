using System.Globalization;
using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Lab.Load;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Switchover;
using Foobar.Ops.Planning;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Replication.Switchover;

/// <summary>
/// A switchover that gets SIGKILL at each of its steps, and what its resume makes of it. With FOOBAR_UPDATE_DOCS=1 the
/// table in docs/failover-kills.md is written anew; else it is held to what is seen.
/// </summary>
[Collection(LabCollection.Name)]
public sealed class KillTests(LabFixture labs)
{
    private static readonly string[] Steps =
        [
            "mark", "persist-old", "attach-old", "drain", "close-endpoint", "fence", "catch-up", "promote", "open-endpoint", "verify",
            "detach-new", "persist-new", "redundancy",
        ];

    /// <summary>Every step on both flavours; in the default run one a flavour, which the seed chooses.</summary>
    public static TheoryData<string, string> Kills => new(
        from flavour in (string[])["MariaDb", "MySql"]
        from step in Steps.Index()
        where Sample.Has(step.Index + (flavour == "MySql" ? 9 : 0), Steps.Length)
        select (flavour, step.Item));

    [Theory]
    [MemberData(nameof(Kills))]
    public async Task Killed_after_a_step_it_leaves_no_two_primaries_and_a_resume_leaves_one(string flavour, string step)
    {
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        KillRow row = await KillAsync(bed, step, TimeSpan.Zero);
        KillTable.Hold(flavour, row);
    }

    [Theory]
    [MemberData(nameof(FailoverBed.Flavours), MemberType = typeof(FailoverBed))]
    public async Task Killed_within_a_step_it_leaves_no_two_primaries_and_a_resume_leaves_one(string flavour)
    {
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);

        // After the drain the swift steps follow, each of some milliseconds: the delays meet all of them.
        foreach (double delay in Sample.IsAll ? (double[])[0.5, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 50] : [1, 6])
        {
            await KillAsync(bed, "drain", TimeSpan.FromMilliseconds(delay));
        }
    }

    private static async Task<KillRow> KillAsync(FailoverBed bed, string step, TimeSpan delay)
    {
        string[] members = ["web-01", "web-02"];
        string old = Assert.Single(await bed.PrimariesAsync());
        string candidate = members.Single(member => member != old);
        await using OrderWriters writers = await OrderWriters.StartAsync(
            bed.Lab, "web-02", 2, TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        await using RoleSampler sampler = await RoleSampler.StartAsync(bed.Lab, members, TestContext.Current.CancellationToken);
        await DoomedOperation.KillAsync(bed, candidate, step, delay);
        await Task.Delay(TimeSpan.FromMilliseconds(300), TestContext.Current.CancellationToken);
        IReadOnlyList<string> left = await bed.PrimariesAsync();
        await AssertSecondIsToldAsync(bed, step);
        FailoverResult result = await bed.Resume().ResumeAsync(new FailoverOptions(), null, TestContext.Current.CancellationToken);
        await Task.Delay(TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken);
        IReadOnlyList<OrderWrite> writes = await writers.StopAsync();
        Assert.Null(RoleSampler.Both(await sampler.StopAsync()));
        Assert.Null(result.Error);
        Assert.Equal(ProofVerdict.Proven, result.Proof.Verdict);
        string primary = Assert.Single(await bed.PrimariesAsync());
        Assert.Equal(result.Outcome == PlanOutcome.Completed ? candidate : old, primary);
        await bed.AssertKeptAsync(writers, writes, primary);
        return new(
            step,
            left.Count == 0 ? "none" : left[0] == old ? "the old primary" : "the new primary",
            result.Outcome,
            primary == old ? "the old primary" : "the new primary");
    }

    // On another machine there is no journal: the marker on the databases tells.
    private static async Task AssertSecondIsToldAsync(FailoverBed bed, string step)
    {
        if (step == "redundancy")
        {
            // All is done but the journal's last line.
            return;
        }

        FoobarException told = await Assert.ThrowsAsync<FoobarException>(() =>
            new SwitchoverOperation(bed.Session, new OperationStore(bed.Session.Site.Name, Path.Combine(bed.State, "elsewhere")))
                .RunAsync(new FailoverOptions(), null, TestContext.Current.CancellationToken));
        Assert.Equal("OperationRunning", told.ErrorId);
        Assert.Contains(
            string.Create(CultureInfo.InvariantCulture, $"by {Environment.UserName} on {Environment.MachineName} (process "),
            told.Message, StringComparison.Ordinal);
        Assert.Contains("since ", told.Message, StringComparison.Ordinal);
        FoobarException here = await Assert.ThrowsAsync<FoobarException>(
            () => bed.Operation().RunAsync(new FailoverOptions(), null, TestContext.Current.CancellationToken));
        Assert.Equal("OperationUnfinished", here.ErrorId);
    }
}
