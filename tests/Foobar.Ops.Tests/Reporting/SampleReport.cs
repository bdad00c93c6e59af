using Foobar.Ops.Auditing;
using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Reporting;
using Foobar.Ops.Traffic;

namespace Foobar.Ops.Tests.Reporting;

/// <summary>A report with a bit of everything: each control on each server, faults, earlier audits, traffic and replication.</summary>
internal static class SampleReport
{
    private static readonly string[] Servers = ["lb-01", "web-01", "web-02"];

    /// <summary>
    /// What of servers no reader may take for its own: markup, script, formulas, ends of XML sections, terminal sequences, invisible
    /// direction marks.
    /// </summary>
    public static readonly string[] Hostile =
    [
        "<script>document.title='owned'</script>",
        "\"><img src=x onerror=\"document.title='owned'\">",
        "' onmouseover='document.title=1' x='",
        "</td></tr></table></main><h1>owned</h1>",
        "]]></failure><system-out>owned",
        "</style></script><!-- owned",
        "&lt;b&gt; &amp;amp; &#60;script&#62;",
        "javascript:alert(1) [owned](https://example.org/) ![x](https://example.org/x.png) {0}",
        "=HYPERLINK(\"https://example.org/\",\"owned\")",
        "+1+cmd|'/c calc'!A0",
        "-2+3",
        "@SUM(1,1)",
        "\t=1+1",
        "ansi \u001b[31mred\u001b[0m \u001b]0;owned\u0007",
        "nul \0 bell \u0007 del \u007f next \u0085 half \ud800 last \uffff",
        "\u202Eowned\u202C \u2066x\u2069 \u200F \u200B \uFEFF",
        "line one\r\nline two\rline three\nline four\u2028line five",
        "| pipe ` tick * star _ under # hash ~ tilde",
    ];

    public static Finding Finding(
        string id = "SRV-002", FindingStatus status = FindingStatus.Pass, string? server = "web-01", string? target = null) => new()
    {
        ControlId = id,
        Title = Control(id).Title,
        Area = Control(id).Area,
        Severity = Control(id).Severity,
        Status = status,
        Server = server,
        Target = target,
        Actual = status is FindingStatus.Pass ? "as it should be" : status is FindingStatus.Unknown ? null : "something else",
        Expected = status is FindingStatus.Fail or FindingStatus.Warning ? "what the policy says" : null,
        Reason = status is FindingStatus.Unknown ? "sudo: a password is required" : null,
        Evidence = status is FindingStatus.Fail
            ? "ss -Hltnp\nLISTEN 0 4096 0.0.0.0:8404 0.0.0.0:* users:((\"haproxy\",pid=812,fd=7))"
            : null,
        Remediation = Control(id).Remediation,
        Time = TestSite.Now,
    };

    public static Report Create() => new()
    {
        Site = "www.foobar.com",
        Controls = AuditRegistry.Controls,
        ModuleVersion = "0.1.0",
        Findings = Findings(0),
        Previous =
        [
            .. Enumerable.Range(
                1, 12).Select(days =>
                    new EarlierAudit("www.foobar.com", TestSite.Now.AddDays(-days), Findings(days)) { Replication = Members(days) }),
        ],
        Traffic =
        [
            Series("lb-01", TrafficOrigin.HaproxyFrontend, "www-https", 120),
            Series("web-01", TrafficOrigin.NginxStatus, "requests", 60),
            Series("web-02", TrafficOrigin.NginxStatus, "requests", 60),
            Series("web-01", TrafficOrigin.Database, "Questions", 900),
        ],
        Replication = Members(0),
    };

    /// <summary>A finding in which every field that servers or people fill holds a hostile text.</summary>
    public static Finding Nasty(string text, FindingStatus status = FindingStatus.Fail) => Finding(status: status) with
    {
        Title = text,
        Server = text,
        Target = text,
        Expected = text,
        Actual = text,
        Evidence = text,
        Reason = status == FindingStatus.Unknown ? text : null,
        Remediation = text,
        Suppressed = status == FindingStatus.Unknown ? new Acceptance { Reason = text, Until = TestSite.Now } : null,
    };

    private static ControlInfo Control(string id) => AuditRegistry.Controls.First(control => control.Id == id);

    // Days ago more was wrong; one fault is new today.
    private static Finding[] Findings(int days) =>
    [
        .. AuditRegistry.Controls.Where(control => control.Area is not Area.Topology)
            .SelectMany(
                (control, index) => Servers.Where((_, server) => (index + server) % 3 != 2)
                    .Select(server => Finding(control.Id, StatusOf(index, server, days), server, index % 4 == 0 ? "*:443" : null))),
        Finding("DB-001", FindingStatus.NotApplicable, null),
        Finding("SRV-001", FindingStatus.Fail, "web-02", "old.service") with
        {
            Suppressed = new Acceptance { Reason = "Replaced with the new balancer", Until = new(2027, 1, 31, 0, 0, 0, TimeSpan.Zero) },
        },
    ];

    private static FindingStatus StatusOf(int index, string server, int days) => (index, server) switch
    {
        (3, "lb-01") => days == 0 ? FindingStatus.Fail : FindingStatus.Pass,
        (9, "web-01") => FindingStatus.Fail,
        (14, _) => FindingStatus.Warning,
        (20, "web-02") => days < 5 ? FindingStatus.Unknown : FindingStatus.Pass,
        (25, "web-01") => days is > 0 and < 9 ? FindingStatus.Fail : FindingStatus.Pass,
        (30, _) => days > 6 ? FindingStatus.Warning : FindingStatus.Pass,
        _ => index % 11 == 10 ? FindingStatus.NotApplicable : FindingStatus.Pass,
    };

    private static ReplicationSample[] Members(int days) =>
    [
        new() { Time = TestSite.Now.AddDays(-days), Server = "web-01", Role = MemberRole.Primary, TakesWrites = true },
        new()
        {
            Time = TestSite.Now.AddDays(-days),
            Server = "web-02",
            Role = MemberRole.Replica,
            Source = "web-01",
            Receiver = days == 4 ? ReplicationThread.Connecting : ReplicationThread.Running,
            Applier = ReplicationThread.Running,
            LagSeconds = days == 4 ? 48 : 0.2 + (days * 0.3),
            TakesWrites = false,
            Error = days == 4 ? "error connecting to master 'repl@web-01:3306'" : null,
        },
    ];

    private static TrafficSeries Series(string server, TrafficOrigin origin, string name, double level) => new(
        server,
        origin,
        name,
        [
            .. Enumerable.Range(0, 90).Select(index =>
            {
                double rate = level * (1 + (0.25 * Math.Sin(index / 12.0)) + (0.05 * Math.Sin(index * 1.7))) * (index == 70 ? 2.2 : 1);
                return new TrafficPoint(
                    TestSite.Now.AddSeconds(-5 * (90 - index)), 5, index is > 40 and < 46 ? null : rate, rate * 0.97, rate * 1.03)
                    {
                        IsAnomaly = index == 70,
                    };
            }),
        ]);
}
