using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Rejoin;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Replication.Rejoin;

/// <summary>A member that comes back with transactions of its own, under another operator's lock, or whose copy can't start.</summary>
[Collection(LabCollection.Name)]
public sealed class RejoinTests(LabFixture labs)
{
    private const string BadSettings = "/etc/mysql/conf.d/zz-test.cnf";

    /// <summary>Written on the replica alone; the last one rests on the first.</summary>
    private static readonly string[] Errant =
    [
        "INSERT INTO shop.orders (id, body, app) VALUES ('errant-1', 'x', 'test')",
        "INSERT INTO shop.orders (id, body, app) VALUES ('errant-2', 'x', 'test'), ('errant-3', 'x', 'test')",
        "UPDATE shop.orders SET body = 'y' WHERE id = 'errant-1'",
    ];

    /// <summary>What a person is told to do with the file is done: the rows are there afterwards, on both.</summary>
    [Theory]
    [MemberData(nameof(FailoverBed.Flavours), MemberType = typeof(FailoverBed))]
    public async Task Saved_transactions_load_into_the_primary(string flavour)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        await OverlayDisk.OwnAsync(bed.Lab, "web-02", cancel);
        await bed.WaitUntilCaughtUpAsync();

        // It was the primary once, and its logs begin after that.
        foreach (string primary in (string[])["web-02", "web-01"])
        {
            FailoverResult moved = await bed.Operation().RunAsync(new() { To = primary }, null, cancel);
            Assert.True(moved.Outcome == PlanOutcome.Completed, $"{moved.Outcome}: {moved.Error}");
        }

        Assert.Equal(PlanOutcome.Completed, (await Repair(bed).RunAsync(new() { Server = "web-02", Copy = true }, null, cancel)).Outcome);
        await bed.WaitUntilCaughtUpAsync();
        await DivergeAsync(bed, Errant);
        RejoinResult result = await Repair(bed).RunAsync(new() { Server = "web-02", Copy = true }, null, cancel);
        Assert.Equal((PlanOutcome.Completed, null), (result.Outcome, result.Error));
        Assert.Equal((RejoinMethod.Copy, Errant.Length), (result.Method, result.ErrantCount));
        Assert.True(result.ErrantTrial == ErrantTrial.Loads, result.ErrantTrialReason);
        await bed.WaitUntilCaughtUpAsync();
        Assert.Equal("", await RowsAsync(bed, "web-02"));

        string sql = await File.ReadAllTextAsync(result.ErrantFile!, cancel);
        Assert.Equal(Errant.Length, sql.Split("\nCOMMIT/*!*/;").Length - 1);
        await bed.Lab.RunAsync("web-01", "mysql", sql);
        await bed.WaitUntilCaughtUpAsync();
        Assert.Equal("", Assert.Single((await bed.TopologyAsync()).Links).Errant);
        foreach (string server in (string[])["web-01", "web-02"])
        {
            Assert.Equal("errant-1 y,errant-2 x,errant-3 x", await RowsAsync(bed, server));
        }

        await bed.Lab.RunAsync("web-01", "mysql -e \"DELETE FROM shop.orders WHERE id LIKE 'errant-%'\"");
    }

    /// <summary>
    /// The primary holds another row under the same key: the file does not load, and the result says so before anybody tries.
    /// </summary>
    [Theory]
    [MemberData(nameof(FailoverBed.Flavours), MemberType = typeof(FailoverBed))]
    public async Task Saved_transactions_that_the_primary_contradicts_are_told(string flavour)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        await OverlayDisk.OwnAsync(bed.Lab, "web-02", cancel);
        await bed.WaitUntilCaughtUpAsync();
        await DivergeAsync(
            bed,
            ["INSERT INTO shop.orders (id, body, app) VALUES ('errant-1', 'x', 'test')"],
            "INSERT INTO shop.orders (id, body, app) VALUES ('errant-1', 'z', 'test')");
        RejoinResult result = await Repair(bed).RunAsync(new() { Server = "web-02", Copy = true }, null, cancel);
        Assert.Equal((PlanOutcome.Completed, null, ErrantTrial.Refused), (result.Outcome, result.Error, result.ErrantTrial));
        Assert.Contains("1062", result.ErrantTrialReason, StringComparison.Ordinal);
        await bed.WaitUntilCaughtUpAsync();
        Assert.Equal("", Assert.Single((await bed.TopologyAsync()).Links).Errant);
        Assert.Equal("errant-1 z", await RowsAsync(bed, "web-02"));
        await bed.Lab.RunAsync("web-01", "mysql -e \"DELETE FROM shop.orders WHERE id LIKE 'errant-%'\"");
    }

    [Theory]
    [MemberData(nameof(FailoverBed.Flavours), MemberType = typeof(FailoverBed))]
    public async Task A_repair_and_a_failover_keep_each_other_out(string flavour)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        await OverlayDisk.OwnAsync(bed.Lab, "web-02", cancel);
        await bed.WaitUntilCaughtUpAsync();
        await using (HeldSession other = new(await bed.Session.OpenDatabaseAsync("web-01", cancel)))
        {
            OperatorLock held = await OperatorLock.TakeAsync(bed.Session, other, DateTimeOffset.UtcNow, OperatorLock.LostAfter, cancel);
            FoobarException refused = await Assert.ThrowsAsync<FoobarException>(
                () => Repair(bed).RunAsync(new() { Server = "web-02", Copy = true }, null, cancel));
            Assert.Equal("OperationRunning", refused.ErrorId);
            Assert.Contains(Environment.MachineName, refused.Message, StringComparison.Ordinal);
            await held.DisposeAsync();
        }

        FoobarException changed = await Assert.ThrowsAsync<FoobarException>(
            () => Repair(bed).RunAsync(new() { Server = "web-02", Copy = true, Confirmed = new("web-01", "web-02") }, null, cancel));
        Assert.Equal("PlanChanged", changed.ErrorId);
        FoobarException? kept = null;
        OperationStore elsewhere = new(bed.Session.Site.Name, Path.Combine(bed.State, "elsewhere"));
        RejoinResult result = await Repair(bed).RunAsync(
            new() { Server = "web-02", Copy = true },
            new AfterStep(
                "follow",
                () =>
                    kept = Assert.ThrowsAsync<FoobarException>(
                        () => new RejoinOperation(bed.Session, elsewhere).RunAsync(new() { Server = "web-02", Copy = true }, null, cancel))
                        .GetAwaiter()
                        .GetResult()),
            cancel);
        Assert.Equal((PlanOutcome.Completed, null, "OperationRunning"), (result.Outcome, result.Error, kept?.ErrorId));
        await bed.WaitUntilCaughtUpAsync();
    }

    /// <summary>
    /// A fresh copy brings the primary's enabled events with it, which on MariaDB nothing keeps from writing: here as root.
    /// </summary>
    [Theory]
    [MemberData(nameof(FailoverBed.Flavours), MemberType = typeof(FailoverBed))]
    public async Task The_primarys_events_do_not_run_on_its_copy(string flavour)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        await OverlayDisk.OwnAsync(bed.Lab, "web-02", cancel);
        await bed.WaitUntilCaughtUpAsync();
        const string Scheduler = "/etc/mysql/conf.d/zz-events.cnf";
        try
        {
            await bed.Lab.RunAsync(
                "web-02",
                $"printf '[mysqld]\\nevent_scheduler = ON\\n' > {Scheduler}; mysql -e 'SET GLOBAL event_scheduler = ON'",
                cancel: cancel);
            await bed.Lab.RunAsync(
                "web-01",
                "mysql -e \"SET GLOBAL event_scheduler = ON; CREATE TABLE shop.ticks (id BIGINT AUTO_INCREMENT PRIMARY KEY, host "
                    + "VARCHAR(64)); CREATE EVENT shop.tick ON SCHEDULE EVERY 1 SECOND DO INSERT INTO shop.ticks (host) VALUES "
                    + "(@@hostname)\"",
                cancel: cancel);
            RejoinResult result = await Repair(bed).RunAsync(new() { Server = "web-02", Copy = true }, null, cancel);
            Assert.Equal((PlanOutcome.Completed, null), (result.Outcome, result.Error));
            await Task.Delay(TimeSpan.FromSeconds(2), cancel);
            ReplicationTopology topology = await bed.TopologyAsync();
            Assert.Equal("", Assert.Single(topology.Links).Errant);
            EventFacts events = topology.Facts("web-02")!.Events.Value!;
            Assert.Equal((true, EventStatus.ReplicaSideDisabled), (events.SchedulerOn, Assert.Single(events.Events).Status));
            Assert.Equal(EventStatus.Enabled, Assert.Single(topology.Facts("web-01")!.Events.Value!.Events).Status);
        }
        finally
        {
            await bed.Lab.RunAsync("web-02", $"rm -f {Scheduler}", cancel: CancellationToken.None);
            await bed.Lab.RunAsync(
                "web-01", "mysql -e 'DROP EVENT IF EXISTS shop.tick; DROP TABLE IF EXISTS shop.ticks'", cancel: CancellationToken.None);
        }

        await bed.WaitUntilCaughtUpAsync();
    }

    /// <summary>Nobody keeps a login for replication any more: the one that is given is used as the members' certificates allow.</summary>
    [Theory]
    [MemberData(nameof(FailoverBed.Flavours), MemberType = typeof(FailoverBed))]
    public async Task A_given_login_verifies_the_primarys_certificate(string flavour)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        await bed.WaitUntilCaughtUpAsync();
        await bed.Lab.RunAsync("web-02", "mysql -e 'STOP REPLICA; RESET REPLICA ALL'", cancel: cancel);
        await bed.Lab.RunAsync("web-01", "rm -f /var/lib/foobar-ops/replication-login.json", cancel: cancel);
        RejoinResult none = await Repair(bed).RunAsync(new() { Server = "web-02" }, null, cancel);
        Assert.Equal(PlanOutcome.Undone, none.Outcome);
        Assert.Contains("-ReplicationCredential", none.Recommendation, StringComparison.Ordinal);
        using Secret password = new(bed.Lab.Plan.Secrets.Replication);
        RejoinResult result = await Repair(bed).RunAsync(new() { Server = "web-02", Login = new("repl", password) }, null, cancel);
        Assert.Equal((PlanOutcome.Completed, null, RejoinMethod.Rejoin), (result.Outcome, result.Error, result.Method));
        await bed.WaitUntilCaughtUpAsync();
        Assert.True(Assert.Single((await bed.TopologyAsync()).Links).Channel is { Tls: true, TlsVerified: true });
    }

    /// <summary>
    /// mysqld ends itself after a clone, and here can't start again: told at once with its own words, not after ten minutes.
    /// </summary>
    [Fact]
    public async Task A_copy_that_can_not_start_is_told_with_the_error_log()
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, "MySql");
        await OverlayDisk.OwnAsync(bed.Lab, "web-02", cancel);
        await bed.WaitUntilCaughtUpAsync();
        await bed.Lab.RunAsync("web-02", $"printf '[mysqld]\\nfoobar_nonsense = 1\\n' > {BadSettings}", cancel: cancel);
        RejoinResult result;
        try
        {
            result = await Repair(bed).RunAsync(new() { Server = "web-02", Copy = true }, null, cancel);
        }
        finally
        {
            await bed.Lab.RunAsync("web-02", $"rm -f {BadSettings}", cancel: CancellationToken.None);
        }

        Assert.Equal(PlanOutcome.Degraded, result.Outcome);
        Assert.Contains("foobar_nonsense", result.Error, StringComparison.Ordinal);
        Assert.NotNull(result.Recommendation);
        Assert.InRange(result.Duration, TimeSpan.Zero, TimeSpan.FromMinutes(2));
        RejoinResult again = await Repair(bed).RunAsync(new() { Server = "web-02" }, null, cancel);
        Assert.Equal((PlanOutcome.Completed, null), (again.Outcome, again.Error));
        await bed.WaitUntilCaughtUpAsync();
    }

    // The replica stops replicating, takes writes of its own, and misses some of the primary's, whose numbers go past its own.
    private static async Task DivergeAsync(FailoverBed bed, IEnumerable<string> errant, string? onPrimary = null)
    {
        string open = bed.Lab.Plan.Options.Database == Foobar.Ops.Lab.Setup.DatabaseFlavour.MySql
            ? "SET GLOBAL super_read_only = OFF, GLOBAL read_only = OFF; "
            : "";
        await bed.Lab.RunAsync("web-02", $"mysql -e \"STOP REPLICA; {open}{string.Join("; ", errant)}\"");
        for (int number = 0; number < 5; number++)
        {
            await bed.Lab.RunAsync(
                "web-01",
                "mysql -e \"UPDATE shop.orders SET app = 'test' WHERE id = 'none'; INSERT INTO shop.orders (id, body, app) VALUES "
                    + "('passing', 'x', 'test'); DELETE FROM shop.orders WHERE id = 'passing'\"");
        }

        if (onPrimary is not null)
        {
            await bed.Lab.RunAsync("web-01", $"mysql -e \"{onPrimary}\"");
        }
    }

    private static RejoinOperation Repair(FailoverBed bed) => new(bed.Session, new OperationStore(bed.Session.Site.Name, bed.State));

    private static async Task<string> RowsAsync(FailoverBed bed, string server) =>
        (await bed.Lab.RunAsync(
            server, "mysql -N -e \"SELECT CONCAT(id, ' ', body) FROM shop.orders WHERE id LIKE 'errant-%' ORDER BY id\""))
            .Trim()
            .Replace('\n', ',');

    private sealed class AfterStep(string step, Action then) : IProgress<StepResult>
    {
        public void Report(StepResult value)
        {
            if (value.Step == step)
            {
                then();
            }
        }
    }
}
