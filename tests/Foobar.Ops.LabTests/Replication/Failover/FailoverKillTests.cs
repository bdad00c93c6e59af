using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab.Load;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Rejoin;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Replication.Failover;

/// <summary>
/// An emergency failover that gets SIGKILL at each of its steps, and what its resume makes of it. With FOOBAR_UPDATE_DOCS=1
/// the table in docs/emergency-kills.md is written anew; else it is held to what is seen.
/// </summary>
[Collection(OtherLabCollection.Name)]
public sealed class FailoverKillTests(LabFixture labs)
{
    private static readonly string[] Steps =
        [
            "close-endpoint", "fence-old", "catch-up", "salvage", "promote", "open-endpoint", "verify", "hold-fence", "keep-login",
            "detach-new", "persist-new", "redundancy",
        ];

    /// <summary>Every step on both flavours; in the default run one on one of them, which the seed chooses.</summary>
    public static TheoryData<string, string> Kills => new(
        from flavour in ((string[])["MariaDb", "MySql"]).Index()
        from step in Steps.Index()
        where Sample.Has((flavour.Index * Steps.Length) + step.Index, 2 * Steps.Length)
        select (flavour.Item, step.Item));

    /// <summary>After which step, and how many milliseconds later.</summary>
    public static TheoryData<string, int> Moments => new(
        from flavour in (string[])["MariaDb", "MySql"]
        from delay in (int[])[30, 90, 150, 250, 350, 450]
        where Sample.IsAll || (flavour == "MariaDb" && delay == 150)
        select (flavour, delay));

    [Theory]
    [MemberData(nameof(Kills))]
    public async Task Killed_after_a_step_it_leaves_no_two_primaries_and_a_resume_leaves_one(string flavour, string step)
    {
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        KillTable.Hold(flavour, await KillAsync(bed, step, TimeSpan.Zero), "emergency-kills.md");
    }

    [Theory]
    [MemberData(nameof(Moments))]
    public async Task Killed_within_a_step_it_leaves_no_two_primaries_and_a_resume_leaves_one(string flavour, int delay)
    {
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        await KillAsync(bed, "close-endpoint", TimeSpan.FromMilliseconds(delay));
    }

    private static async Task<KillRow> KillAsync(FailoverBed bed, string step, TimeSpan delay)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        string[] members = ["web-01", "web-02"];
        string old = Assert.Single(await bed.PrimariesAsync());
        string candidate = members.Single(member => member != old);
        Disaster disaster = new(bed.Lab, DisasterKind.Killed, old, candidate);
        await using OrderWriters writers = await OrderWriters.StartAsync(bed.Lab, candidate, 2, TimeSpan.FromMilliseconds(20), cancel);
        await using RoleSampler sampler = await RoleSampler.StartAsync(bed.Lab, members, cancel);
        IReadOnlyList<string> left;
        FailoverResult result;
        try
        {
            await disaster.StrikeAsync(cancel);
            await DoomedOperation.KillAsync(bed, "", step, delay);
            await Task.Delay(TimeSpan.FromMilliseconds(300), cancel);
            left = await bed.PrimariesAsync();
            FoobarException here = await Assert.ThrowsAsync<FoobarException>(
                () => bed.Operation().RunAsync(new FailoverOptions(), null, cancel));
            Assert.Equal("OperationUnfinished", here.ErrorId);
            result = await bed.Resume().ResumeAsync(new FailoverOptions(), null, cancel);
        }
        finally
        {
            await disaster.MendAsync(CancellationToken.None);
        }

        bool moved = result.Outcome == PlanOutcome.Degraded;
        if (!moved)
        {
            // What is undone may start again; one that was dead before, and not fenced yet, is not started by a resume.
            await disaster.RecoverAsync(cancel);
        }

        Assert.Contains(result.Outcome, (PlanOutcome[])[PlanOutcome.Degraded, PlanOutcome.Undone]);
        string primary = await PrimaryAsync(bed);
        Assert.Equal(moved ? candidate : old, primary);
        await Task.Delay(TimeSpan.FromMilliseconds(500), cancel);
        IReadOnlyList<OrderWrite> writes = await writers.StopAsync();
        if (moved)
        {
            Assert.Equal(ProofVerdict.Proven, result.Proof.Verdict);
            RejoinResult repair = await new RejoinOperation(bed.Session, new OperationStore(bed.Session.Site.Name, bed.State))
                .RunAsync(new RejoinOptions { Server = old }, null, cancel);
            Assert.Equal((PlanOutcome.Completed, RejoinMethod.Rejoin, null), (repair.Outcome, repair.Method, repair.Error));
        }

        await bed.WaitUntilCaughtUpAsync();
        Assert.Null(RoleSampler.Both(await sampler.StopAsync()));
        Assert.Equal("", Assert.Single((await bed.TopologyAsync()).Links).Errant);
        Assert.Empty(
            writes.Where(write => write.IsAcknowledged).Select(write => write.Id).Except(await writers.ReadAsync(bed.Lab, primary)));
        return new(
            step,
            left.Count == 0 ? "none" : left[0] == old ? "the old primary" : "the new primary",
            result.Outcome,
            primary == old ? "the old primary" : "the new primary");
    }

    // One that was undone starts the old primary again, which recovers first.
    private static async Task<string> PrimaryAsync(FailoverBed bed)
    {
        for (int attempt = 0; attempt < 120; attempt++)
        {
            if (await bed.PrimariesAsync() is [{ } only])
            {
                return only;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500), TestContext.Current.CancellationToken);
        }

        Assert.Fail("There is no primary a minute after the resume.");
        return "";
    }
}
