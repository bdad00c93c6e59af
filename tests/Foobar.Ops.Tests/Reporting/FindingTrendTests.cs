using Foobar.Ops.Findings;
using Foobar.Ops.Reporting;

namespace Foobar.Ops.Tests.Reporting;

public sealed class FindingTrendTests
{
    private static readonly DateTimeOffset Yesterday = TestSite.Now.AddDays(-1);

    [Fact]
    public void What_fails_now_and_did_not_is_new()
    {
        FindingTrend trend = Trend([SampleReport.Finding(status: FindingStatus.Fail)], [SampleReport.Finding()]);

        Assert.Equal("SRV-002", Assert.Single(trend.New).ControlId);
        Assert.Empty(trend.Mended);
        Assert.Null(trend.Since(trend.New[0]));
    }

    [Fact]
    public void A_target_that_was_not_there_is_new_if_its_control_looked() =>
        Assert.Single(Trend([SampleReport.Finding(status: FindingStatus.Fail, target: "*:8404")], [SampleReport.Finding()]).New);

    [Fact]
    public void What_failed_and_does_not_now_is_mended()
    {
        FindingTrend trend = Trend([SampleReport.Finding()], [SampleReport.Finding(status: FindingStatus.Fail, target: "*:8404")]);

        Assert.Equal("*:8404", Assert.Single(trend.Mended).Target);
        Assert.Empty(trend.New);
    }

    [Fact]
    public void What_is_not_judged_now_is_not_mended()
    {
        Finding[] before =
        [
            SampleReport.Finding(status: FindingStatus.Fail), SampleReport.Finding(status: FindingStatus.Fail, server: "web-02"),
        ];

        Assert.Empty(Trend([SampleReport.Finding("SRV-001"), SampleReport.Finding("SRV-002", server: "lb-01")], before).Mended);
    }

    [Fact]
    public void What_can_not_be_decided_now_is_not_mended_and_what_could_not_be_then_is_not_new()
    {
        Finding fails = SampleReport.Finding(status: FindingStatus.Fail, target: "*:8404");
        Finding unknown = SampleReport.Finding(status: FindingStatus.Unknown);

        Assert.Empty(Trend([unknown], [fails]).Mended);
        Assert.Empty(Trend([fails], [unknown]).New);
        Assert.Equal(unknown, Assert.Single(Trend([unknown], [SampleReport.Finding()]).New));
    }

    [Fact]
    public void Since_when_it_is_open_is_told_without_a_break()
    {
        Finding fails = SampleReport.Finding(status: FindingStatus.Fail);
        FindingTrend trend = new(Report([fails]) with
        {
            Previous =
            [
                Audit(Yesterday, fails),
                Audit(Yesterday.AddDays(-1), fails),
                Audit(Yesterday.AddDays(-2), SampleReport.Finding()),
                Audit(Yesterday.AddDays(-3), fails),
            ],
        });

        Assert.Equal(Yesterday.AddDays(-1), trend.Since(fails));
        Assert.Equal([1, 0, 1, 1, 1], trend.Counts.Select(audit => audit.Counts[FindingStatus.Fail]));
    }

    [Fact]
    public void Other_sites_and_what_is_not_earlier_are_passed_over()
    {
        FindingTrend trend = new(Report([SampleReport.Finding()]) with
        {
            Previous =
            [
                new EarlierAudit("other.example", Yesterday, [SampleReport.Finding()]),
                Audit(TestSite.Now, SampleReport.Finding()),
                Audit(TestSite.Now.AddDays(1), SampleReport.Finding()),
                Audit(Yesterday, SampleReport.Finding()),
                Audit(Yesterday, SampleReport.Finding()),
            ],
        });

        Assert.Equal(Yesterday, Assert.Single(trend.Audits).Time);
    }

    [Fact]
    public void Earlier_audits_are_counted_by_what_is_judged_now()
    {
        FindingTrend trend = Trend(
            [SampleReport.Finding()], [SampleReport.Finding(), SampleReport.Finding("SRV-003"), SampleReport.Finding(server: "web-02")]);

        Assert.Equal([1, 1], trend.Counts.Select(audit => audit.Counts[FindingStatus.Pass]));
    }

    [Fact]
    public void What_is_suppressed_is_not_open()
    {
        Finding accepted = SampleReport.Finding(status: FindingStatus.Fail) with
        {
            Suppressed = new Acceptance { Reason = "agreed", Until = TestSite.Now },
        };
        FindingTrend trend = Trend([accepted], [SampleReport.Finding()]);

        Assert.Empty(trend.New);
        Assert.Equal(0, trend.Counts[^1].Counts[FindingStatus.Fail]);
    }

    private static FindingTrend Trend(Finding[] now, Finding[] before) => new(Report(now) with { Previous = [Audit(Yesterday, before)] });

    private static EarlierAudit Audit(DateTimeOffset time, params Finding[] findings) =>
        new("www.foobar.com", time, [.. findings.Select(finding => finding with { Time = time })]);

    private static Report Report(Finding[] findings) => SampleReport.Create() with { Findings = findings, Previous = [] };
}
