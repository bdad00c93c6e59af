using System.Diagnostics;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab.Load;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.LoadBalancing.Haproxy;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Operations.Replication.Failover;
using Foobar.Ops.Operations.Replication.Rejoin;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Replication.Switchover;

/// <summary>
/// Of a keepalived pair of load balancers either leads writes to the primary after each operation, whichever has the address.
/// </summary>
[Collection(LabCollection.Name)]
public sealed class BalancerPairTests(LabFixture labs, ITestOutputHelper output)
{
    private static readonly string[] Balancers = ["lb-01", "lb-02"];

    private static readonly string[] Steps = ["drain", "close-endpoint", "promote", "open-endpoint", "persist-new", "balancers"];

    [Theory]
    [MemberData(nameof(FailoverBed.Flavours), MemberType = typeof(FailoverBed))]
    public async Task Both_lead_to_the_new_primary_whichever_has_the_address(string flavour)
    {
        try
        {
            await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour, balancers: 2);
            await RefuseWithoutOneAsync(bed);
            await MoveAsync(bed);
            foreach (string step in Sample.IsAll ? Steps : [])
            {
                await ResumeAsync(bed, step);
            }
        }
        finally
        {
            await labs.RetireAsync(static options => options.Balancers > 1);
        }
    }

    private async Task MoveAsync(FailoverBed bed)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await bed.SurveyAsync();
        await using OrderWriters writers = await OrderWriters.StartAsync(bed.Lab, "web-02", 2, TimeSpan.FromMilliseconds(10), cancel);
        FailoverResult planned = await bed.Operation().RunAsync(new FailoverOptions { To = "web-02" }, null, cancel);
        Assert.Equal((PlanOutcome.Completed, null), (planned.Outcome, planned.Error));
        await AssertLeadAsync(bed, "web-02");

        Disaster disaster = new(bed.Lab, DisasterKind.Killed, "web-02", "web-01");
        await bed.SurveyAsync();
        await disaster.StrikeAsync(cancel);
        FailoverResult emergency = await EmergencyAsync(bed);
        Assert.Equal(
            (PlanOutcome.Degraded, "web-01", StepOutcome.Done),
            (emergency.Outcome, emergency.NewPrimary, emergency.Steps.Single(static step => step.Step == "balancers").Outcome));
        await AssertLeadAsync(bed, "web-01");
        await disaster.MendAsync(CancellationToken.None);

        long moved = await GiveAddressAsync(bed);
        await Task.Delay(TimeSpan.FromSeconds(2), cancel);
        IReadOnlyList<OrderWrite> writes = await writers.StopAsync();
        Assert.Contains(writes, write => write.IsAcknowledged && write.Begun > moved);
        output.WriteLine(
            $"planned {planned.Duration.TotalMilliseconds:0} ms, gap {planned.WriteGap?.Duration.TotalMilliseconds:0} ms by the steps, "
                + $"balancers {planned.Steps.Single(static step => step.Step == "balancers").Duration.TotalMilliseconds:0} ms; writable "
                + $"{emergency.WritableAfter?.TotalMilliseconds:0} ms after the emergency's command");

        await bed.Lab.RunAsync("lb-01", "systemctl start haproxy", cancel: CancellationToken.None);
        await AssertLeadAsync(bed, "web-01");
        RejoinResult repair = await new RejoinOperation(bed.Session, new OperationStore(bed.Session.Site.Name, bed.State))
            .RunAsync(new RejoinOptions { Server = "web-02" }, null, cancel);
        Assert.Equal((PlanOutcome.Completed, null, null), (repair.Outcome, repair.Error, repair.Recommendation));
        await bed.AssertKeptAsync(writers, writes, "web-01");
    }

    // A planned switchover can wait.
    private static async Task RefuseWithoutOneAsync(FailoverBed bed)
    {
        await bed.Lab.RunAsync("lb-02", "systemctl stop haproxy");
        try
        {
            FoobarException refused = await Assert.ThrowsAsync<FoobarException>(
                () => bed.Operation().RunAsync(new FailoverOptions { To = "web-02" }, null, TestContext.Current.CancellationToken));
            Assert.Equal(("FailoverRefused", "lb-02"), (refused.ErrorId, refused.Server));
            Assert.Contains("BalancerUnreachable on lb-02", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            await bed.Lab.RunAsync("lb-02", "systemctl start haproxy", cancel: CancellationToken.None);
        }
    }

    private static async Task ResumeAsync(FailoverBed bed, string step)
    {
        string old = Assert.Single(await bed.PrimariesAsync());
        string candidate = old == "web-01" ? "web-02" : "web-01";
        await DoomedOperation.KillAsync(bed, candidate, step, TimeSpan.Zero);
        FailoverResult result = await bed.Resume().ResumeAsync(new FailoverOptions(), null, TestContext.Current.CancellationToken);
        Assert.True(
            result is { Outcome: PlanOutcome.Completed or PlanOutcome.Undone, Unfinished: false },
            $"{step}: {result.Outcome} {result.Error}");
        await AssertLeadAsync(bed, result.Outcome == PlanOutcome.Completed ? candidate : old);
        await bed.WaitUntilCaughtUpAsync();
    }

    private static async Task<FailoverResult> EmergencyAsync(FailoverBed bed)
    {
        await using SiteSession session = new(
            InventoryLoader.Load(bed.Lab.Inventory), new SessionOptions { ConnectTimeLimit = TimeSpan.FromSeconds(15) });
        return await new FailoverOperation(session, new OperationStore(session.Site.Name, bed.State))
            .RunAsync(new FailoverOptions { AcceptDataLoss = true }, null, TestContext.Current.CancellationToken);
    }

    private static async Task<long> GiveAddressAsync(FailoverBed bed)
    {
        await bed.Lab.RunAsync("lb-01", "systemctl stop haproxy");
        await bed.Lab.RunAsync(
            "lb-02",
            $"for i in $(seq 100); do ip -4 -o address | grep -q -F ' {bed.Lab.Plan.SitePublic.V4}/' && exit 0; sleep 0.1; done; exit 1");
        return Stopwatch.GetTimestamp();
    }

    // Now, and after a restart.
    private static async Task AssertLeadAsync(FailoverBed bed, string primary)
    {
        WriteEndpoint declared = bed.Session.Site.Policy.Database!.WriteEndpoint!;
        foreach (string balancer in Balancers)
        {
            await using HaproxyEndpoint endpoint = await HaproxyEndpoint.ConnectAsync(
                bed.Session, declared with { Server = balancer }, TestContext.Current.CancellationToken);
            Assert.Equal(
                (balancer, primary),
                (balancer, string.Join(' ', await endpoint.MembersAsync(TestContext.Current.CancellationToken) ?? [])));
            IReadOnlyList<ServerStart> starts = await HaproxyConfigurationFile.StartsAsync(
                await bed.Session.GetServerAsync(balancer, TestContext.Current.CancellationToken),
                declared.Backend!, TestContext.Current.CancellationToken);
            Assert.Equal(
                (balancer, primary),
                (balancer, string.Join(' ', starts.Where(static start => start.TakesTraffic).Select(static start => start.Name))));
        }
    }
}
