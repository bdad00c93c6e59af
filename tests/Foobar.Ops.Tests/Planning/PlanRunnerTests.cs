using Foobar.Ops.Planning;

namespace Foobar.Ops.Tests.Planning;

public sealed class PlanRunnerTests
{
    [Fact]
    public async Task A_plan_without_trouble_is_done_in_order()
    {
        FakeWorld world = new();
        PlanResult result = await world.RunAsync();
        Assert.Equal(PlanOutcome.Completed, result.Outcome);
        Assert.Equal(["mark", "fence", "promote", "endpoint", "clean"], world.Done);
        Assert.Equal("Completed", world.Journal.Replay().End);
    }

    [Theory]
    [InlineData("mark")]
    [InlineData("fence")]
    [InlineData("promote")]
    public async Task A_failure_before_the_point_of_no_return_undoes_everything_in_reverse(string failing)
    {
        FakeWorld world = new() { FailAt = failing };
        PlanResult result = await world.RunAsync();
        Assert.Equal(PlanOutcome.Undone, result.Outcome);
        Assert.Empty(world.Done);
        Assert.Equal(world.UndoLog.Order(Comparer<string>.Create((a, b) => FakeWorld.IndexOf(b) - FakeWorld.IndexOf(a))), world.UndoLog);
        Assert.Contains("broke", result.Failure!.Message, StringComparison.Ordinal);
        Assert.Equal(StepOutcome.Skipped, result.Steps[^1].Outcome);
    }

    [Theory]
    [InlineData("endpoint")]
    [InlineData("clean")]
    public async Task A_failure_after_it_goes_on_and_says_degraded(string failing)
    {
        FakeWorld world = new() { FailAt = failing };
        PlanResult result = await world.RunAsync();
        Assert.Equal(PlanOutcome.Degraded, result.Outcome);
        Assert.Empty(world.UndoLog);
        Assert.Equal(5, result.Steps.Count);
    }

    [Fact]
    public async Task A_step_that_never_ends_is_undone_at_its_limit()
    {
        FakeWorld world = new() { HangAt = "promote", Limit = TimeSpan.FromMilliseconds(50) };
        PlanResult result = await world.RunAsync();
        Assert.Equal(PlanOutcome.Undone, result.Outcome);
        Assert.Equal("StepTimeout", Assert.IsType<Errors.FoobarException>(result.Failure).ErrorId);
    }

    [Theory]
    [InlineData(2, PlanOutcome.Undone)]
    [InlineData(3, PlanOutcome.UndoFailed)]
    public async Task An_undo_whose_connection_is_lost_is_tried_again_over_a_new_one(int times, PlanOutcome outcome)
    {
        FakeWorld world = new() { FailAt = "promote", FailUndoAt = "fence", LostWhenUndone = times };

        Assert.Equal(outcome, (await world.RunAsync()).Outcome);
        Assert.Equal(outcome == PlanOutcome.Undone ? ["promote", "fence", "mark"] : ["promote"], world.UndoLog);
    }

    [Fact]
    public async Task Cancelling_undoes_before_the_point_of_no_return_and_is_ignored_after_it()
    {
        FakeWorld before = new() { CancelAt = "fence" };
        Assert.Equal(PlanOutcome.Undone, (await before.RunAsync()).Outcome);
        Assert.Empty(before.Done);
        FakeWorld after = new() { CancelAt = "endpoint" };
        Assert.Equal(PlanOutcome.Completed, (await after.RunAsync()).Outcome);
    }

    [Fact]
    public async Task An_undo_that_fails_leaves_the_operation_unfinished_for_a_resume()
    {
        FakeWorld world = new() { FailAt = "promote", FailUndoAt = "fence" };
        PlanResult result = await world.RunAsync();
        Assert.Equal(PlanOutcome.UndoFailed, result.Outcome);
        Assert.Null(world.Journal.Replay().End);
        world.FailUndoAt = null;
        Assert.Equal(PlanOutcome.Undone, (await world.ResumeAsync()).Outcome);
        Assert.Empty(world.Done);
    }

    [Theory]
    [InlineData("mark", false, null)]
    [InlineData("promote", false, null)]
    [InlineData("clean", false, null)]
    [InlineData("fence", true, "promote")]
    [InlineData("mark", true, "promote")]
    public async Task One_whose_place_was_taken_does_nothing_more_forward_or_back(string at, bool undo, string? failing)
    {
        FakeWorld world = new() { SupersededAt = at, SupersededWhenUndone = undo, FailAt = failing };
        PlanResult result = await world.RunAsync();
        Assert.Equal(PlanOutcome.Superseded, result.Outcome);
        Assert.Equal("Superseded", world.Journal.Replay().End);
        Assert.Equal(5, result.Steps.Count);
        Assert.DoesNotContain(at, world.UndoLog);
        Assert.Equal(undo ? FakeWorld.IndexOf("promote") - FakeWorld.IndexOf(at) : 0, world.UndoLog.Count);
        Assert.Equal("OperationSuperseded", Assert.IsType<SupersededException>(result.Failure).ErrorId);
    }

    [Fact]
    public async Task A_journal_that_is_left_open_is_closed_by_its_caller_and_resumed_until_then()
    {
        FakeWorld world = new() { FailAt = "clean", FailsOnce = true };
        PlanRunner runner = new(world.Journal, TimeProvider.System) { LeavesOpen = true };
        Assert.Equal(PlanOutcome.Degraded, (await runner.RunAsync(world.Plan(), CancellationToken.None)).Outcome);
        Assert.Null(world.Journal.Replay().End);
        Assert.Equal(
            PlanOutcome.Completed, (await runner.ResumeAsync(world.Plan(), world.Journal.Replay(), CancellationToken.None)).Outcome);
        Assert.Null(world.Journal.Replay().End);
        runner.Close(PlanOutcome.Completed);
        Assert.Equal("Completed", world.Journal.Replay().End);
    }

    [Fact]
    public async Task What_others_rely_on_is_not_undone_but_finished()
    {
        FakeWorld world = new() { FailAt = "promote", FailsOnce = true, ReliedOn = "promote" };
        PlanResult result = await world.RunAsync();
        Assert.Equal(PlanOutcome.Degraded, result.Outcome);
        Assert.Contains("broke", result.Failure!.Message, StringComparison.Ordinal);
        Assert.Equal(5, world.Done.Count);
        Assert.Empty(world.UndoLog);
        Assert.Equal(5, result.Steps.Count);
        Assert.Equal("Degraded", world.Journal.Replay().End);
    }

    [Fact]
    public async Task Killed_while_it_finishes_what_others_rely_on_a_resume_finishes_it()
    {
        for (int instant = 8; instant < 25; instant++)
        {
            FakeWorld world = new() { FailAt = "promote", FailsOnce = true, ReliedOn = "promote", KillAt = instant };
            if (await world.RunUntilKilledAsync())
            {
                await world.ResumeAsync();
            }

            Assert.True(world.Done.Count is 0 or 5, $"killed at {instant}: left {string.Join(' ', world.Done)}");
            Assert.NotNull(world.Journal.Replay().End);
        }
    }

    [Fact]
    public async Task Nothing_is_done_before_its_inverse_is_on_disk()
    {
        FakeWorld world = new();
        await world.RunAsync();
        Assert.All(world.DurableWhenDone, step => Assert.Contains(step.Key, step.Value));
    }

    [Fact]
    public async Task Swift_steps_share_one_write_before_and_one_after()
    {
        FakeWorld world = new();
        await world.RunAsync();
        Assert.Equal(2, world.Journal.DurableWrites.Count(write => write.Any(record => record.Name == "promote")));
    }

    // All swift steps are recorded as begun before the first of them is done: that alone is no reason to go on past one that fails.
    [Fact]
    public async Task A_resume_undoes_what_fails_in_a_row_of_which_nothing_was_done()
    {
        int found = 0;
        for (int instant = 0; ; instant++)
        {
            FakeWorld world = new() { KillAt = instant };
            if (!await world.RunUntilKilledAsync())
            {
                break;
            }

            if (world.Done.Contains("fence") || !world.Journal.Replay().Begun.Contains("fence"))
            {
                continue;
            }

            found++;
            world.FailAt = "fence";
            PlanResult result = await world.ResumeAsync();
            Assert.Equal((PlanOutcome.Undone, "fence broke"), (result.Outcome, result.Failure?.InnerException?.Message));
            Assert.Empty(world.Done);
            Assert.Equal(["endpoint", "promote", "fence", "mark"], world.UndoLog);
        }

        Assert.NotEqual(0, found);
    }

    [Fact]
    public async Task Killed_at_any_instant_a_resume_ends_with_all_or_nothing()
    {
        for (int instant = 0; ; instant++)
        {
            FakeWorld world = new() { KillAt = instant };
            if (!await world.RunUntilKilledAsync())
            {
                Assert.True(instant > 15, "the plan has more instants than that");
                return;
            }

            PlanResult result = await world.ResumeAsync();
            bool all = world.Done.SetEquals(["mark", "fence", "promote", "endpoint", "clean"]);
            Assert.True(
                all ? result.Outcome == PlanOutcome.Completed : result.Outcome == PlanOutcome.Undone && world.Done.Count == 0,
                $"killed at instant {instant}: {result.Outcome}, left {string.Join(' ', world.Done)}");
            Assert.NotNull(world.Journal.Replay().End);
        }
    }

    [Fact]
    public async Task Killed_at_any_instant_and_its_journal_lost_it_ends_with_all_or_nothing()
    {
        for (int instant = 0; ; instant++)
        {
            FakeWorld world = new() { KillAt = instant, ReliedOn = "endpoint" };
            if (!await world.RunUntilKilledAsync())
            {
                Assert.True(instant > 15, "the plan has more instants than that");
                return;
            }

            bool passed = world.Done.Contains("endpoint");
            (PlanResult result, FakeJournal journal) = await world.TakeOverAsync(passed);
            Assert.Equal(passed ? PlanOutcome.Completed : PlanOutcome.Undone, result.Outcome);
            Assert.Equal(passed ? 5 : 0, world.Done.Count);
            Assert.NotNull(journal.Replay().End);
        }
    }

    [Fact]
    public async Task What_others_rely_on_is_finished_though_nobody_knew_how_far_a_lost_run_had_come()
    {
        FakeWorld world = new() { KillAt = 12, ReliedOn = "promote" };
        Assert.True(await world.RunUntilKilledAsync());
        Assert.Contains("promote", world.Done);
        (PlanResult result, _) = await world.TakeOverAsync(passed: false);
        Assert.Equal((PlanOutcome.Completed, null), (result.Outcome, result.Failure));
        Assert.Equal(5, world.Done.Count);
    }

    [Fact]
    public async Task Killed_again_while_resuming_the_next_resume_still_ends_it()
    {
        for (int first = 3; first < 15; first++)
        {
            for (int second = 0; second < 8; second++)
            {
                FakeWorld world = new() { KillAt = first };
                await world.RunUntilKilledAsync();
                await world.ResumeUntilKilledAsync(second);
                if (world.Journal.Replay().End is null)
                {
                    await world.ResumeAsync();
                }

                Assert.True(world.Done.Count is 0 or 5, $"killed at {first}, then {second}: left {string.Join(' ', world.Done)}");
            }
        }
    }
}
