using Foobar.Ops.Auditing;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Tests.Auditing;

public sealed class AuditTests
{
    private static readonly Snapshot Whole = Pretend.Snapshot(
        ("web-02", Pretend.Facts(
            95)), ("lb-01", Pretend.Facts(10, new("b", FindingStatus.Pass), new("a", FindingStatus.Warning))), ("web-01", null));

    [Fact]
    public void Findings_stand_in_the_order_of_controls_servers_and_verdicts()
    {
        IReadOnlyList<Finding> findings = Pretend.Judge(Whole);

        Assert.Equal(
            [
                ("SRV-901", "lb-01", "b", FindingStatus.Pass),
                ("SRV-901", "lb-01", "a", FindingStatus.Warning),
                ("SRV-901", "web-01", null, FindingStatus.Unknown),
                ("SRV-901", "web-02", null, FindingStatus.Pass),
                ("SRV-902", "lb-01", "/", FindingStatus.Pass),
                ("SRV-902", "web-01", null, FindingStatus.Unknown),
                ("SRV-902", "web-02", "/", FindingStatus.Fail),
                ("TOP-901", null, "all servers", FindingStatus.Pass),
            ],
            findings.Select(finding => (finding.ControlId, finding.Server, finding.Target, finding.Status)));
        Assert.All(findings, finding => Assert.Equal((Whole.Site.Name, TestSite.Now), (finding.Site, finding.Time)));
        Assert.Equal(findings, Pretend.Judge(Whole with { Facts = [.. Whole.Facts.Reverse()] }));
    }

    [Fact]
    public void A_server_that_could_not_be_read_is_Unknown_in_every_control_that_concerns_it()
    {
        Finding[] unknown = [.. Pretend.Judge(Whole).Where(finding => finding.Status == FindingStatus.Unknown)];

        Assert.Equal(["SRV-901", "SRV-902"], unknown.Select(finding => finding.ControlId));
        Assert.All(unknown, finding => Assert.Equal(("web-01", "web-01: no route to host."), (finding.Server, finding.Reason)));
        Assert.Equal("lb-01=10 web-01=-1 web-02=95", Pretend.Judge(Whole).Single(finding => finding.ControlId == "TOP-901").Actual);
    }

    [Fact]
    public void Facts_that_the_snapshot_lacks_are_Unknown_too()
    {
        Finding finding = Pretend.Judge(Pretend.Snapshot(("lb-01", Pretend.Facts()))).First(finding => finding.Server == "web-01");

        Assert.Equal((FindingStatus.Unknown, "The snapshot holds no facts 'pretend' of web-01."), (finding.Status, finding.Reason));
    }

    [Fact]
    public void A_server_without_such_facts_has_no_findings()
    {
        IReadOnlyList<Finding> findings = Pretend.Judge(Whole, part: Pretend.Part(appliesTo: server => server.Is(Role.LoadBalancer)));

        Assert.DoesNotContain(findings, finding => finding.Server is "web-01" or "web-02");
        Assert.Equal("lb-01=10", findings[^1].Actual);
        Assert.Equal(FindingStatus.NotApplicable, Pretend.Judge(Whole, part: Pretend.Part(appliesTo: _ => false)).Single().Status);
    }

    [Theory]
    [InlineData("SRV-90?", "", "", null, null, "SRV-901 SRV-902")]
    [InlineData("srv-902", "", "", null, null, "SRV-902")]
    [InlineData("", "TOP-*", "", null, null, "SRV-901 SRV-902")]
    [InlineData("", "", "", Area.Topology, null, "TOP-901")]
    [InlineData("", "", "WEB-*", null, null, "SRV-901 SRV-902")]
    [InlineData("", "", "*", null, null, "SRV-901 SRV-902")]
    [InlineData("", "", "", null, Role.LoadBalancer, "SRV-901 SRV-902")]
    public void A_scope_narrows_the_audit(string control, string excluded, string server, Area? area, Role? role, string expected)
    {
        AuditScope scope = new()
        {
            Controls = control.Length == 0 ? [] : [control],
            ExcludedControls = excluded.Length == 0 ? [] : [excluded],
            Servers = server.Length == 0 ? [] : [server],
            Areas = area is { } one ? [one] : [],
            Roles = role is { } of ? [of] : [],
        };

        IReadOnlyList<Finding> findings = Pretend.Judge(Whole, scope);

        Assert.Equal(expected, string.Join(' ', findings.Select(finding => finding.ControlId).Distinct()));
        Assert.All(findings, finding => Assert.True(finding.Server is null || scope.Holds(Whole.Site.Find(finding.Server)!)));
    }

    [Fact]
    public void Of_a_control_over_all_servers_the_findings_of_those_in_the_scope_are_kept()
    {
        Control<SiteCase<PretendFacts>> each = new(
            Pretend.Info("DB-901", area: Area.Database),
            site => site.Facts.Keys.Select(server => Verdict.Pass(actual: $"{site.Facts.Count}") with { Server = server }));
        AuditPart part = new AuditPart<PretendFacts>(new PretendCollector((_, _) => Task.FromResult(Pretend.Facts())), [], [each]);

        Finding finding = Assert.Single(Pretend.Judge(Whole, new AuditScope { Servers = ["web-02"] }, part));
        Assert.Equal(("web-02", "3"), (finding.Server, finding.Actual));
    }

    [Fact]
    public void A_scope_that_names_nothing_is_an_error()
    {
        Assert.Equal(
            "ServerNotFound", Assert.Throws<FoobarException>(() => Pretend.Judge(Whole, new AuditScope { Servers = ["web-3*"] })).ErrorId);
        Assert.Equal(
            "ControlNotFound", Assert.Throws<FoobarException>(() => Pretend.Judge(Whole, new AuditScope { Controls = ["FW-*"] })).ErrorId);
        Assert.Equal(
            "ControlNotFound",
            Assert.Throws<FoobarException>(() => Pretend.Judge(Whole, new AuditScope { ExcludedControls = ["X"] })).ErrorId);
    }

    [Fact]
    public void A_judge_that_fails_or_says_nothing_is_Unknown_and_costs_nothing_else()
    {
        Control<ServerCase<PretendFacts>> broken = new(Pretend.Info("SRV-903"), _ => throw new InvalidOperationException("oops"));
        Control<ServerCase<PretendFacts>> silent = new(Pretend.Info("SRV-904"), _ => []);
        AuditPart part = new AuditPart<PretendFacts>(
            new PretendCollector((_, _) => Task.FromResult(Pretend.Facts())), [broken, Pretend.Disk, silent]);

        Finding[] findings = [.. Pretend.Judge(Whole, part: part).Where(finding => finding.Server == "lb-01")];

        Assert.Equal([FindingStatus.Pass, FindingStatus.Unknown, FindingStatus.Unknown], findings.Select(finding => finding.Status));
        Assert.Contains("InvalidOperationException: oops", findings[1].Reason, StringComparison.Ordinal);
        Assert.Contains("no verdict", findings[2].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Controls_across_areas_get_the_whole_snapshot_and_are_left_out_of_a_part_of_the_site()
    {
        CrossAreaControl across = new(
            new(Pretend.Info("TOP-902", area: Area.Topology), snapshot => [Verdict.Pass(actual: $"{snapshot.Facts.Count}")]), []);

        Assert.Equal("3", Audit.Judge(Whole, AuditScope.Everything, [], [across])[0].Actual);
        Assert.Empty(Audit.Judge(Whole, new AuditScope { Servers = ["lb-01"] }, [], [across]));
    }

    [Theory]
    [InlineData("", Severity.Info, 3)]
    [InlineData("Pass NotApplicable Warning", Severity.Info, 0)]
    [InlineData("Pass Fail", Severity.Info, 1)]
    [InlineData("Fail Unknown", Severity.Info, 1)]
    [InlineData("Unknown", Severity.Info, 2)]
    [InlineData("Fail", Severity.Medium, 1)]
    [InlineData("Fail Unknown", Severity.High, 0)]
    [InlineData("Unknown", Severity.High, 3)]
    public void The_gate_says_what_fails_a_pipeline(string statuses, Severity minimum, int exitCode)
    {
        IEnumerable<Finding> findings = statuses.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(Enum.Parse<FindingStatus>)
            .Select(status => Found(status));

        Assert.Equal(exitCode, new AuditGate { MinimumSeverity = minimum }.Judge([.. findings]).ExitCode);
    }

    [Fact]
    public void The_gate_may_be_set_to_warnings_or_to_nothing()
    {
        IReadOnlyList<Finding> findings = [Found(FindingStatus.Warning), Found(FindingStatus.Fail)];

        Assert.Equal(1, new AuditGate { Statuses = [FindingStatus.Warning] }.Judge(findings).ExitCode);
        Assert.Equal(0, new AuditGate { Statuses = [] }.Judge(findings).ExitCode);
    }

    [Fact]
    public void An_audit_that_did_not_judge_every_server_has_not_passed()
    {
        AuditGate gate = new() { Statuses = [FindingStatus.Fail] };

        AuditVerdict verdict = gate.Judge(
            [
                Found(FindingStatus.Pass, "lb-01"),
                Found(FindingStatus.Unknown, "web-01"),
                Found(FindingStatus.Unknown, "web-01"),
                Found(FindingStatus.Unknown, "lb-01"),
            ],
            ["web-77"]);

        Assert.Equal(AuditVerdict.NotJudged, verdict.ExitCode);
        Assert.Equal(["web-01", "web-77"], verdict.Unjudged);
        Assert.Equal("AuditIncomplete", verdict.Error?.ErrorId);
        Assert.Equal(AuditVerdict.Failed, gate.Judge([Found(FindingStatus.Fail, "lb-01")], ["web-77"]).ExitCode);
        Assert.Null(gate.Judge([Found(FindingStatus.Pass, "lb-01")]).Error);
    }

    private static Finding Found(FindingStatus status, string? server = null) => new()
    {
        ControlId = "SRV-901", Title = "t", Area = Area.Server, Severity = Severity.Medium, Status = status, Server = server,
        Time = TestSite.Now,
    };
}
