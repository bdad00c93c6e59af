using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Guard;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Detection;
using Foobar.Ops.Operations.Replication.Rejoin;
using Foobar.Ops.Planning;
using Foobar.Ops.Services.Sending;

namespace Foobar.Ops.Tests.Operations.Guard;

/// <summary>A watch over a site that is played.</summary>
public sealed class PrimaryWatchTests
{
    private static readonly PrimaryVerdict Dead = GuardRulesTests.Seen(dead: true, ProbeOutcome.Silent, ProbeOutcome.Refused);

    private static readonly PrimaryVerdict Cut = GuardRulesTests.Seen(dead: false, ProbeOutcome.Answers, ProbeOutcome.Answers) with
    {
        Cause = PrimaryCause.CutFromOperator,
        Reason = "web-01 lives.",
    };

    private static readonly PrimaryVerdict Alone = GuardRulesTests.Seen(dead: false, ProbeOutcome.Blind, ProbeOutcome.Blind);

    [Fact]
    public async Task A_death_is_told_once_and_nothing_is_done_about_it_unasked()
    {
        PlayedSite site = new() { Verdict = Dead, Answers = { [1] = false, [2] = false, [3] = false } };
        WatchEventKind[] kinds = await KindsAsync(site, new(), turns: 5);
        Assert.Equal([WatchEventKind.Healthy, WatchEventKind.Suspected, WatchEventKind.Dead, WatchEventKind.Recovered], kinds);
        Assert.Equal(0, site.Failovers);
    }

    [Fact]
    public async Task A_dead_primary_is_replaced_once_and_the_next_one_waits_for_a_person()
    {
        PlayedSite site = new() { Verdict = Dead, Answers = { [1] = false, [4] = false, [5] = false } };
        WatchEvent[] events = await EventsAsync(site, new() { Failover = true }, turns: 6);
        Assert.Equal(
            [
                WatchEventKind.Healthy,
                WatchEventKind.Suspected,
                WatchEventKind.Dead,
                WatchEventKind.FailedOver,
                WatchEventKind.Suspected,
                WatchEventKind.Dead,
                WatchEventKind.Blocked,
                WatchEventKind.Recovered,
            ],
            events.Select(each => each.Kind));
        Assert.Equal("web-02", events[3].Primary);
        Assert.Equal(1, site.Failovers);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cut_to_this_machine_or_of_it_begins_no_failover(bool alone)
    {
        PlayedSite site = new() { Verdict = alone ? Alone : Cut, Answers = { [1] = false, [2] = false } };
        WatchEvent[] events = await EventsAsync(site, new() { Failover = true }, turns: 4);
        Assert.Equal(
            [
                WatchEventKind.Healthy,
                WatchEventKind.Suspected,
                alone ? WatchEventKind.Isolated : WatchEventKind.Suspected,
                WatchEventKind.Recovered,
            ],
            events.Select(each => each.Kind));
        Assert.NotNull(events[2].Verdict);
        Assert.DoesNotContain(events, each => each.Kind is WatchEventKind.FailedOver or WatchEventKind.FailoverFailed);
        Assert.Equal(0, site.Moved);
    }

    [Fact]
    public async Task A_suspended_watch_tells_and_does_nothing()
    {
        PlayedSite site = new()
        {
            Verdict = Dead,
            Answers = { [2] = false, [3] = false },
            Standing = new() { SuspendedUntil = DateTimeOffset.MaxValue, Holder = "ann" },
        };
        WatchEventKind[] kinds = await KindsAsync(site, new() { Failover = true }, turns: 5);
        Assert.Equal(
            [WatchEventKind.Healthy, WatchEventKind.Suspected, WatchEventKind.Dead, WatchEventKind.Suspended, WatchEventKind.Recovered],
            kinds);
        Assert.Equal(0, site.Failovers);
    }

    [Fact]
    public async Task What_stands_in_the_way_is_told_once_however_often_it_is_tried()
    {
        PlayedSite site = new() { Verdict = Dead, Refusal = "FailoverRefused", Answers = { [1] = false, [2] = false, [3] = false } };
        WatchEventKind[] kinds = await KindsAsync(site, new() { Failover = true }, turns: 5);
        Assert.Equal(
            [
                WatchEventKind.Healthy,
                WatchEventKind.Suspected,
                WatchEventKind.Dead,
                WatchEventKind.FailoverRefused,
                WatchEventKind.Recovered,
            ],
            kinds);
        Assert.Equal(3, site.Failovers);
    }

    [Fact]
    public async Task Where_another_guard_acts_its_choice_is_followed()
    {
        PlayedSite site = new() { Refusal = "OperationRunning", Answers = { [1] = false, [2] = false }, PrimaryAt = { [2] = "web-02" } };
        WatchEvent[] events = await EventsAsync(site, new() { Failover = true }, turns: 4);
        Assert.Equal(
            [WatchEventKind.Healthy, WatchEventKind.Suspected, WatchEventKind.FailoverRefused, WatchEventKind.PrimaryChanged],
            events.Select(each => each.Kind));
        Assert.Equal("web-02", events[^1].Primary);
        Assert.Equal(1, site.Failovers);
    }

    [Fact]
    public async Task A_switchover_by_a_person_is_followed()
    {
        PlayedSite site = new() { ReadOnly = { 1, 2 }, PrimaryAt = { [1] = null, [2] = "web-02" } };
        WatchEvent[] events = await EventsAsync(site, new() { Failover = true }, turns: 4);
        Assert.Equal([WatchEventKind.Healthy, WatchEventKind.PrimaryChanged], events.Select(each => each.Kind));
        Assert.Equal("web-02", events[^1].Primary);
        Assert.Equal(0, site.Failovers);
    }

    [Theory]
    [InlineData(null, WatchEventKind.Rejoined)]
    [InlineData("RepairRefused", WatchEventKind.RejoinRefused)]
    public async Task The_old_primary_rejoins_when_it_is_back(string? refusal, WatchEventKind expected)
    {
        PlayedSite site = new() { Verdict = Dead, Answers = { [1] = false }, BackAt = 25, RejoinRefusal = refusal };
        WatchEventKind[] kinds = await KindsAsync(site, new() { Failover = true, Rejoin = true }, turns: 60);
        Assert.Equal([WatchEventKind.Healthy, WatchEventKind.Suspected, WatchEventKind.Dead, WatchEventKind.FailedOver, expected], kinds);
        Assert.Equal(1, site.Rejoins);
    }

    [Fact]
    public async Task What_another_guard_left_after_writes_were_moved_is_ended_once_its_lock_is_gone()
    {
        PlayedSite site = new() { Standing = new() { Last = Left("yes") }, LeftHeld = 2, Verdict = Dead, Answers = { [30] = false } };
        WatchEvent[] events = await EventsAsync(site, new() { Failover = true }, turns: 32);
        Assert.Equal(
            [
                WatchEventKind.Healthy,
                WatchEventKind.FailedOver,
                WatchEventKind.Suspected,
                WatchEventKind.Dead,
                WatchEventKind.Blocked,
                WatchEventKind.Recovered,
            ],
            events.Select(each => each.Kind));
        Assert.Contains("half done", events[1].Message, StringComparison.Ordinal);
        Assert.Equal((3, 0), (site.Finishes, site.Failovers));
    }

    [Theory]
    [InlineData("no", true, false)]
    [InlineData("yes", false, false)]
    [InlineData("yes", true, true)]
    public async Task What_a_person_left_or_while_one_wants_it_still_or_unasked_is_not_ended(
        string automatic, bool failover, bool suspended)
    {
        PlayedSite site = new()
        {
            Standing = new() { Last = Left(automatic), SuspendedUntil = suspended ? DateTimeOffset.MaxValue : null },
        };
        Assert.Equal([WatchEventKind.Healthy], await KindsAsync(site, new() { Failover = failover }, turns: 10));
        Assert.Equal(0, site.Ended);
    }

    [Fact]
    public async Task A_guard_that_was_killed_before_writes_were_moved_fails_over_anew_when_it_is_started_again()
    {
        PlayedSite site = new() { Own = new("web-01", MayDoAnew: true), Verdict = Dead, Answers = { [0] = false, [1] = false } };
        WatchEvent[] events = await EventsAsync(site, new() { Failover = true }, turns: 3);
        Assert.Equal([WatchEventKind.Suspected, WatchEventKind.Dead, WatchEventKind.FailedOver], events.Select(each => each.Kind));
        Assert.Equal(1, site.Moved);
    }

    [Fact]
    public async Task A_guard_that_was_killed_and_finds_the_primary_alive_undoes_what_it_began()
    {
        PlayedSite site = new() { Own = new("web-01", MayDoAnew: true), NotLedAt = { 1 } };
        WatchEvent[] events = await EventsAsync(site, new() { Failover = true }, turns: 3);
        Assert.Equal(
            [WatchEventKind.Suspected, WatchEventKind.Recovered, WatchEventKind.Suspected, WatchEventKind.Recovered],
            events.Select(each => each.Kind));
        Assert.Contains("Undone", events[1].Message, StringComparison.Ordinal);
        Assert.Equal((1, 0), (site.Ended, site.Failovers));
    }

    [Fact]
    public async Task A_member_that_was_promoted_and_to_which_nobody_is_led_is_not_followed()
    {
        PlayedSite site = new()
        {
            Verdict = Dead,
            IsLed = false,
            Refusal = "OperationRunning",
            Answers = { [1] = false, [2] = false, [3] = false },
            PrimaryAt = { [2] = "web-02", [3] = "web-02" },
        };
        WatchEventKind[] kinds = await KindsAsync(site, new() { Failover = true }, turns: 4);
        Assert.DoesNotContain(WatchEventKind.PrimaryChanged, kinds);
        Assert.Equal(3, site.Failovers);
    }

    [Fact]
    public async Task A_primary_that_is_back_and_to_which_nobody_is_led_is_told()
    {
        PlayedSite site = new() { Answers = { [1] = false }, NotLedAt = { 2, 3 } };
        WatchEvent[] events = await EventsAsync(site, new(), turns: 6);
        Assert.Equal(
            [
                WatchEventKind.Healthy, WatchEventKind.Suspected, WatchEventKind.Suspected, WatchEventKind.Suspected,
                WatchEventKind.Recovered,
            ],
            events.Select(each => each.Kind));
        Assert.Contains("leads nobody to it", events[3].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_watch_that_finds_no_primary_says_so_before_it_ends(bool failover)
    {
        await using PlayedSite site = new() { Answers = { [0] = false }, Turns = 3 };
        List<WatchEvent> events = [];
        FoobarException error = await Assert.ThrowsAsync<FoobarException>(async () =>
        {
            await foreach (WatchEvent each in new PrimaryWatch(
                site, new() { Failover = failover }, new AutomaticFailover(), new HurriedTime()).WatchAsync(site.End))
            {
                events.Add(each);
            }
        });
        Assert.Equal("PrimaryUnknown", error.ErrorId);
        WatchEvent told = Assert.Single(events);
        Assert.Equal((WatchEventKind.PrimaryUnknown, ""), (told.Kind, told.Primary));
        Assert.Contains("no member takes writes", told.Message, StringComparison.Ordinal);
        Assert.Contains("Invoke-FoobarFailover -Emergency", told.Recommendation, StringComparison.Ordinal);
        OutgoingEvent sent = WatchEventMapper.Map(told);
        Assert.Equal((EventLevel.Error, false), (sent.Level, sent.Attributes.ContainsKey("server")));
    }

    private static OperationMark Left(string automatic) =>
        GuardRulesTests.Mark(automatic, OperationState.Running, new(2026, 11, 30, 2, 59, 0, TimeSpan.Zero)) with
        {
            OldPrimary = "web-02",
            NewPrimary = "web-01",
        };

    private static async Task<WatchEventKind[]> KindsAsync(PlayedSite site, WatchOptions options, int turns) =>
        [.. (await EventsAsync(site, options, turns)).Select(each => each.Kind)];

    private static async Task<WatchEvent[]> EventsAsync(PlayedSite site, WatchOptions options, int turns)
    {
        await using PlayedSite played = site;
        site.Turns = turns;
        List<WatchEvent> events = [];
        try
        {
            await foreach (WatchEvent each in new PrimaryWatch(site, options, new AutomaticFailover(), new HurriedTime()).WatchAsync(
                site.End))
            {
                events.Add(each);
            }
        }
        catch (OperationCanceledException)
        {
            // The play is over.
        }

        return [.. events];
    }

    /// <summary>A clock whose waits are over at once, and have passed.</summary>
    private sealed class HurriedTime : TimeProvider
    {
        private DateTimeOffset _now = new(2026, 11, 30, 3, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _now += dueTime > TimeSpan.Zero ? dueTime : TimeSpan.Zero;
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }

    /// <summary>A site that does at each turn what it was told; a turn is one question to the primary.</summary>
    private sealed class PlayedSite : IWatchedSite
    {
        private readonly CancellationTokenSource _end = new();
        private int _turn;
        private string _primary = "web-01";

        public CancellationToken End => _end.Token;

        public int Turns { get; set; }

        public Dictionary<int, bool> Answers { get; } = [];

        public HashSet<int> ReadOnly { get; } = [];

        public Dictionary<int, string?> PrimaryAt { get; } = [];

        public PrimaryVerdict Verdict { get; init; } = Cut;

        public WatchStanding Standing { get; set; } = new();

        public string? Refusal { get; init; }

        public string? RejoinRefusal { get; init; }

        public int BackAt { get; init; } = int.MaxValue;

        public int Failovers { get; private set; }

        public int Moved { get; private set; }

        public int Rejoins { get; private set; }

        public LeftFailover? Own { get; set; }

        public int LeftHeld { get; init; }

        public bool IsLed { get; init; } = true;

        public HashSet<int> NotLedAt { get; } = [];

        public int Finishes { get; private set; }

        public int Ended { get; private set; }

        public string Name => "www.foobar.com";

        public Task<string> FindPrimaryAsync(CancellationToken cancellationToken)
        {
            if (PrimaryAt.TryGetValue(_turn, out string? there))
            {
                _primary = there ?? throw new FoobarException("PrimaryUnknown", ErrorKind.Failed, "no member takes writes");
            }
            else if (!Answers.GetValueOrDefault(_turn, true))
            {
                throw new FoobarException("PrimaryUnknown", ErrorKind.Failed, "no member takes writes");
            }

            return Task.FromResult(_primary);
        }

        public async Task<PrimaryAnswer> AskAsync(string primary, CancellationToken cancellationToken)
        {
            if (++_turn >= Turns)
            {
                await _end.CancelAsync();
            }

            return Answers.GetValueOrDefault(_turn, true)
                ? new PrimaryAnswer(!ReadOnly.Contains(_turn), Standing)
                : throw new FoobarException("PrimarySilent", ErrorKind.Timeout, $"{primary}: its database did not answer.");
        }

        public Task<FailoverPreview> LookAsync(FailoverOptions options, CancellationToken cancellationToken) => Task.FromResult(Preview());

        public Task<FailoverResult> FailOverAsync(FailoverOptions options, CancellationToken cancellationToken)
        {
            Failovers++;
            if (Refusal == "OperationRunning")
            {
                throw new FoobarException(Refusal, ErrorKind.Refused, "another failover is running");
            }

            options.Seen!(Preview());
            if (Refusal is not null || !Verdict.Dead)
            {
                throw new FoobarException(Refusal ?? "FailoverRefused", ErrorKind.Refused, $"refused at turn {_turn}");
            }

            Moved++;
            Own = null;
            string old = _primary;
            _primary = "web-02";
            Standing = new() { Last = GuardRulesTests.Mark("yes", OperationState.Completed, new(2026, 11, 30, 3, 0, 0, TimeSpan.Zero)) };
            return Task.FromResult(Result(old, _primary, PlanOutcome.Completed));
        }

        public LeftFailover? FindLeft() => Own;

        public Task<FailoverResult?> FinishAsync(FailoverOptions options, OperationMark? mark, CancellationToken cancellationToken)
        {
            if (Own is null && mark is null)
            {
                return Task.FromResult<FailoverResult?>(null);
            }

            if (Finishes++ < LeftHeld)
            {
                throw new FoobarException("OperationRunning", ErrorKind.Refused, "another failover is running");
            }

            Ended++;
            bool isUndone = Own is { MayDoAnew: true };
            Own = null;
            Standing = Standing with { Last = mark is null ? null : mark with { State = OperationState.Degraded } };
            return Task.FromResult<FailoverResult?>(
                Result(
                    isUndone ? "web-01" : mark!.OldPrimary, isUndone ? "web-02" : mark!.NewPrimary,
                    isUndone ? PlanOutcome.Undone : PlanOutcome.Degraded));
        }

        public Task<bool> IsLedToAsync(string member, CancellationToken cancellationToken) =>
            Task.FromResult(IsLed && !NotLedAt.Contains(_turn));

        public Task<WatchStanding> StandingAsync(CancellationToken cancellationToken) => Task.FromResult(Standing);

        public Task<bool> IsBackAsync(string member, CancellationToken cancellationToken) => Task.FromResult(_turn >= BackAt);

        public Task<RejoinResult> RejoinAsync(string member, CancellationToken cancellationToken)
        {
            Rejoins++;
            return RejoinRefusal is not null
                ? throw new FoobarException(RejoinRefusal, ErrorKind.Refused, "refused")
                : Task.FromResult(new RejoinResult
                {
                    Server = member,
                    Primary = _primary,
                    Outcome = PlanOutcome.Completed,
                    Method = RejoinMethod.Rejoin,
                    Reason = "It holds nothing that the primary lacks.",
                    Steps = [],
                    Started = DateTimeOffset.UnixEpoch,
                    Duration = TimeSpan.Zero,
                    Journal = "/journal",
                });
        }

        public ValueTask DisposeAsync()
        {
            _end.Dispose();
            return ValueTask.CompletedTask;
        }

        private static FailoverResult Result(string old, string primary, PlanOutcome outcome) => new()
        {
            Id = "id-1",
            Outcome = outcome,
            OldPrimary = old,
            NewPrimary = primary,
            Proof = new() { Verdict = ProofVerdict.Proven, Reason = "" },
            Steps = [],
            Started = DateTimeOffset.UnixEpoch,
            Duration = TimeSpan.FromSeconds(2),
            Journal = "/journal",
        };

        private FailoverPreview Preview() =>
            new()
            {
                OldPrimary = "web-01",
                NewPrimary = "web-02",
                Steps = [],
                Blockers = [new() { Code = "DataLoss", Server = "web-01", Message = $"{_turn} s", Remediation = "" }],
                Verdict = Verdict,
            };
    }
}
