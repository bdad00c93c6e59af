using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Lab.Load;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Resumption;
using Foobar.Ops.Planning;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Replication.Resumption;

/// <summary>
/// Two operators: B is held up (SIGSTOP) at each step of a switchover, A ends what B began and moves writes as a whole, and B
/// goes on. With FOOBAR_UPDATE_DOCS=1 the table in docs/failover-two-operators.md is written anew; else it is held to what is seen.
/// </summary>
[Collection(LabCollection.Name)]
public sealed class TwoOperatorsTests(LabFixture labs)
{
    private static readonly string[] Members = ["web-01", "web-02"];

    // What A does at once counts B as lost at once; a real one is lost after a minute without a sign of life.
    private static readonly FailoverOptions Now = new() { LostAfter = TimeSpan.Zero };

    private static readonly string[] Steps =
        [
            PausedOperation.Locked, "mark", "persist-old", "attach-old", "drain", "close-endpoint", "fence", "catch-up", "promote",
            "open-endpoint", "verify", "detach-new", "persist-new",
        ];

    /// <summary>Every step on both flavours; in the default run one of them on each, others each day.</summary>
    public static TheoryData<string, string> Pauses => new(
        from flavour in (string[])["MariaDb", "MySql"]
        from step in Steps.Index()
        where Sample.Has(step.Index + (flavour == "MySql" ? 6 : 0), Steps.Length)
        select (flavour, step.Item));

    [Theory]
    [MemberData(nameof(Pauses))]
    public async Task One_who_was_held_up_does_no_harm_when_he_goes_on(string flavour, string step)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        string old = Assert.Single(await bed.PrimariesAsync());
        string candidate = Members.Single(member => member != old);
        await using OrderWriters writers = await OrderWriters.StartAsync(bed.Lab, "web-02", 2, TimeSpan.FromMilliseconds(20), cancel);
        await using RoleSampler sampler = await RoleSampler.StartAsync(bed.Lab, Members, cancel);
        using PausedOperation late = await PausedOperation.StartAsync(bed, Path.Combine(bed.State, "late"), new(old, candidate), step);
        PlanOutcome? ended = step == PausedOperation.Locked ? null : (await bed.Resume().TakeOverAsync(Now, null, cancel)).Outcome;
        FailoverResult moved = await bed.Operation().RunAsync(Now, null, cancel);
        Assert.Equal((PlanOutcome.Completed, null, ProofVerdict.Proven), (moved.Outcome, moved.Error, moved.Proof.Verdict));

        string said = await late.GoOnAsync();
        Assert.Contains("another operator took this operation's place", said, StringComparison.Ordinal);
        await Task.Delay(TimeSpan.FromMilliseconds(300), cancel);
        IReadOnlyList<OrderWrite> writes = await writers.StopAsync();
        Assert.Null(RoleSampler.Both(await sampler.StopAsync()));
        await AssertWholeAsync(bed, moved.NewPrimary);
        await bed.AssertKeptAsync(writers, writes, moved.NewPrimary);
        await Task.WhenAll(
            Members.Select(
                member => bed.Lab.RunAsync(
                    member,
                    "systemctl restart $(systemctl show -p Id --value mysql.service mariadb.service | grep -m 1 service)",
                    limit: TimeSpan.FromMinutes(2), cancel: cancel)));
        await bed.WaitUntilCaughtUpAsync();
        await AssertWholeAsync(bed, moved.NewPrimary);
        ResumeOperation again = new(bed.Session, new OperationStore(bed.Session.Site.Name, Path.Combine(bed.State, "late")));
        FoobarException nothing = await Assert.ThrowsAsync<FoobarException>(() => again.ResumeAsync(new FailoverOptions(), null, cancel));
        Assert.Equal("NothingToResume", nothing.ErrorId);
        KillTable.Hold(
            $"| {flavour} | {step} | {ended?.ToString() ?? "nothing to end"} | {said.Split(' ')[0]} |",
            $"| {flavour} | {step} |", "failover-two-operators.md");
    }

    /// <summary>While B looked at the question, A switched over.</summary>
    [Theory]
    [MemberData(nameof(FailoverBed.Flavours), MemberType = typeof(FailoverBed))]
    public async Task What_runs_is_what_was_confirmed_or_a_refusal(string flavour)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        FailoverPreview shown = await bed.Operation().PreviewAsync(new FailoverOptions(), cancel);
        FailoverResult other = await bed.Operation().RunAsync(new FailoverOptions(), null, cancel);
        Assert.Equal(PlanOutcome.Completed, other.Outcome);
        await bed.WaitUntilCaughtUpAsync();
        FoobarException refused = await Assert.ThrowsAsync<FoobarException>(
            () => bed.Operation().RunAsync(new FailoverOptions { Confirmed = new(shown.OldPrimary!, shown.NewPrimary!) }, null, cancel));
        Assert.Equal("PlanChanged", refused.ErrorId);
        Assert.Contains($"{shown.OldPrimary} -> {shown.NewPrimary} was asked for", refused.Message, StringComparison.Ordinal);
        await AssertWholeAsync(bed, shown.NewPrimary!);
    }

    /// <summary>
    /// One primary, now and after a restart; the other follows it; the write endpoint leads to it alone, now and after a reload.
    /// </summary>
    private static async Task AssertWholeAsync(FailoverBed bed, string primary)
    {
        ReplicationTopology topology = await bed.TopologyAsync();
        Assert.Equal(
            [primary],
            topology.Members.Where(member => topology.Facts(member.Name)!.Guard.Value!.TakesWrites).Select(member => member.Name));
        Assert.All(
            topology.Members, member => Assert.Equal(member.Name != primary, topology.Facts(member.Name)!.Guard.Value!.PersistedReadOnly));
        Assert.Equal(primary, Assert.Single(topology.Links).Source);
        string open = await bed.Lab.RunAsync(
            "lb-01",
            "echo show servers state mysql-write | socat - /run/haproxy/admin.sock | awk 'NF > 6 && $1 != \"#\" && $7 % 2 == 0 && int($7 / "
                + "8) % 2 == 0 { print $4 }'");
        Assert.Equal(primary, open.Trim());
        string configured = await bed.Lab.RunAsync(
            "lb-01",
            "awk '/^backend/ { inside = ($2 == \"mysql-write\") } inside && $1 == \"server\" && !/ disabled/ { print $2 }' "
                + "/etc/haproxy/haproxy.cfg");
        Assert.Equal(primary, configured.Trim());
    }
}
