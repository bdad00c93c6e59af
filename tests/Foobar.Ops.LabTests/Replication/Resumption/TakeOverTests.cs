using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Lab.Load;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Failover;
using Foobar.Ops.Operations.Replication.Rejoin;
using Foobar.Ops.Operations.Replication.Resumption;
using Foobar.Ops.Operations.Replication.Switchover;
using Foobar.Ops.Planning;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Replication.Resumption;

/// <summary>
/// A failover whose machine is lost, with its journal: another operator ends it on his, and the lost machine does no harm
/// when it comes back.
/// </summary>
[Collection(OtherLabCollection.Name)]
public sealed class TakeOverTests(LabFixture labs)
{
    private static readonly string[] Members = ["web-01", "web-02"];

    /// <summary>
    /// The steps of a switchover after which it leaves something to end, and how that ends; right after the endpoint was
    /// opened, by whether the new primary has writes by then that the old one lacks.
    /// </summary>
    public static TheoryData<string, string, PlanOutcome?> Switchovers => Sampled(
    [
        ("mark", (PlanOutcome?)PlanOutcome.Undone), ("persist-old", PlanOutcome.Undone), ("attach-old", PlanOutcome.Undone),
        ("drain", PlanOutcome.Undone),
        ("fence", PlanOutcome.Undone), ("catch-up", PlanOutcome.Undone), ("open-endpoint", null), ("verify", PlanOutcome.Completed),
        ("detach-new", PlanOutcome.Completed), ("persist-new", PlanOutcome.Completed),
    ]);

    /// <summary>
    /// The steps of an emergency failover, and whether the next one is another emergency failover: else it is taken over.
    /// </summary>
    public static TheoryData<string, string, bool> Emergencies => Sampled(
    [
        ("close-endpoint", true), ("fence-old", true), ("catch-up", true), ("salvage", true), ("promote", true),
        ("open-endpoint", false), ("verify", false), ("hold-fence", false), ("keep-login", false), ("detach-new", false),
        ("persist-new", false),
    ]);

    [Theory]
    [MemberData(nameof(Switchovers))]
    public async Task Another_operator_ends_a_switchover_by_its_marker(string flavour, string step, PlanOutcome? outcome)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        string old = Assert.Single(await bed.PrimariesAsync());
        string candidate = Members.Single(member => member != old);
        await using OrderWriters writers = await OrderWriters.StartAsync(bed.Lab, "web-02", 2, TimeSpan.FromMilliseconds(20), cancel);
        await using RoleSampler sampler = await RoleSampler.StartAsync(bed.Lab, Members, cancel);
        await DoomedOperation.KillAsync(bed, candidate, step, TimeSpan.Zero);
        await Task.Delay(TimeSpan.FromMilliseconds(300), cancel);

        FoobarException told = await Assert.ThrowsAsync<FoobarException>(
            () => Elsewhere(bed).RunAsync(new FailoverOptions(), null, cancel));
        Assert.Equal("OperationRunning", told.ErrorId);
        Assert.Contains("Resume-FoobarFailover -TakeOver", told.Recommendation, StringComparison.Ordinal);
        FailoverResult result = await ResumeElsewhere(bed).TakeOverAsync(new FailoverOptions(), null, cancel);

        Assert.Equal((outcome ?? result.Outcome, null, ProofVerdict.Proven), (result.Outcome, result.Error, result.Proof.Verdict));
        string primary = result.Outcome == PlanOutcome.Completed ? candidate : old;
        Assert.Equal([primary], await bed.PrimariesAsync());
        await AssertSupersededAsync(bed);
        Assert.Equal([primary], await bed.PrimariesAsync());
        await Task.Delay(TimeSpan.FromMilliseconds(200), cancel);
        IReadOnlyList<OrderWrite> writes = await writers.StopAsync();
        Assert.Null(RoleSampler.Both(await sampler.StopAsync()));
        await bed.AssertKeptAsync(writers, writes, primary);
        Assert.Equal(
            "NothingToResume",
            (await Assert.ThrowsAsync<FoobarException>(
                () => ResumeElsewhere(bed).TakeOverAsync(new FailoverOptions(), null, cancel))).ErrorId);
    }

    [Theory]
    [MemberData(nameof(Emergencies))]
    public async Task Another_operator_ends_an_emergency_failover(string flavour, string step, bool again)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        string old = Assert.Single(await bed.PrimariesAsync());
        string candidate = Members.Single(member => member != old);
        Disaster disaster = new(bed.Lab, DisasterKind.Killed, old, candidate);
        await using OrderWriters writers = await OrderWriters.StartAsync(bed.Lab, candidate, 2, TimeSpan.FromMilliseconds(20), cancel);
        await using RoleSampler sampler = await RoleSampler.StartAsync(bed.Lab, Members, cancel);
        FailoverResult result;
        try
        {
            await disaster.StrikeAsync(cancel);
            await DoomedOperation.KillAsync(bed, "", step, TimeSpan.Zero);
            await Task.Delay(TimeSpan.FromMilliseconds(300), cancel);
            result = again
                ? await new FailoverOperation(bed.Session, ElsewhereStore(bed)).RunAsync(new FailoverOptions(), null, cancel)
                : await ResumeElsewhere(bed).TakeOverAsync(new FailoverOptions(), null, cancel);
        }
        finally
        {
            await disaster.MendAsync(CancellationToken.None);
        }

        Assert.Equal((PlanOutcome.Degraded, ProofVerdict.Proven), (result.Outcome, result.Proof.Verdict));
        Assert.StartsWith("nothing replicates from", result.Error, StringComparison.Ordinal);
        Assert.Equal([candidate], await bed.PrimariesAsync());
        await AssertSupersededAsync(bed);
        Assert.Equal([candidate], await bed.PrimariesAsync());
        RejoinResult repair = await new RejoinOperation(bed.Session, ElsewhereStore(bed))
            .RunAsync(new RejoinOptions { Server = old }, null, cancel);
        Assert.Equal((PlanOutcome.Completed, RejoinMethod.Rejoin, null), (repair.Outcome, repair.Method, repair.Error));
        await Task.Delay(TimeSpan.FromMilliseconds(500), cancel);
        IReadOnlyList<OrderWrite> writes = await writers.StopAsync();
        Assert.Null(RoleSampler.Both(await sampler.StopAsync()));
        await bed.AssertKeptAsync(writers, writes, candidate);
    }

    /// <summary>
    /// A switchover that was killed can't be ended without the primary that died after it; nor may it keep the emergency out.
    /// </summary>
    [Theory]
    [MemberData(nameof(FailoverBed.Flavours), MemberType = typeof(FailoverBed))]
    public async Task A_primary_that_dies_in_a_switchover_is_replaced(string flavour)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        string old = Assert.Single(await bed.PrimariesAsync());
        string candidate = Members.Single(member => member != old);
        Disaster disaster = new(bed.Lab, DisasterKind.Killed, old, candidate);
        await using OrderWriters writers = await OrderWriters.StartAsync(bed.Lab, candidate, 2, TimeSpan.FromMilliseconds(20), cancel);
        FailoverResult result;
        try
        {
            await DoomedOperation.KillAsync(bed, candidate, "fence", TimeSpan.Zero);
            await disaster.StrikeAsync(cancel);
            FoobarException stuck = await Assert.ThrowsAnyAsync<FoobarException>(
                () => bed.Resume().ResumeAsync(new FailoverOptions(), null, cancel));
            Assert.Equal(old, stuck.Server);
            Assert.Contains("-Emergency", stuck.Recommendation, StringComparison.Ordinal);
            result = await new FailoverOperation(bed.Session, new OperationStore(bed.Session.Site.Name, bed.State))
                .RunAsync(new FailoverOptions(), null, cancel);
        }
        finally
        {
            await disaster.MendAsync(CancellationToken.None);
        }

        Assert.Equal((PlanOutcome.Degraded, ProofVerdict.Proven), (result.Outcome, result.Proof.Verdict));
        Assert.Equal([candidate], await bed.PrimariesAsync());
        Assert.Equal(
            "NothingToResume",
            (await Assert.ThrowsAsync<FoobarException>(() => bed.Resume().ResumeAsync(new FailoverOptions(), null, cancel))).ErrorId);
        RejoinResult repair = await new RejoinOperation(bed.Session, new OperationStore(bed.Session.Site.Name, bed.State))
            .RunAsync(new RejoinOptions { Server = old }, null, cancel);
        Assert.Equal((PlanOutcome.Completed, null), (repair.Outcome, repair.Error));
        await bed.AssertKeptAsync(writers, await writers.StopAsync(), candidate);
    }

    private static OperationStore ElsewhereStore(FailoverBed bed) => new(bed.Session.Site.Name, Path.Combine(bed.State, "elsewhere"));

    private static SwitchoverOperation Elsewhere(FailoverBed bed) => new(bed.Session, ElsewhereStore(bed));

    private static ResumeOperation ResumeElsewhere(FailoverBed bed) => new(bed.Session, ElsewhereStore(bed));

    // The lost machine comes back, with its journal.
    private static async Task AssertSupersededAsync(FailoverBed bed)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        FoobarException superseded = await Assert.ThrowsAsync<FoobarException>(
            () => bed.Resume().ResumeAsync(new FailoverOptions(), null, cancel));
        Assert.Equal("OperationSuperseded", superseded.ErrorId);
        Assert.Contains($"by {OperationMarker.Holder}", superseded.Message, StringComparison.Ordinal);
        Assert.Equal(
            "NothingToResume",
            (await Assert.ThrowsAsync<FoobarException>(() => bed.Resume().ResumeAsync(new FailoverOptions(), null, cancel))).ErrorId);
    }

    // Every step on both flavours; in the default run one of them, which the seed chooses.
    private static TheoryData<string, string, T> Sampled<T>((string Step, T Expected)[] steps) => new(
        from flavour in ((string[])["MariaDb", "MySql"]).Index()
        from step in steps.Index()
        where Sample.Has((flavour.Index * steps.Length) + step.Index, 2 * steps.Length)
        select (flavour.Item, step.Item.Step, step.Item.Expected));
}
