using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Tests.Auditing;

/// <summary>What the inventory accepts for a while: visible, not counted, and a finding itself when it is over or left over.</summary>
public sealed class SuppressionTests
{
    private static readonly DateOnly Today = DateOnly.FromDateTime(TestSite.Now.UtcDateTime);

    private static readonly Snapshot Whole = Pretend.Snapshot(
        ("lb-01", Pretend.Facts(
            95)), ("web-01", null), ("web-02", Pretend.Facts(10, new("a", FindingStatus.Warning), new("b", FindingStatus.Pass))));

    [Theory]
    [InlineData("SRV-902", null, null, "SRV-902 lb-01")]
    [InlineData("srv-*", "WEB-*", null, "SRV-901 web-02")]
    [InlineData("*", "web-02", "?", "SRV-901 web-02")]
    [InlineData("SRV-902", "lb-01", "/", "SRV-902 lb-01")]
    [InlineData("SRV-902", "lb-01", "/var", "")]
    [InlineData("SRV-902", "web-02", null, "")]
    public void It_marks_the_findings_it_is_for_and_they_fail_nothing(string control, string? server, string? target, string expected)
    {
        Finding[] marked =
        [
            .. Judge(new Suppression { Control = control, Server = server, Target = target, Reason = "Ticket 7", Until = Today })
                .Where(finding => finding.Suppressed is not null),
        ];

        Assert.Equal(expected, string.Join(", ", marked.Select(finding => $"{finding.ControlId} {finding.Server}")));
        Assert.All(
            marked,
            finding => Assert.Equal(
                new Acceptance { Reason = "Ticket 7", Until = new DateTimeOffset(Today, TimeOnly.MinValue, TimeSpan.Zero) },
                finding.Suppressed));
        Assert.DoesNotContain(marked, finding => finding.Status == FindingStatus.Pass || AuditGate.Default.Stops(finding));
    }

    // To accept a known fault is not to accept that it can't be seen any more.
    [Theory]
    [InlineData(false, "SRV-902 lb-01", FindingStatus.Pass)]
    [InlineData(true, "SRV-902 lb-01, SRV-902 web-01", FindingStatus.Pass)]
    public void What_could_not_be_decided_is_accepted_only_where_that_is_said(bool unknown, string expected, FindingStatus match)
    {
        IReadOnlyList<Finding> findings = Judge(
            new Suppression { Control = "SRV-902", Reason = "Ticket 7", Until = Today, AcceptsUnknown = unknown });

        Assert.Equal(
            expected,
            string.Join(
                ", ",
                findings.Where(finding => finding.Suppressed is not null).Select(finding => $"{finding.ControlId} {finding.Server}")));
        Assert.Equal(match, findings.Single(finding => finding.ControlId == "INV-002").Status);
        Assert.Equal(unknown, !findings.Any(finding => finding.ControlId == "SRV-902" && finding.Status == FindingStatus.Unknown
            && AuditGate.Default.Stops(finding)));
    }

    [Theory]
    [InlineData("*", null, null, 1, FindingStatus.Warning)]
    [InlineData("???-*", "*", "**", 1, FindingStatus.Warning)]
    [InlineData("*", "web-*", null, 1, FindingStatus.Pass)]
    [InlineData("*", null, "/var", 1, FindingStatus.Pass)]
    [InlineData("SRV-*", null, null, 1, FindingStatus.Pass)]
    [InlineData("SRV-902", "lb-01", null, 366, FindingStatus.Pass)]
    [InlineData("SRV-902", "lb-01", null, 367, FindingStatus.Warning)]
    public void One_of_everything_or_without_a_near_end_is_told(
        string control, string? server, string? target, int days, FindingStatus expected) => Assert.Equal(
        expected,
        Judge(new Suppression { Control = control, Server = server, Target = target, Reason = "Ticket 7", Until = Today.AddDays(days) })
            .Single(finding => finding.ControlId == "INV-004").Status);

    [Fact]
    public void After_its_last_day_it_holds_nothing_and_is_a_finding()
    {
        IReadOnlyList<Finding> findings = Judge(
            new Suppression
            {
                Control = "SRV-902",
                Reason = "Ticket 7",
                Until = Today.AddDays(-1),
            }, new Suppression { Control = "SRV-902", Server = "lb-01", Reason = "Ticket 8", Until = Today });

        Assert.Equal(["lb-01"], findings.Where(finding => finding.Suppressed is not null).Select(finding => finding.Server));
        Assert.Equal(
            [(FindingStatus.Fail, "SRV-902"), (FindingStatus.Pass, "SRV-902 at lb-01")],
            findings.Where(finding => finding.ControlId == "INV-001").Select(finding => (finding.Status, finding.Target!)));
        Assert.Equal(TestSite.Create().Name, findings.Last(finding => finding.ControlId == "INV-002").Site);
    }

    [Fact]
    public void Of_two_that_fit_the_longer_one_is_shown() => Assert.Equal("Longer", Judge(
        new Suppression
        {
            Control = "SRV-902",
            Reason = "Shorter",
            Until = Today,
        }, new Suppression { Control = "*", Reason = "Longer", Until = Today.AddDays(9) })
        .First(finding => finding.Suppressed is not null).Suppressed!.Reason);

    [Theory]
    [InlineData("SRV-902", "lb-01", null, "", FindingStatus.Pass)]
    [InlineData("SRV-902", "web-01", null, "", FindingStatus.NotApplicable)]
    [InlineData("SRV-902", "web-02", null, "", FindingStatus.Warning)]
    [InlineData("SRV-999", null, null, "", FindingStatus.Warning)]
    [InlineData("INV-002", null, null, "", FindingStatus.Warning)]
    [InlineData("SRV-901", "lb-01", null, "SRV-901", FindingStatus.NotApplicable)]
    [InlineData("FW-0*", null, null, "", FindingStatus.NotApplicable)]
    public void One_that_is_for_no_finding_is_told_unless_what_it_is_for_was_not_judged(
        string control, string? server, string? target, string excluded, FindingStatus expected)
    {
        Suppression suppression = new() { Control = control, Server = server, Target = target, Reason = "Ticket 7", Until = Today };
        AuditScope scope = new() { ExcludedControls = excluded.Length == 0 ? [] : [excluded] };

        Assert.Equal(expected, Judge(scope, suppression).Single(finding => finding.ControlId == "INV-002").Status);
    }

    [Fact]
    public void A_part_of_the_site_says_nothing_of_what_is_left_over() => Assert.DoesNotContain(
        Judge(
            new AuditScope { Servers = ["web-02"] },
            new Suppression { Control = "SRV-902", Reason = "Ticket 7", Until = Today }),
        finding => finding.Area == Area.Inventory && finding.ControlId != "INV-003");

    [Fact]
    public void Without_any_the_controls_do_not_apply() =>
        Assert.Equal(
            [FindingStatus.NotApplicable, FindingStatus.NotApplicable, FindingStatus.NotApplicable],
            Judge().Where(finding => finding.Area == Area.Inventory && finding.ControlId != "INV-003").Select(finding => finding.Status));

    private static IReadOnlyList<Finding> Judge(params Suppression[] suppressions) => Judge(AuditScope.Everything, suppressions);

    private static IReadOnlyList<Finding> Judge(AuditScope scope, params Suppression[] suppressions) => Audit.Judge(
        Whole with
        {
            Site = Whole.Site with { Policy = Whole.Site.Policy with { Suppressions = suppressions } },
        }, scope, [Pretend.Part()], []);
}
