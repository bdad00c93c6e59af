using Foobar.Ops.Database;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Failover;
using Foobar.Ops.Operations.Replication.Rejoin;
using Foobar.Ops.Planning;

namespace Foobar.Ops.LabTests.Replication;

/// <summary>
/// Scheduled events follow the primary's role: they go on at the new primary, and nothing of them comes from the old one.
/// </summary>
[Collection(LabCollection.Name)]
public sealed class EventTests(LabFixture labs)
{
    [Theory]
    [MemberData(nameof(FailoverBed.Flavours), MemberType = typeof(FailoverBed))]
    public async Task An_event_runs_on_the_new_primary_and_there_alone(string flavour)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        foreach (string member in (string[])["web-01", "web-02"])
        {
            await bed.Lab.RunAsync(member, "mysql -e 'SET GLOBAL event_scheduler = ON'");
        }

        // The definer, root, has on MariaDB the privilege to write in spite of read_only.
        await bed.Lab.RunAsync(
            "web-01",
            "mysql -e \"CREATE TABLE shop.ticks (id BIGINT AUTO_INCREMENT PRIMARY KEY, host VARCHAR(64)); CREATE EVENT shop.tick ON "
                + "SCHEDULE EVERY 1 SECOND DO INSERT INTO shop.ticks (host) VALUES (@@hostname); CREATE EVENT shop.off ON SCHEDULE EVERY 1 "
                + "SECOND DISABLE DO INSERT INTO shop.ticks (host) VALUES ('off')\"");
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(2), cancel);
            FailoverPreview preview = await bed.Operation().PreviewAsync(new FailoverOptions { To = "web-02" }, cancel);
            Assert.Contains(preview.Steps, step => step.Contains("shop.tick", StringComparison.Ordinal));
            FailoverResult result = await bed.Operation().RunAsync(new FailoverOptions { To = "web-02" }, null, cancel);
            Assert.Equal((PlanOutcome.Completed, null, ProofVerdict.Proven), (result.Outcome, result.Error, result.Proof.Verdict));
            string before = await LastAsync(bed, "web-01");
            await Task.Delay(TimeSpan.FromSeconds(4), cancel);
            Assert.Equal(before, await LastAsync(bed, "web-01"));
            Assert.NotEqual("0", await LastAsync(bed, "web-02"));
            ReplicationTopology topology = await bed.TopologyAsync();
            Assert.Equal("", Assert.Single(topology.Links).Errant);
            Assert.Equal(
                [("shop.off", EventStatus.ReplicaSideDisabled), ("shop.tick", EventStatus.Enabled)],
                topology.Facts("web-02")!.Events.Value!.Events.Select(one => ($"{one}", one.Status)));
            EventFacts old = topology.Facts("web-01")!.Events.Value!;
            Assert.True(old.SchedulerOn);
            Assert.DoesNotContain(old.Events, one => one.Status == EventStatus.Enabled);
            Assert.All(topology.Facts("web-02")!.Events.Value!.Events, one => Assert.Equal("root@localhost", one.Definer));
        }
        finally
        {
            string primary = Assert.Single(await bed.PrimariesAsync());
            await bed.Lab.RunAsync(primary, "mysql -e 'DROP EVENT shop.tick; DROP EVENT shop.off; DROP TABLE shop.ticks'");
        }
    }

    /// <summary>What ran on a primary that died is known from whoever looked at it; what came since is told.</summary>
    [Theory]
    [MemberData(nameof(FailoverBed.Flavours), MemberType = typeof(FailoverBed))]
    public async Task An_event_of_a_dead_primary_runs_on_the_new_one(string flavour)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        foreach (string member in (string[])["web-01", "web-02"])
        {
            await bed.Lab.RunAsync(member, "mysql -e 'SET GLOBAL event_scheduler = ON'");
        }

        Disaster disaster = new(bed.Lab, DisasterKind.Killed, "web-01", "web-02");
        try
        {
            await bed.Lab.RunAsync(
                "web-01",
                "mysql -e \"CREATE TABLE shop.ticks (id BIGINT AUTO_INCREMENT PRIMARY KEY, host VARCHAR(64)); CREATE EVENT shop.tick ON "
                    + "SCHEDULE EVERY 1 SECOND DO INSERT INTO shop.ticks (host) VALUES (@@hostname); CREATE EVENT shop.off ON SCHEDULE "
                    + "EVERY 1 SECOND DISABLE DO INSERT INTO shop.ticks (host) VALUES ('off')\"");
            await bed.SurveyAsync();
            await bed.Lab.RunAsync(
                "web-01",
                "mysql -e \"CREATE EVENT shop.late ON SCHEDULE EVERY 1 SECOND DISABLE DO INSERT INTO shop.ticks (host) VALUES ('late')\"");
            await bed.WaitUntilCaughtUpAsync();
            FailoverResult result;
            try
            {
                await disaster.StrikeAsync(cancel);
                result = await new FailoverOperation(bed.Session, new OperationStore(bed.Session.Site.Name, bed.State))
                    .RunAsync(new FailoverOptions(), null, cancel);
            }
            finally
            {
                await disaster.MendAsync(CancellationToken.None);
            }

            Assert.Equal((PlanOutcome.Degraded, ProofVerdict.Proven), (result.Outcome, result.Proof.Verdict));
            Assert.Equal(
                ["move-events", "redundancy"], result.Steps.Where(step => step.Outcome != StepOutcome.Done).Select(step => step.Step));
            Assert.Contains("shop.late", result.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("shop.off", result.Error, StringComparison.Ordinal);
            Assert.Contains("EVENT ... ENABLE", result.Recommendation, StringComparison.Ordinal);
            Assert.Contains("Repair-FoobarReplication", result.Recommendation, StringComparison.Ordinal);
            Assert.False(result.Unfinished);
            await Task.Delay(TimeSpan.FromSeconds(3), cancel);
            Assert.NotEqual("0", await LastAsync(bed, "web-02"));
            RejoinResult repair = await new RejoinOperation(bed.Session, new OperationStore(bed.Session.Site.Name, bed.State))
                .RunAsync(new() { Server = "web-01" }, null, cancel);
            Assert.Equal((PlanOutcome.Completed, null), (repair.Outcome, repair.Error));
            await bed.WaitUntilCaughtUpAsync();
            ReplicationTopology topology = await bed.TopologyAsync();
            Assert.Equal("", Assert.Single(topology.Links).Errant);
            Assert.Equal(
                "shop.tick", $"{Assert.Single(topology.Facts("web-02")!.Events.Value!.Events, one => one.Status == EventStatus.Enabled)}");
            Assert.DoesNotContain(topology.Facts("web-01")!.Events.Value!.Events, one => one.Status == EventStatus.Enabled);
        }
        finally
        {
            string primary = Assert.Single(await bed.PrimariesAsync());
            await bed.Lab.RunAsync(
                primary,
                "mysql -e 'DROP EVENT IF EXISTS shop.tick; DROP EVENT IF EXISTS shop.off; DROP EVENT IF EXISTS shop.late; DROP TABLE IF "
                    + "EXISTS shop.ticks'");
        }
    }

    private static async Task<string> LastAsync(FailoverBed bed, string member) =>
        (await bed.Lab.RunAsync("web-02", $"mysql -N -e \"SELECT COALESCE(MAX(id), 0) FROM shop.ticks WHERE host = '{member}'\"")).Trim();
}
