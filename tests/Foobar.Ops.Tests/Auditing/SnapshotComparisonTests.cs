using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Tests.Auditing;

public sealed class SnapshotComparisonTests
{
    private static readonly PretendUnit A = new("a", FindingStatus.Pass);
    private static readonly PretendUnit B = new("b", FindingStatus.Pass);
    private static readonly Snapshot Before = Pretend.Snapshot(
        ("lb-01", Pretend.Facts(50, A, B)), ("web-01", Pretend.Facts()), ("web-02", null));

    [Fact]
    public void The_same_facts_differ_in_nothing_whatever_their_time_and_counters()
    {
        Snapshot after = Pretend.Snapshot(
            ("web-02", null), ("web-01", Pretend.Facts() with { Counter = 99 }), ("lb-01", Pretend.Facts(50, B, A))) with
        {
            Time = TestSite.Now.AddDays(1),
        };

        Assert.Empty(Compare(Before, after));
        SnapshotDifference counter = Assert.Single(Compare(Before, after, measurements: true));
        Assert.Equal(
            (DifferenceKind.Fact, "web-01", "pretend", "counter", "42", "99"),
            (counter.Kind, counter.Server, counter.Source, counter.Target, counter.Before, counter.After));
    }

    [Fact]
    public void Facts_and_findings_that_changed_are_told_with_both_values()
    {
        Snapshot after = Pretend.Snapshot(
            ("lb-01", Pretend.Facts(95, B with { State = FindingStatus.Warning }, A)),
            ("web-01", Pretend.Facts()), ("web-02", Pretend.Facts()));

        Assert.Equal(
            [
                (DifferenceKind.Fact, "lb-01", "pretend", "disk.value", "50", "95"),
                (DifferenceKind.Fact, "lb-01", "pretend", "units[b].state", "Pass", "Warning"),
                (DifferenceKind.Fact, "web-02", "pretend", "facts", "not read: web-02: no route to host.", "read"),
                (DifferenceKind.Finding, "web-02", "INV-003", null, "Unknown: web-02: no route to host.",
                    "Pass: 1 of 1 kinds of facts were read"),
                (DifferenceKind.Finding, "lb-01", "SRV-901", "b", "Pass", "Warning: inactive"),
                (DifferenceKind.Finding, "web-02", "SRV-901", null, "Unknown: web-02: no route to host.", "Pass: no units"),
                (DifferenceKind.Finding, "lb-01", "SRV-902", "/", "Pass: 50 %", "Fail: 95 %"),
                (DifferenceKind.Finding, "web-02", "SRV-902", "/", null, "Pass: 50 %"),
                (DifferenceKind.Finding, "web-02", "SRV-902", null, "Unknown: web-02: no route to host.", null),
            ],
            Compare(Before, after)
                .Select(one => (one.Kind, one.Server, one.Source, one.Target, one.Before, one.After))
                .OrderBy(one => one.Kind)
                .ThenBy(one => one.Source)
                .ThenBy(one => one.Target is null)
                .ThenBy(one => one.Server));
    }

    [Fact]
    public void Items_that_came_and_went_are_told_once_each()
    {
        Snapshot after = Pretend.Snapshot(
            ("lb-01", Pretend.Facts(50, B) with
            {
                Addresses = [System.Net.IPAddress.Parse("2001:db8::1"), System.Net.IPAddress.Parse("192.0.2.9")],
            }), ("web-01", Pretend.Facts()), ("web-02", null));

        Assert.Equal(
            [("addresses[]", "192.0.2.1", null), ("addresses[]", null, "192.0.2.9"), ("units[a]", """{"name":"a","state":"Pass"}""", null)],
            Compare(Before, after)
                .Where(one => one.Kind == DifferenceKind.Fact)
                .Select(one => (one.Target, one.Before, one.After))
                .OrderBy(one => one.Target)
                .ThenBy(one => one.After));
    }

    [Fact]
    public void A_changed_policy_is_a_difference()
    {
        Snapshot after = Before with
        {
            Site = Before.Site with { Policy = Before.Site.Policy with { Tls = new TlsPolicy { WarnDays = 60 } } },
        };

        SnapshotDifference difference = Assert.Single(Compare(Before, after));
        Assert.Equal(
            (DifferenceKind.Inventory, "policy.tls.warnDays", null, "60"),
            (difference.Kind, difference.Target, difference.Before, difference.After));
    }

    [Fact]
    public void An_area_may_leave_out_what_reading_changes_unless_measurements_are_asked_for()
    {
        AuditPart part = new AuditPart<PretendFacts>(
            new PretendCollector((_, _) => Task.FromResult(Pretend.Facts())), [Pretend.Disk], lasting: facts => facts with { Units = [] });
        Snapshot after = Pretend.Snapshot(("lb-01", Pretend.Facts(50)), ("web-01", Pretend.Facts()), ("web-02", null));

        Assert.Empty(SnapshotComparison.Compare(Before, after, false, [part], []));
        Assert.Equal(2, SnapshotComparison.Compare(Before, after, true, [part], []).Count);
    }

    [Fact]
    public void An_area_may_compare_its_facts_by_their_meaning()
    {
        AuditPart part = new AuditPart<PretendFacts>(
            new PretendCollector((_, _) => Task.FromResult(Pretend.Facts())), [Pretend.Disk], compare: (before, after) =>
                [new FactDifference("meaning", $"{before.Units.Count}", $"{after.Units.Count}")]);

        SnapshotDifference difference = SnapshotComparison.Compare(Before, Before, false, [part], []).First(one => one.Server == "lb-01");

        Assert.Equal(("meaning", "2", "2"), (difference.Target, difference.Before, difference.After));
    }

    private static SnapshotDifference[] Compare(Snapshot before, Snapshot after, bool measurements = false) =>
        [.. SnapshotComparison.Compare(before, after, measurements, [Pretend.Part()], []).Where(one => one.Source != "TOP-901")];
}
