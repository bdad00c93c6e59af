using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;
using Foobar.Ops.Reporting;

namespace Foobar.Ops.Tests.Auditing;

/// <summary>A server that was not read makes the audit incomplete, whatever others tell of it and the inventory accepts.</summary>
public sealed class UnreadServerTests
{
    private static readonly AuditGate OnFail = new() { Statuses = [FindingStatus.Fail] };

    private static readonly Snapshot Whole = Pretend.Snapshot(
        ("lb-01", Pretend.Facts(10)), ("web-01", null), ("web-02", Pretend.Facts(20)));

    // As legs of TLS: what is read at one end is said of the other, too.
    private static readonly AuditPart Part = new AuditPart<PretendFacts>(
        new PretendCollector((_, _) => Task.FromResult(Pretend.Facts())),
        [Pretend.Disk],
        [
            new(
                Pretend.Info("TLS-901", area: Area.Tls),
                site => site.Facts.Keys.Select(server => Verdict.Warning("lb-01 -> it", "TLS", "plain text") with { Server = server })),
        ]);

    [Fact]
    public void It_is_a_finding_of_its_own_with_the_reason()
    {
        IReadOnlyList<Finding> findings = Judge(AuditScope.Everything);

        Assert.Equal(
            [
                ("lb-01", FindingStatus.Pass, null),
                ("web-01", FindingStatus.Unknown, "web-01: no route to host."),
                ("web-02", FindingStatus.Pass, null),
            ],
            findings.Where(finding => finding.ControlId == "INV-003").Select(finding => (finding.Server, finding.Status, finding.Reason)));
    }

    [Fact]
    public void What_another_server_decides_of_it_does_not_judge_it()
    {
        AuditVerdict verdict = OnFail.Judge(Judge(AuditScope.Everything));

        Assert.Equal((AuditVerdict.NotJudged, "AuditIncomplete"), (verdict.ExitCode, verdict.Error?.ErrorId));
        Assert.Equal(["web-01"], verdict.Unjudged);
    }

    [Fact]
    public void No_suppression_hides_it()
    {
        IReadOnlyList<Finding> findings = Judge(
            AuditScope.Everything,
            new Suppression { Control = "*", Reason = "All", Until = DateOnly.MaxValue });

        Assert.Equal(AuditVerdict.NotJudged, OnFail.Judge(findings).ExitCode);
        Assert.Contains(
            AuditGate.Default.Judge(findings).Stopping, finding => (finding.ControlId, finding.Server) == ("INV-003", "web-01"));
    }

    [Theory]
    [InlineData(Area.Tls, "", "", "web-01 Unknown")]
    [InlineData(Area.Tls, "", "web-02", "")]
    [InlineData(null, "TLS-901", "", "")]
    [InlineData(null, "INV-*", "", " NotApplicable")]
    [InlineData(null, "INV-003,SRV-902", "web-*", "web-01 Unknown,web-02 Pass")]
    public void A_narrower_audit_tells_it_unless_it_names_other_controls(Area? area, string controls, string server, string expected)
    {
        AuditScope scope = new()
        {
            Areas = area is { } one ? [one] : [],
            Controls = controls.Split(',', StringSplitOptions.RemoveEmptyEntries),
            Servers = server.Length == 0 ? [] : [server],
        };

        Assert.Equal(
            expected,
            string.Join(
                ',',
                Judge(scope).Where(finding => finding.ControlId == "INV-003").Select(finding => $"{finding.Server} {finding.Status}")));
    }

    [Fact]
    public void Where_the_findings_can_t_tell_it_the_facts_do()
    {
        AuditScope scope = new() { Controls = ["TLS-901"] };
        Server unread = Assert.Single(ReadingControls.Unread(Whole, scope, [Part], []));

        AuditVerdict verdict = OnFail.Judge(Judge(scope)) with { Unread = [(Whole.Site.Name, unread.Name)] };

        Assert.Equal(AuditVerdict.NotJudged, verdict.ExitCode);
        Assert.Equal(["web-01"], verdict.Unjudged);
    }

    [Theory]
    [InlineData("", "", false)]
    [InlineData("SRV-902", "lb-01", true)]
    [InlineData("TLS-901", "lb-01", false)]
    public void Whether_all_was_read_goes_by_what_the_controls_need(string control, string server, bool expected)
    {
        AuditScope scope = new() { Controls = control.Length == 0 ? [] : [control], Servers = server.Length == 0 ? [] : [server] };

        Assert.Equal(expected, ReadingControls.AllRead(Whole, scope, [Part], []));
    }

    [Fact]
    public void Facts_that_are_not_read_on_the_server_do_not_show_that_it_was_reached()
    {
        AuditPart asked = new AuditPart<PretendFacts>(new AskedCollector(), [], [Pretend.Same]);
        Snapshot snapshot = Whole with
        {
            Facts = [.. Whole.Facts, new SnapshotFacts { Server = "web-01", Part = "asked", Value = Pretend.Facts() }],
        };

        Assert.Equal(
            ["web-01"], ReadingControls.Unread(snapshot, AuditScope.Everything, [Part, asked], []).Select(server => server.Name));
    }

    // SRV-001 judges a server by its own facts, TLS-045 by those of both ends.
    [Fact]
    public void Findings_alone_tell_it_by_the_controls_of_one_server() => Assert.Equal(
        AuditVerdict.NotJudged,
        OnFail.Judge([
            Found("SRV-001", FindingStatus.Pass, "lb-01"),
            Found("SRV-001", FindingStatus.Unknown, "web-01"),
            Found("TLS-045", FindingStatus.Pass, "web-01"),
        ]).ExitCode);

    [Fact]
    public void What_applies_nowhere_is_no_pass()
    {
        AuditVerdict verdict = OnFail.Judge([Found("SRV-001", FindingStatus.NotApplicable, "lb-01")]);

        Assert.Equal((AuditVerdict.NotJudged, "AuditIncomplete"), (verdict.ExitCode, verdict.Error?.ErrorId));
        Assert.Equal(AuditVerdict.NotJudged, OnFail.Judge([Found("INV-003", FindingStatus.Pass, "lb-01")]).ExitCode);
    }

    [Fact]
    public void A_report_never_says_that_every_server_was_judged()
    {
        string passed = Html(Found("SRV-001", FindingStatus.Pass, "lb-01"), Found("SRV-002", FindingStatus.Unknown, "lb-01"));
        string unread = Html(
            [.. Judge(AuditScope.Everything, new Suppression { Control = "*", Reason = "All", Until = DateOnly.MaxValue })]);

        Assert.Contains("Nothing here fails the audit: 1 Unknown, 1 Pass.", passed, StringComparison.Ordinal);
        Assert.DoesNotContain("Every server", passed + unread, StringComparison.Ordinal);
        Assert.Contains("Not read, or nothing could be decided: web-01.", unread, StringComparison.Ordinal);
    }

    private static string Html(params Finding[] findings) => new Report
    {
        Site = "a.example",
        Findings = findings,
        Controls = AuditRegistry.Controls,
        Gate = OnFail,
    }.Write(ReportFormat.Html);

    private static IReadOnlyList<Finding> Judge(AuditScope scope, params Suppression[] suppressions) => Audit.Judge(
        Whole with
        {
            Site = Whole.Site with { Policy = Whole.Site.Policy with { Suppressions = suppressions } },
        }, scope, [Part], []);

    private static Finding Found(string control, FindingStatus status, string server) => new()
    {
        ControlId = control, Title = "t", Area = control.StartsWith("INV", StringComparison.Ordinal) ? Area.Inventory : Area.Server,
        Severity = Severity.Medium, Status = status, Server = server, Time = TestSite.Now,
        Reason = status == FindingStatus.Unknown ? "r" : null,
    };

    private sealed class AskedCollector : Collector<PretendFacts>
    {
        public override string Name => "asked";

        public override bool ReadsServer => false;

        public override Task<PretendFacts> CollectAsync(
            ISiteSession session, Server server, CancellationToken cancellationToken) => Task.FromResult(Pretend.Facts());
    }
}
