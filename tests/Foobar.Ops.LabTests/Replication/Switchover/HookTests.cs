using System.Diagnostics;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab.Load;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Switchover;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Replication.Switchover;

/// <summary>
/// A write endpoint that the module does not know, moved by the site's own program: the example of docs/failover-hook.md, as it stands
/// there.
/// </summary>
[Collection(LabCollection.Name)]
public sealed class HookTests(LabFixture labs)
{
    private const string Program = "/usr/local/sbin/foobar-write-endpoint";

    [Fact]
    public async Task Writes_are_moved_by_the_hook_and_a_hook_that_fails_undoes()
    {
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, "MariaDb");
        await bed.Lab.RunAsync("lb-01", $"cat > {Program} && chmod 755 {Program}", Example());
        try
        {
            await using SiteSession session = new(Hooked(bed.Session.Site));
            await using OrderWriters writers = await OrderWriters.StartAsync(
                bed.Lab, "web-02", 2, TimeSpan.FromMilliseconds(10), TestContext.Current.CancellationToken);
            SwitchoverOperation operation = new(session, new OperationStore(session.Site.Name, bed.State));
            FailoverResult moved = await operation.RunAsync(
                new FailoverOptions { Canary = bed.Canary }, null, TestContext.Current.CancellationToken);
            Assert.Equal(
                (PlanOutcome.Completed, ProofVerdict.Proven, "web-02", (long?)0),
                (moved.Outcome, moved.Proof.Verdict, moved.NewPrimary, moved.Canary!.Lost));

            await bed.Lab.RunAsync(
                "lb-01", $"sed -i '2i [ \"$1\" != open ] || [ \"$2\" != web-01 ] || {{ echo no such way >\\&2; exit 3; }}' {Program}");
            FailoverResult stuck = await operation.RunAsync(new FailoverOptions(), null, TestContext.Current.CancellationToken);
            Assert.Equal(PlanOutcome.Undone, stuck.Outcome);
            Assert.Contains("no such way", stuck.Error, StringComparison.Ordinal);
            long undone = Stopwatch.GetTimestamp();
            await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);

            await bed.Lab.RunAsync("lb-01", $"sed -i '2d' {Program}");
            IReadOnlyList<OrderWrite> writes = await writers.StopAsync();
            await bed.WaitUntilCaughtUpAsync();
            Assert.Equal("web-02", Assert.Single(await bed.PrimariesAsync()));
            Assert.Contains(writes, write => write.IsAcknowledged && write.Begun > undone);
            Assert.Empty(
                writes.Where(write => write.IsAcknowledged).Select(write => write.Id).Except(await writers.ReadAsync(bed.Lab, "web-02")));
        }
        finally
        {
            await bed.Lab.RunAsync("lb-01", $"rm -f {Program}");
        }
    }

    private static Site Hooked(Site site)
    {
        DatabasePolicy database = site.Policy.Database!;
        return site with
        {
            Policy = site.Policy with
            {
                Database = database with { WriteEndpoint = database.WriteEndpoint! with { Kind = WriteEndpointKind.Hook, Backend = null } },
            },
        };
    }

    private static string Example()
    {
        string[] parts = File.ReadAllText(Path.Combine(Repository.Root, "docs", "failover-hook.md")).Split("```sh\n");
        return parts[1].Split("```")[0];
    }
}
