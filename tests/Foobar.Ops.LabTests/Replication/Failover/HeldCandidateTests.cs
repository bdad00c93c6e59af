using Foobar.Ops.Errors;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Failover;
using Foobar.Ops.Operations.Replication.Rejoin;
using Foobar.Ops.Planning;

namespace Foobar.Ops.LabTests.Replication.Failover;

/// <summary>
/// The primary dies while a backup holds a lock on its replica, for which all that was received and the promotion would wait.
/// </summary>
[Collection(OtherLabCollection.Name)]
public sealed class HeldCandidateTests(LabFixture labs)
{
    [Theory]
    [MemberData(nameof(FailoverBed.Flavours), MemberType = typeof(FailoverBed))]
    public async Task The_one_who_holds_the_candidate_is_named_at_once(string flavour)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        OperationStore store = new(bed.Session.Site.Name, bed.State);
        await bed.WaitUntilCaughtUpAsync();
        await bed.Lab.RunAsync(
            "web-02",
            "systemd-run --quiet --collect --unit=foobar-held sh -c '(echo \"FLUSH TABLES WITH READ LOCK;\"; sleep 3600) | mysql "
                + "--unbuffered'; sleep 2",
            cancel: cancel);
        Disaster disaster = new(bed.Lab, DisasterKind.Killed, "web-01", "web-02");
        FailoverResult result;
        try
        {
            await disaster.StrikeAsync(cancel);
            FoobarException refused = await Assert.ThrowsAsync<FoobarException>(
                () => new FailoverOperation(bed.Session, store).RunAsync(new FailoverOptions(), null, cancel));
            Assert.Equal("FailoverRefused", refused.ErrorId);
            Assert.Contains("GlobalLock on web-02", refused.Message, StringComparison.Ordinal);
            Assert.Contains("of root from", refused.Message, StringComparison.Ordinal);
            Assert.Contains("KILL", refused.Recommendation, StringComparison.Ordinal);
            await bed.Lab.RunAsync("web-02", "systemctl stop foobar-held.service", cancel: cancel);
            result = await new FailoverOperation(bed.Session, store).RunAsync(new FailoverOptions(), null, cancel);
        }
        finally
        {
            await bed.Lab.ExecAsync("web-02", "systemctl stop foobar-held.service", cancel: CancellationToken.None);
            await disaster.MendAsync(CancellationToken.None);
        }

        Assert.Equal((PlanOutcome.Degraded, ProofVerdict.Proven), (result.Outcome, result.Proof.Verdict));
        RejoinResult repair = await new RejoinOperation(bed.Session, store).RunAsync(new RejoinOptions { Server = "web-01" }, null, cancel);
        Assert.Equal((PlanOutcome.Completed, null), (repair.Outcome, repair.Error));
        await bed.WaitUntilCaughtUpAsync();
    }
}
