using Foobar.Ops.Operations.Replication.Detection;
using Foobar.Ops.Operations.Replication.Machines;

namespace Foobar.Ops.Tests.Operations.Replication.Detection;

/// <summary>Dead or not: from what the observers saw to the verdict.</summary>
public sealed class PrimaryJudgeTests
{
    private static readonly MachineReport Running = new()
    {
        Unit = "mysql.service",
        State = "active/running",
        ProcessId = 7,
        ProcessState = "S",
        DataAvailableBytes = 1 << 30,
        BinlogAvailableBytes = 1 << 30,
    };
    private static readonly MachineReport Down = Running with { ProcessId = null, ProcessState = "", State = "activating/auto-restart" };

    /// <summary>operator, replica, balancer; what the machine says; why a write failed; dead; cause.</summary>
    private static readonly (
        string Name, string Sights, MachineReport? Machine, string? WriteFailure, bool Dead, PrimaryCause Cause)[] Cases =
    [
        ("all hear it", "AAA", Running, null, false, PrimaryCause.Alive),
        ("cut from us only", "BAA", null, null, false, PrimaryCause.CutFromOperator),
        ("refused to us only", "RAA", null, null, false, PrimaryCause.CutFromOperator),
        ("cut from the replica only", "ASA", Running, null, false, PrimaryCause.CutFromReplica),
        ("cut from the replica and us", "BSA", null, null, false, PrimaryCause.CutFromReplica),
        ("cut from the balancer only", "AAS", Running, null, false, PrimaryCause.CutFromBalancer),
        ("only we hear it", "ASS", Running, null, false, PrimaryCause.CutFromBalancer),
        ("killed", "RRR", Down, null, true, PrimaryCause.DatabaseDown),
        ("killed, its machine hidden from us", "BRR", null, null, true, PrimaryCause.Unreachable),
        ("a zombie", "RRR", Running with { ProcessState = "Z" }, null, true, PrimaryCause.DatabaseDown),
        ("stopped", "SSS", Running with { ProcessState = "T" }, null, true, PrimaryCause.Frozen),
        ("frozen by systemd", "SSS", Running with { UnitFrozen = true }, null, true, PrimaryCause.Frozen),
        ("hung", "SSS", Running, null, true, PrimaryCause.Hung),
        ("no power", "BSS", null, null, true, PrimaryCause.Unreachable),
        ("disk full and silent", "SSS", Running with { DataAvailableBytes = 0 }, null, true, PrimaryCause.DiskFull),
        ("disk full and greeting", "AAA", Running with
        {
            BinlogAvailableBytes = 0,
        }, "a write did not come back", true, PrimaryCause.DiskFull),
        ("disk full, and writes still work", "AAA", Running with { BinlogAvailableBytes = 0 }, null, false, PrimaryCause.Alive),
        ("disk read-only", "AAA", Running with { ReadOnly = true }, "read-only", true, PrimaryCause.DiskReadOnly),
        ("a write fails for another reason", "AAA", Running, "table full", false, PrimaryCause.Alive),
        ("nobody could look", "BBB", null, null, false, PrimaryCause.Unclear),
        ("only the replica could look", "BSB", null, null, false, PrimaryCause.Unclear),
        ("only the balancer could look", "BBS", null, null, false, PrimaryCause.Unclear),
        ("the balancer could not look", "RRB", Down, null, false, PrimaryCause.Unclear),
        ("the replica could not look", "RBR", Down, null, true, PrimaryCause.DatabaseDown),
    ];

    public static TheoryData<string> Names => [.. Cases.Select(one => one.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void What_was_seen_decides(string name)
    {
        (_, string sights, MachineReport? machine, string? failure, bool dead, PrimaryCause cause) = Cases.Single(one => one.Name == name);
        PrimaryVerdict verdict = Judge(sights, machine, failure);
        Assert.Equal((dead, cause), (verdict.Dead, verdict.Cause));
        Assert.NotEmpty(verdict.Reason);
        Assert.Equal(3, verdict.Reports.Count);
    }

    /// <summary>Whatever else was seen, one that hears it keeps it alive, unless its own machine says that it can't write.</summary>
    [Fact]
    public void One_witness_is_enough_for_alive()
    {
        foreach (string sights in All().Where(sights => sights.Contains('A', StringComparison.Ordinal)))
        {
            foreach (MachineReport? machine in new[] { null, Running, Down, Running with { ProcessState = "T" } })
            {
                Assert.False(Judge(sights, machine, null).Dead, sights);
            }
        }
    }

    /// <summary>Dead is never the word of one observer, nor of this machine alone.</summary>
    [Fact]
    public void One_witness_is_never_enough_for_dead()
    {
        foreach (string sights in All())
        {
            PrimaryVerdict verdict = Judge(sights, Down, null);
            if (verdict.Dead)
            {
                Assert.True(sights.Count(sight => sight != 'B') >= 2, sights);
                Assert.NotEqual('B', sights[2]);
            }
        }
    }

    [Fact]
    public void Without_a_balancer_the_replica_and_this_machine_decide()
    {
        ObserverReport[] reports = [Report(Observer.Operator, 'R'), Report(Observer.Replica, 'R')];
        Assert.True(PrimaryJudge.Judge(new("web-01", reports, Down, null, BalancerDeclared: false)).Dead);
        Assert.False(PrimaryJudge.Judge(new("web-01", [reports[0]], Down, null, BalancerDeclared: false)).Dead);
    }

    private static IEnumerable<string> All() =>
        from first in "BARS" from second in "BARS" from third in "BARS" select $"{first}{second}{third}";

    private static PrimaryVerdict Judge(string sights, MachineReport? machine, string? failure) => PrimaryJudge.Judge(new(
        "web-01", [
            Report(Observer.Operator, sights[0]), Report(Observer.Replica, sights[1]), Report(Observer.Balancer, sights[2]),
        ], machine, failure, BalancerDeclared: true));

    private static ObserverReport Report(Observer observer, char sight) => new()
    {
        Observer = observer,
        Server = observer switch { Observer.Replica => "web-02", Observer.Balancer => "lb-01", _ => null },
        ProbeOutcome = sight switch
        {
            'A' => ProbeOutcome.Answers,
            'R' => ProbeOutcome.Refused,
            'S' => ProbeOutcome.Silent,
            _ => ProbeOutcome.Blind,
        },
        Evidence = "test",
    };
}
