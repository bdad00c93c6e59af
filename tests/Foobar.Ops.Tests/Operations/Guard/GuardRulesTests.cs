using Foobar.Ops.Database;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Guard;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Detection;
using Foobar.Ops.Planning;

namespace Foobar.Ops.Tests.Operations.Guard;

public sealed class GuardRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 30, 3, 0, 0, TimeSpan.Zero);

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Theory]
    [InlineData(ProbeOutcome.Blind, ProbeOutcome.Blind, WatchEventKind.Isolated)]
    [InlineData(ProbeOutcome.Answers, ProbeOutcome.Blind, WatchEventKind.Suspected)]
    [InlineData(ProbeOutcome.Silent, ProbeOutcome.Blind, WatchEventKind.Suspected)]
    internal void Who_reaches_nobody_is_isolated(ProbeOutcome replica, ProbeOutcome balancer, WatchEventKind expected) =>
        Assert.Equal(expected, GuardRules.Judge(Seen(dead: false, replica, balancer)));

    [Fact]
    public void A_dead_primary_is_dead() =>
        Assert.Equal(WatchEventKind.Dead, GuardRules.Judge(Seen(dead: true, ProbeOutcome.Silent, ProbeOutcome.Refused)));

    [Fact]
    public void Nothing_speaks_against_a_failover_where_there_was_none() => Assert.Null(GuardRules.Refuse(new(), Hour, Now));

    [Fact]
    public void A_suspended_watch_holds_still_until_its_time_is_over()
    {
        WatchStanding suspended = new()
        {
            SuspendedUntil = Now + TimeSpan.FromMinutes(1),
            Reason = "kernel update",
            Holder = "ann on admin-01",
        };
        (WatchEventKind kind, string message, _) = GuardRules.Refuse(suspended, Hour, Now)!.Value;
        Assert.Equal(WatchEventKind.Suspended, kind);
        Assert.Contains("ann on admin-01: kernel update", message, StringComparison.Ordinal);
        Assert.Null(GuardRules.Refuse(suspended, Hour, Now + TimeSpan.FromMinutes(1)));
    }

    [Theory]
    [InlineData("no", OperationState.Completed, 59, true)]
    [InlineData("no", OperationState.Completed, 61, false)]
    [InlineData("no", OperationState.Undone, 1, false)]
    [InlineData("yes", OperationState.Completed, 1, true)]
    [InlineData("yes", OperationState.Completed, 100000, true)]
    [InlineData("yes", OperationState.Repaired, 100000, true)]
    [InlineData("yes", OperationState.Degraded, 100000, true)]
    [InlineData("yes", OperationState.Undone, 1, false)]
    [InlineData("yes", OperationState.Running, 100000, true)]
    [InlineData("no", OperationState.Running, 1, false)]
    public void Never_twice_in_a_row_without_a_person(string automatic, string state, int minutesAgo, bool blocked)
    {
        WatchStanding standing = new() { Last = Mark(automatic, state, Now - TimeSpan.FromMinutes(minutesAgo)) };
        Assert.Equal(blocked ? WatchEventKind.Blocked : null, GuardRules.Refuse(standing, Hour, Now)?.Kind);
        Assert.Null(GuardRules.Refuse(standing with { Acknowledged = standing.Last.Id }, Hour, Now));
    }

    [Theory]
    [InlineData(true, 100, null)]
    [InlineData(false, 100, 100L)]
    [InlineData(false, 0, 0L)]
    public void Only_the_loss_that_the_policy_accepted_is_accepted(bool requireSemiSync, int most, long? expected)
    {
        FailoverOptions options = GuardRules.Options(
            new() { AcceptDataLoss = true }, new AutomaticFailover { RequireSemiSync = requireSemiSync, MaxLossTransactions = most });
        Assert.False(options.AcceptDataLoss);
        Assert.True(options.Automatic);
        Assert.Equal(expected, options.MaximumLoss);
    }

    [Theory]
    [InlineData("yes", OperationState.Running, "web-02", true)]
    [InlineData("yes", OperationState.Running, "web-01", false)]
    [InlineData("yes", OperationState.Degraded, "web-02", false)]
    [InlineData("no", OperationState.Running, "web-02", false)]
    public void Only_what_a_guard_left_at_this_primary_is_ended_unasked(string automatic, string state, string primary, bool isLeft) =>
        Assert.Equal(isLeft, GuardRules.IsLeft(Mark(automatic, state, Now), primary));

    [Theory]
    [InlineData("yes", OperationKeys.Emergency, "promote", true)]
    [InlineData("yes", OperationKeys.Emergency, "open-endpoint", false)]
    [InlineData("no", OperationKeys.Emergency, "promote", false)]
    [InlineData("yes", "", "promote", false)]
    public void What_a_guard_left_before_writes_were_let_through_may_be_done_anew(string automatic, string mode, string begun, bool may) =>
        Assert.Equal(may, EarlierFailover.MayBeDoneAnew(new JournalState
        {
            Kind = "failover",
            Since = Now,
            Parameters = new Dictionary<string, string> { [GuardRules.Automatic] = automatic, ["mode"] = mode },
            Begun = new HashSet<string> { begun },
            Done = new HashSet<string> { "close-endpoint" },
            Notes = new Dictionary<string, string>(),
        }));

    internal static OperationMark Mark(string automatic, string state, DateTimeOffset since) => new()
    {
        Id = "id-1",
        Holder = "guard on admin-02",
        Since = since,
        State = state,
        OldPrimary = "web-01",
        NewPrimary = "web-02",
        Parameters = new Dictionary<string, string> { [GuardRules.Automatic] = automatic, ["mode"] = OperationKeys.Emergency },
    };

    internal static PrimaryVerdict Seen(bool dead, ProbeOutcome replica, ProbeOutcome balancer) => new()
    {
        Primary = "web-01",
        Dead = dead,
        Cause = dead ? PrimaryCause.Unreachable : PrimaryCause.Unclear,
        Reason = dead ? "web-01 is dead." : "It can't be told.",
        Reports =
        [
            new() { Observer = Observer.Operator, ProbeOutcome = ProbeOutcome.Blind, Evidence = "no answer" },
            new() { Observer = Observer.Replica, Server = "web-02", ProbeOutcome = replica, Evidence = "none" },
            new() { Observer = Observer.Balancer, Server = "lb-01", ProbeOutcome = balancer, Evidence = "none" },
        ],
    };
}
