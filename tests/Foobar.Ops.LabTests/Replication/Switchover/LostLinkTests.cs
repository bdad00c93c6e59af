using Foobar.Ops.Errors;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Switchover;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Replication.Switchover;

/// <summary>The operator's link is cut in the middle of a switchover: he is told how it stands, and has a way to end it.</summary>
[Collection(OtherLabCollection.Name)]
public sealed class LostLinkTests(LabFixture labs)
{
    [Theory]
    [MemberData(nameof(FailoverBed.Flavours), MemberType = typeof(FailoverBed))]
    public async Task After_the_endpoint_was_opened_a_resume_ends_it(string flavour)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        FailoverResult result;
        try
        {
            await using SiteSession session = new(bed.Session.Site, new SessionOptions { ConnectTimeLimit = TimeSpan.FromSeconds(10) });
            SwitchoverOperation operation = new(session, new OperationStore(session.Site.Name, bed.State));
            result = await operation.RunAsync(new FailoverOptions { To = "web-02" }, new Cut(bed), cancel);
        }
        finally
        {
            await bed.Lab.RunAsync("lb-01", "nft -f /etc/nftables.conf");
        }

        // Whatever could be done before the link was gone is done; the rest is the resume's, and everything says so.
        if (result.Unfinished)
        {
            Assert.Equal(PlanOutcome.Degraded, result.Outcome);
            Assert.Contains("Resume-FoobarFailover", result.Recommendation, StringComparison.Ordinal);
            FoobarException refused = await Assert.ThrowsAsync<FoobarException>(
                () => bed.Operation().RunAsync(new FailoverOptions(), null, cancel));
            Assert.Equal("OperationUnfinished", refused.ErrorId);
            FailoverResult resumed = await bed.Resume().ResumeAsync(new FailoverOptions { LostAfter = TimeSpan.Zero }, null, cancel);
            Assert.Equal((PlanOutcome.Completed, false), (resumed.Outcome, resumed.Unfinished));
        }

        Assert.Equal(
            "NothingToResume",
            (await Assert.ThrowsAsync<FoobarException>(() => bed.Resume().ResumeAsync(new FailoverOptions(), null, cancel))).ErrorId);
        Assert.Equal("web-02", Assert.Single(await bed.PrimariesAsync()));
        await bed.WaitUntilCaughtUpAsync();
        string configured = await bed.Lab.RunAsync(
            "lb-01",
            "awk '/^backend/ { inside = ($2 == \"mysql-write\") } inside && $1 == \"server\" && !/ disabled/ { print $2 }' "
                + "/etc/haproxy/haproxy.cfg");
        Assert.Equal("web-02", configured.Trim());
        FailoverResult back = await bed.Operation().RunAsync(new FailoverOptions { To = "web-01" }, null, cancel);
        Assert.Equal(PlanOutcome.Completed, back.Outcome);
    }

    private sealed class Cut(FailoverBed bed) : IProgress<StepResult>
    {
        public void Report(StepResult value)
        {
            if (value is { Step: "open-endpoint", Outcome: StepOutcome.Done })
            {
                // In the default run it comes back before the steps give up; in the thorough one it stays cut to the end.
                bed.Lab.RunAsync(
                    "lb-01",
                    (Sample.IsAll ? "" : "systemd-run --quiet --collect --on-active=20 nft -f /etc/nftables.conf; ")
                        + "nft insert rule inet filter input tcp dport 22 drop; nft insert rule inet filter output tcp sport 22 drop")
                    .GetAwaiter()
                    .GetResult();
            }
        }
    }
}
