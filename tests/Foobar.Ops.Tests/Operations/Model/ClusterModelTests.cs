using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;
using Foobar.Ops.Testing;

namespace Foobar.Ops.Tests.Operations.Model;

/// <summary>
/// Switchover, failover, rejoin, resume and takeover as a whole against a cluster in memory, in every order of failures: never two
/// members that take writes, no acknowledged write lost that is not named. A schedule that breaks this prints its seed.
/// </summary>
[RunsFirst]
public sealed class ClusterModelTests
{
    // With a seed that finds it: to go through all of them until one does takes a minute.
    private static readonly Dictionary<string, (Plant Fault, int Seed)> Plants = new()
    {
        ["a fence that is skipped"] = (WithoutFence, 0),
        ["a wait for the applier that is skipped"] = (WithoutWaiting, 3130),
        ["a resume that ignores the other operator"] = (WithoutLock, 1875),
    };

    private static ClusterOptions Pair => new() { Pair = true };

    public static TheoryData<string> PlantNames => [.. Plants.Keys];

    [Fact]
    public void No_schedule_of_failures_makes_two_primaries_or_loses_a_write_unnamed()
    {
        Schedule? schedule = ScheduleRunner.Only is { } seed
            ? ScheduleRunner.OnThread(() => Schedule.Run(seed, traced: true))
            : ScheduleRunner.FirstViolation(ScheduleRunner.Count);
        if (ScheduleRunner.Only is not null)
        {
            TestContext.Current.SendDiagnosticMessage($"{schedule}");
        }

        Assert.True(schedule?.Violation is null, $"{schedule}");
    }

    [Theory]
    [MemberData(nameof(PlantNames))]
    public void A_fault_that_is_planted_is_found(string plant)
    {
        (Plant fault, int seed) = Plants[plant];
        if (ScheduleRunner.OnThread(() => Schedule.Run(seed, plant: fault)).Violation is null)
        {
            // Schedules change with the engine: then another seed has to find it.
            Schedule? found = ScheduleRunner.FirstViolation(Math.Min(ScheduleRunner.Count, 3000), fault);
            Assert.NotNull(found);
            TestContext.Current.SendDiagnosticMessage($"{plant}: found by seed {found.Seed}, no more by {seed}");
        }
    }

    [Fact]
    public void A_seed_gives_the_same_run_again()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            int one = seed;
            Assert.Equal(
                ScheduleRunner.OnThread(() => Schedule.Run(one)).Fingerprint, ScheduleRunner.OnThread(() => Schedule.Run(one)).Fingerprint);
        }
    }

    // What the model found in the engine, each as it was found first.
    [Theory]
    [InlineData(
        "a resume that verifies again leaves the marker under way",
        false,
        2,
        "switchover",
        "SET GLOBAL read_only = OFF",
        2,
        nameof(Fault.Refused))]
    [InlineData(
        "HAProxy starts anew with what its configuration said before",
        true,
        2,
        "switchover",
        "SELECT COUNT(*) AS value FROM information_schema.PROCESSLIST WHERE ID = @id",
        1,
        nameof(Fault.BalancerCrash))]
    [InlineData(
        "the new primary starts anew before its role is persisted", true, 2, "failover", "read the password", 1, nameof(Fault.Crash))]
    [InlineData("the old primary starts anew before it is fenced", true, 2, "switchover", "STOP ALL SLAVES", 1, nameof(Fault.Crash))]
    [InlineData(
        "HAProxy says that it closed a server, and did not",
        true,
        2,
        "partition",
        "set server mysql-write/web-01 state maint",
        1,
        nameof(Fault.Lie))]
    [InlineData("HAProxy takes a connection and never answers", false, 2, "switchover", "prompt", 1, nameof(Fault.HangBefore))]
    [InlineData(
        "a replica whose replication could not be read is left behind",
        false,
        3,
        "switchover",
        "SELECT CHANNEL_NAME AS channel_name",
        1,
        nameof(Fault.HangBefore))]
    public void What_was_found_once_is_mended(string found, bool mariaDb, int members, string operation, string at, int time, string fault)
    {
        Schedule schedule = ScheduleRunner.OnThread(
            () => Schedule.Written(new() { MariaDb = mariaDb, Members = members }, operation, at, time, Enum.Parse<Fault>(fault)));
        Assert.True(schedule.Violation is null, $"{found}: {schedule}");
        Assert.NotEmpty(schedule.FaultsThatCame);
    }

    [Theory]
    [InlineData(
        "does not answer when it is told to close",
        "set server mysql-write/web-01 state drain",
        nameof(Fault.HangBefore),
        PlanOutcome.Undone)]
    [InlineData(
        "closes, and its answer is lost", "set server mysql-write/web-01 state drain", nameof(Fault.LostAfter), PlanOutcome.Completed)]
    [InlineData("refuses to open", "set server mysql-write/web-02 state ready", nameof(Fault.Refused), PlanOutcome.Completed)]
    [InlineData("says that it opened, and did not", "set server mysql-write/web-02 state ready", nameof(Fault.Lie), PlanOutcome.Completed)]
    public void A_second_load_balancer_that_fails_once_leads_where_the_first_one_does(
        string what, string at, string fault, PlanOutcome outcome)
    {
        Schedule schedule = ScheduleRunner.OnThread(() => Schedule.Written(Pair, "switchover", at, 2, Enum.Parse<Fault>(fault)));
        Assert.True(schedule.Violation is null, $"{what}: {schedule}");
        Assert.NotEmpty(schedule.FaultsThatCame);
        Assert.Equal(outcome, schedule.Ended[0].Result?.Outcome);
        Assert.DoesNotContain("Set-FoobarBackend", schedule.Ended[0].Result?.Recommendation ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lb-01")]
    [InlineData("lb-02")]
    public void A_load_balancer_that_nobody_reaches_stands_in_the_way_of_a_switchover_alone(string apart)
    {
        Schedule planned = ScheduleRunner.OnThread(() => Schedule.Written(Pair, "switchover", "nothing", 1, Fault.None, apart));
        Assert.True(planned.Violation is null, $"{planned}");
        FoobarException refused = Assert.IsType<FoobarException>(planned.Ended[0].Error);
        Assert.Contains($"BalancerUnreachable on {apart}", refused.Message, StringComparison.Ordinal);

        Schedule emergency = ScheduleRunner.OnThread(() => Schedule.Written(Pair, "failover", "nothing", 1, Fault.None, apart));
        Assert.True(emergency.Violation is null, $"{emergency}");
        FailoverResult result = emergency.Ended[0].Result!;
        Assert.Equal((PlanOutcome.Degraded, "web-02"), (result.Outcome, result.NewPrimary));
        Assert.Equal(StepOutcome.Failed, Assert.Single(result.Steps, static step => step.Step == "balancers").Outcome);
        Assert.Contains($"{apart}: ", result.Error, StringComparison.Ordinal);
        Assert.Contains(
            $"Set-FoobarBackend -Server {apart} -Backend mysql-write -Name web-02 -State Ready -Persist",
            result.Recommendation, StringComparison.Ordinal);
        Assert.Equal(apart == "lb-01", result.Unfinished);
    }

    [Theory]
    [InlineData("web-01")]
    [InlineData("web-02")]
    [InlineData("db-03")]
    public void A_global_lock_on_any_member_that_a_switchover_changes_stands_in_its_way(string locked)
    {
        Schedule schedule = ScheduleRunner.OnThread(() => Schedule.Written(
            new() { Members = 3 }, "switchover", "nothing", 1, Fault.None,
            plant: call => call.Member.Name == locked
                && call.Sql.StartsWith("SELECT CONCAT(l.OBJECT_TYPE, ' ', l.LOCK_TYPE", StringComparison.Ordinal)
                ? [Rows.Of(("type", "GLOBAL SHARED"), ("id", 99L), ("user", "backup"), ("host", "localhost"), ("seconds", 3L))]
                : null));
        FoobarException refused = Assert.IsType<FoobarException>(schedule.Ended[0].Error);
        Assert.Equal("FailoverRefused", refused.ErrorId);
        Assert.Contains($"GlobalLock on {locked}", refused.Message, StringComparison.Ordinal);
        Assert.Contains("connection 99 of backup", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_misspelt_backend_of_two_load_balancers_is_told_as_such()
    {
        Schedule schedule = ScheduleRunner.OnThread(() => Schedule.Written(
            Pair with { WriteBackend = "mysql-writ" }, "switchover", "nothing", 1, Fault.None));
        FoobarException refused = Assert.IsType<FoobarException>(schedule.Ended[0].Error);
        Assert.Contains("Endpoint on lb-01: HAProxy has no backend 'mysql-writ'", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("BalancerUnreachable", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_for_writes_that_leads_elsewhere_stands_in_the_way_of_a_switchover()
    {
        Schedule schedule = ScheduleRunner.OnThread(() => Schedule.Written(
            new() { Members = 2 }, "switchover", "nothing", 1, Fault.None,
            plant: static call => call.Sql.EndsWith("USER = 'unauthenticated user'", StringComparison.Ordinal)
                ? [Rows.Of(("value", 0))]
                : null));
        FoobarException refused = Assert.IsType<FoobarException>(schedule.Ended[0].Error);
        Assert.Equal("FailoverRefused", refused.ErrorId);
        Assert.Contains("EndpointAddress on lb-01: a connection to 192.0.2.10:3306", refused.Message, StringComparison.Ordinal);
        Assert.Contains("does not arrive at web-01", refused.Message, StringComparison.Ordinal);
    }

    // A takeover is killed at its beginning, the first operator goes on to the end, and then the second one resumes; a resume goes on
    // though the old primary could not be fenced.
    [Theory]
    [InlineData(20937)]
    [InlineData(34026)]
    public void A_seed_that_found_something_finds_nothing_any_more(int seed)
    {
        Schedule schedule = ScheduleRunner.OnThread(() => Schedule.Run(seed, traced: true));
        Assert.True(schedule.Violation is null, $"{schedule}");
    }

    private static IReadOnlyList<DatabaseRow>? WithoutFence(Call call) => call.Sql switch
    {
        "SET GLOBAL super_read_only = ON" or "SET GLOBAL read_only = 1" => [],
        { } sql when sql.StartsWith("BEGIN NOT ATOMIC", StringComparison.Ordinal) && sql.Contains("read_only", StringComparison.Ordinal) =>
            [],
        { } sql when sql.Contains(" AS fenced, ", StringComparison.Ordinal) =>
            [Rows.Of(("fenced", 1), ("position", call.Member.BinlogPosition), ("executed", call.Member.Executed))],
        _ => null,
    };

    private static IReadOnlyList<DatabaseRow>? WithoutWaiting(Call call) =>
        call.Sql is "SELECT WAIT_FOR_EXECUTED_GTID_SET(@position, @limit) AS value" or "SELECT MASTER_GTID_WAIT(@position, @limit) AS value"
            ? [Rows.Of(("value", 0))]
            : null;

    private static IReadOnlyList<DatabaseRow>? WithoutLock(Call call) => call.Sql switch
    {
        "SELECT IS_USED_LOCK('foobar_ops.failover') = CONNECTION_ID() AS value" => [Rows.Of(("value", 1))],
        "SELECT GET_LOCK('foobar_ops.failover', 1) AS value, CONNECTION_ID() AS connection" =>
            [Rows.Of(("value", 1), ("connection", call.Connection.Id))],
        { } sql when sql.Contains("WHERE ID = IS_USED_LOCK(", StringComparison.Ordinal) => [],
        _ => null,
    };
}
