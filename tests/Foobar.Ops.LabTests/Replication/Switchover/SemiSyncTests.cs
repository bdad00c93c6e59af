using System.Diagnostics;
using Foobar.Ops.Database;
using Foobar.Ops.Lab.Load;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Planning;

namespace Foobar.Ops.LabTests.Replication.Switchover;

/// <summary>
/// Switchovers between members of which each is configured as a semi-synchronous source and replica, as a site has it whose roles swap.
/// </summary>
[Collection(LabCollection.Name)]
public sealed class SemiSyncTests(LabFixture labs) : IAsyncDisposable
{
    // Less than rpl_semi_sync_source_timeout (10 s unless set), which a commit waits for a replica that does not answer.
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(8);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await labs.RetireAsync(static options => options is { SemiSync: true, Replicas: 1 });

    [Theory]
    [MemberData(nameof(FailoverBed.Flavours), MemberType = typeof(FailoverBed))]
    public async Task Neither_member_waits_for_a_replica_that_it_has_no_more(string flavour)
    {
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour, semiSync: true);
        await bed.WaitUntilCaughtUpAsync();
        await using OrderWriters writers = await OrderWriters.StartAsync(
            bed.Lab, "web-02", 2, TimeSpan.FromMilliseconds(10), TestContext.Current.CancellationToken);
        foreach (string target in (string[])["web-02", "web-01"])
        {
            FailoverResult result = await bed.Operation().RunAsync(
                new FailoverOptions { To = target, Canary = bed.Canary }, null, TestContext.Current.CancellationToken);
            Assert.Equal((PlanOutcome.Completed, ProofVerdict.Proven), (result.Outcome, result.Proof.Verdict));
            long switched = Stopwatch.GetTimestamp();
            await Task.Delay(TimeSpan.FromMilliseconds(500), TestContext.Current.CancellationToken);
            await bed.WaitUntilCaughtUpAsync();
            Assert.InRange(Stopwatch.GetElapsedTime(switched), TimeSpan.Zero, Stall);
            Assert.Equal(
                (true, false), (await IsActiveAsync(bed, target), await IsActiveAsync(bed, target == "web-01" ? "web-02" : "web-01")));
        }

        IReadOnlyList<OrderWrite> writes = await writers.StopAsync();
        Assert.All(writes, write => Assert.InRange(Stopwatch.GetElapsedTime(write.Begun, write.Ended), TimeSpan.Zero, Stall));
    }

    private static async Task<bool> IsActiveAsync(FailoverBed bed, string server) =>
        (await bed.TopologyAsync()).Facts(server)!.SemiSync.Value!.SourceActive;
}
