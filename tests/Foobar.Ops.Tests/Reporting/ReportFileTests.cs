using Foobar.Ops.Auditing;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Reporting;

namespace Foobar.Ops.Tests.Reporting;

public sealed class ReportFileTests
{
    [Fact]
    public void A_JSON_report_is_read_as_it_was_written()
    {
        Report report = SampleReport.Create();
        EarlierAudit read = ReportFile.Parse(report.Write(ReportFormat.Json), "a.json");

        Assert.Equal((report.Site, report.Time!.Value), (read.Site, read.Time));
        Assert.Equal(report.Findings, read.Findings);
        Assert.Equal(report.Replication, read.Replication);
        Assert.Equal(report.Traffic.SelectMany(series => series.Points), read.Traffic.SelectMany(series => series.Points));
    }

    [Fact]
    public void A_report_of_before_the_schema_is_read_too()
    {
        EarlierAudit read = ReportFile.Parse(
            """
            { "format": 1, "site": "www.foobar.com", "time": "2026-11-21T12:00:00+00:00", "moduleVersion": "0.1.0", "exitCode": 1, "counts": { "Fail": 1 },
              "findings": [ { "controlId": "SRV-002", "title": "T", "area": "Server", "severity": "High", "status": "Fail", "server": "web-01", "time": "2026-11-21T12:00:00+00:00" } ] }
            """, "a.json");

        Assert.Equal(FindingStatus.Fail, Assert.Single(read.Findings).Status);
    }

    [Fact]
    public void A_snapshot_is_judged_and_its_databases_are_kept()
    {
        Snapshot snapshot = new()
        {
            Site = TestSite.Create(new Policy { Database = new DatabasePolicy { Members = Role.Database } }),
            Time = TestSite.Now,
            Facts = [new SnapshotFacts { Server = "web-01", Part = "replication", Failure = "no route to host" }],
        };
        EarlierAudit read = ReportFile.Parse(SnapshotFile.Write(snapshot), "a.json");

        Assert.Equal(("www.foobar.com", TestSite.Now), (read.Site, read.Time));
        Assert.Equal(Audit.Judge(snapshot).Count, read.Findings.Count);
        Assert.Contains(
            read.Replication, member => member.Server == "web-01" && member.Error!.Contains("no route to host", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "ReportInvalid")]
    [InlineData("[]", "ReportInvalid")]
    [InlineData("{}", "ReportInvalid")]
    [InlineData("{\"findings\":[]}", "ReportInvalid")]
    [InlineData("{\"format\":2,\"site\":\"x\",\"time\":\"2026-11-21T12:00:00Z\",\"findings\":[]}", "ReportInvalid")]
    [InlineData("{\"format\":1,\"site\":\"x\",\"time\":\"2026-11-21T12:00:00Z\",\"findings\":[{}]}", "ReportInvalid")]
    [InlineData("{\"format\":1,\"site\":\"x\",\"time\":\"then\",\"findings\":[]}", "ReportInvalid")]
    [InlineData("{\"inventory\":{}}", "SnapshotInvalid")]
    public void What_is_neither_is_an_error_that_names_the_file(string text, string error)
    {
        FoobarException thrown = Assert.Throws<FoobarException>(() => ReportFile.Parse(text, "a.json"));

        Assert.Equal(error, thrown.ErrorId);
        Assert.Contains("a.json", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_an_error() =>
        Assert.Equal(
            "ReportNotFound",
            Assert.Throws<FoobarException>(() => ReportFile.Load(Path.Combine(Path.GetTempPath(), "no-such-report.json"))).ErrorId);
}
