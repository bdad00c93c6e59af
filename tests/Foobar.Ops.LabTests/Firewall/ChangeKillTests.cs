using System.Diagnostics;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.FirewallChange;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Firewall;

/// <summary>
/// A firewall change whose process gets SIGKILL at each of its steps: nobody stays shut out, and nothing stays half done.
/// </summary>
[Collection(LabCollection.Name)]
public sealed class ChangeKillTests(LabFixture labs)
{
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(6);

    /// <summary>
    /// Where the process dies: after the end of a step, so many milliseconds, with rules that shut the operator out or not; in the default
    /// run two, which the seed chooses.
    /// </summary>
    public static TheoryData<string, int, bool> Deaths => new(
        from death in (((string Step, int Delay, bool LocksOut)[])
        [
            (DoomedChange.Beginning, 100, true),
            (DoomedChange.Beginning, 400, true),
            ("arm web-02", 0, true),
            ("arm web-02", 30, true),
            ("load web-02", 0, true),
            ("load web-02", 1500, true),
            ("load web-02", 0, false),
            ("confirm web-02", 0, false),
            ("confirm web-02", 15, false),
            ("persist web-02", 0, false),
            ("persist web-02", 10, false),
            ("disarm web-02", 0, false),
        ]).Index()
        where Sample.Has(death.Index, 6)
        select (death.Item.Step, death.Item.Delay, death.Item.LocksOut));

    [Theory]
    [MemberData(nameof(Deaths))]
    public async Task Killed_at_any_step_access_is_back_by_the_deadline_or_the_change_stands_whole(string step, int delay, bool locksOut)
    {
        await using ChangeBed bed = await ChangeBed.MakeAsync(labs);
        string inventory = locksOut ? bed.Without("jump") : bed.Lab.Inventory;

        await DoomedChange.KillAsync(inventory, bed.State, "web-02", ChangeBed.Deadline, step, TimeSpan.FromMilliseconds(delay));

        await bed.SettleAsync("web-02", ChangeBed.Deadline + Slack);
        await bed.AssertAccessAsync();
        ChangeBed.ServerRules now = await bed.RulesAsync("web-02");
        if (step == "disarm web-02" || (step == "persist web-02" && delay > 0 && now != bed.Before("web-02")))
        {
            await bed.AssertChangedAsync("web-02", inventory);
        }
        else
        {
            Assert.Equal(bed.Before("web-02"), now);
        }
    }

    /// <summary>Where the process dies that undoes a change; in the default run one, which the seed chooses.</summary>
    public static TheoryData<string, int> UndoDeaths => new(
        from death in (((string Step, int Delay)[])
        [
            ("arm web-02", 0), ("load web-02", 0), ("confirm web-02", 0), ("persist web-02", 0), ("disarm web-02", 0),
        ]).Index()
        where Sample.Has(death.Index, 5)
        select (death.Item.Step, death.Item.Delay));

    [Theory]
    [MemberData(nameof(UndoDeaths))]
    public async Task Killed_at_any_step_of_an_undo_what_was_before_it_is_back_or_the_undo_stands_whole(string step, int delay)
    {
        await using ChangeBed bed = await ChangeBed.MakeAsync(labs);
        string first = await bed.TraceAsync("web-02");
        Assert.Equal(PlanOutcome.Completed, (await bed.ChangeAsync(bed.Lab.Inventory, "web-02")).Outcome);
        string changed = await bed.TraceAsync("web-02");

        await DoomedChange.KillAsync(
            bed.Lab.Inventory, bed.State, "web-02", ChangeBed.Deadline, step, TimeSpan.FromMilliseconds(delay), undo: true);

        await bed.SettleAsync("web-02", ChangeBed.Deadline + Slack);
        await bed.AssertAccessAsync();
        Assert.Equal(step == "disarm web-02" ? first : changed, await bed.TraceAsync("web-02"));
        FirewallChangeResult again = await bed.UndoAsync("web-02");
        Assert.True(again.Outcome == PlanOutcome.Completed, again.Error);
        Assert.Equal(step == "disarm web-02" ? changed : first, await bed.TraceAsync("web-02"));
    }

    [Fact]
    public async Task Killed_between_the_disarming_of_two_servers_the_next_run_tells_and_makes_both_whole()
    {
        await using ChangeBed bed = await ChangeBed.MakeAsync(labs);
        // The next run must come before it, on a machine that builds an image meanwhile too.
        TimeSpan deadline = ChangeBed.Deadline + TimeSpan.FromSeconds(45);
        await DoomedChange.KillAsync(bed.Lab.Inventory, bed.State, "web-01,web-02", deadline, "disarm web-01", TimeSpan.Zero);
        long killed = Stopwatch.GetTimestamp();
        await bed.AssertChangedAsync("web-01", bed.Lab.Inventory);

        FoobarException elsewhere = await Assert.ThrowsAsync<FoobarException>(() => OnAnotherMachineAsync(bed));
        FirewallChangeResult result = await bed.ChangeAsync(bed.Lab.Inventory, "web-01,web-02");

        Assert.Equal("FirewallChangePending", elsewhere.ErrorId);
        Assert.Equal((PlanOutcome.Completed, null), (result.Outcome, result.Error));
        Assert.Contains("web-01 keeps its new rules", result.Recovered);
        Assert.Contains(
            result.Recovered, static told => told.StartsWith("web-02 puts its old rules back by itself at", StringComparison.Ordinal));
        Assert.Equal("web-02", Assert.Single(result.Servers));
        Assert.Contains(result.Steps, static step => step.Step == "settle web-02");
        await UntilPastAsync(killed, deadline);
        foreach (string server in (string[])["web-01", "web-02"])
        {
            await bed.SettleAsync(server, Slack);
            await bed.AssertChangedAsync(server, bed.Lab.Inventory);
        }

        Assert.Empty((await bed.ChangeAsync(bed.Lab.Inventory, "web-01,web-02")).Recovered);
    }

    // A deadline is counted from the arming, which came before the kill.
    private static async Task UntilPastAsync(long killed, TimeSpan deadline)
    {
        TimeSpan left = deadline - Stopwatch.GetElapsedTime(killed);
        await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, TestContext.Current.CancellationToken);
    }

    // There the killed change's journal is not known: it might be alive.
    private static async Task OnAnotherMachineAsync(ChangeBed bed)
    {
        Site site = InventoryLoader.Load(bed.Lab.Inventory);
        await using SiteSession session = new(site);
        FirewallChange change = await FirewallChange.PrepareAsync(
            session, [site.Find("web-02")!], new FirewallChangeOptions(), TimeProvider.System, TestContext.Current.CancellationToken);
        await change.RunAsync(
            new OperationStore(site.Name, Path.Combine(bed.State, "elsewhere")), null, TestContext.Current.CancellationToken);
    }
}
