using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Tests.Auditing;

/// <summary>What is new beside earlier findings, and what is mended since.</summary>
public sealed class BaselineTests
{
    [Theory]
    [InlineData(null, FindingStatus.Fail, true)]
    [InlineData(null, FindingStatus.Unknown, true)]
    [InlineData(null, FindingStatus.Pass, false)]
    [InlineData(FindingStatus.Pass, FindingStatus.Warning, true)]
    [InlineData(FindingStatus.Warning, FindingStatus.Warning, false)]
    [InlineData(FindingStatus.Warning, FindingStatus.Fail, true)]
    [InlineData(FindingStatus.Unknown, FindingStatus.Fail, true)]
    [InlineData(FindingStatus.Fail, FindingStatus.Unknown, false)]
    [InlineData(FindingStatus.Fail, FindingStatus.Warning, false)]
    [InlineData(FindingStatus.Fail, FindingStatus.Fail, false)]
    public void New_is_what_was_not_there_or_not_as_bad(FindingStatus? before, FindingStatus now, bool isNew)
    {
        Finding[] found = [.. new Baseline(before is { } status ? [Found(status)] : []).New([Found(now)])];

        Assert.Equal(isNew ? [FindingChange.New] : [], found.Select(finding => finding.Change!.Value));
    }

    [Theory]
    [InlineData("b.example", "web-01", "/", "SRV-902")]
    [InlineData("a.example", "web-02", "/", "SRV-902")]
    [InlineData("a.example", "web-01", "/var", "SRV-902")]
    [InlineData("a.example", "web-01", "/", "SRV-901")]
    public void The_same_is_the_same_control_server_and_target_of_the_same_site(string site, string server, string target, string control)
    {
        Finding other = Found(FindingStatus.Fail) with { Site = site, Server = server, Target = target, ControlId = control };

        Assert.Single(new Baseline([Found(FindingStatus.Fail)]).New([other]));
        Assert.Empty(
            new Baseline([Found(FindingStatus.Fail)]).New([Found(FindingStatus.Fail) with { Server = "WEB-01", Actual = "worse" }]));
    }

    [Theory]
    [InlineData("a", "a", false)]
    [InlineData("a", "b", true)]
    [InlineData(null, "b", true)]
    [InlineData("a", null, true)]
    public void The_same_target_is_not_known_by_another_extent(string? before, string? now, bool isNew)
    {
        Baseline baseline = new([Found(FindingStatus.Fail) with { Extent = before }, Found(FindingStatus.Fail) with { Extent = "c" }]);
        Finding finding = Found(FindingStatus.Fail) with { Extent = now };

        Assert.Equal(isNew, baseline.New([finding]).Any());
        Assert.Empty(baseline.Mended([finding]));
    }

    [Theory]
    [InlineData(FindingStatus.Pass, FindingStatus.Pass)]
    [InlineData(FindingStatus.NotApplicable, FindingStatus.NotApplicable)]
    [InlineData(FindingStatus.Warning, null)]
    [InlineData(FindingStatus.Unknown, null)]
    public void Mended_is_what_passes_now(FindingStatus now, FindingStatus? expected)
    {
        Finding[] found = [.. new Baseline([Found(FindingStatus.Fail)]).Mended([Found(now)])];

        Assert.Equal(
            expected is { } status ? [(status, FindingChange.Mended)] : [],
            found.Select(finding => (finding.Status, finding.Change!.Value)));
    }

    [Fact]
    public void Mended_is_what_is_gone_where_its_control_was_judged_and_only_there()
    {
        Baseline baseline = new([Found(FindingStatus.Fail)]);

        Finding gone = Assert.Single(baseline.Mended([Found(FindingStatus.Pass) with { Target = "/var" }]));
        Assert.Equal((FindingStatus.NotApplicable, "no longer found; it was Fail", "/"), (gone.Status, gone.Actual, gone.Target));
        Assert.Empty(baseline.Mended([]));
        Assert.Empty(baseline.Mended([Found(FindingStatus.Pass) with { Server = "web-02" }]));
        Assert.Empty(baseline.Mended([Found(FindingStatus.Unknown) with { Target = null }]));
    }

    // TLS-045 judges a leg by both ends, SRV-001 a unit by its own server.
    [Theory]
    [InlineData("TLS-045", "web-02", false, true, false)]
    [InlineData("TLS-045", "web-01", false, true, false)]
    [InlineData("TLS-045", null, true, true, false)]
    [InlineData("TLS-045", null, false, false, false)]
    [InlineData("TLS-045", null, false, true, true)]
    [InlineData("SRV-001", "web-02", false, true, true)]
    [InlineData("SRV-001", "web-01", false, true, false)]
    [InlineData("SRV-001", null, true, false, true)]
    public void What_could_not_be_seen_is_not_mended(string control, string? undecided, bool unread, bool allRead, bool isMended)
    {
        Finding known = Found(FindingStatus.Warning) with { ControlId = control, Target = "web-02 -> web-01:3306" };
        List<Finding> now = [known with { Status = FindingStatus.Pass, Target = "lb-01 -> web-01:443" }];
        if (undecided is not null)
        {
            now.Add(known with { Status = FindingStatus.Unknown, Target = null, Server = undecided });
        }

        if (unread)
        {
            now.Add(known with { ControlId = "INV-003", Area = Area.Inventory, Status = FindingStatus.Unknown, Server = "web-02" });
        }

        Assert.Equal(isMended, new Baseline([known]).Mended(now, allRead).Any());
    }

    [Fact]
    public void A_file_of_anything_else_is_refused()
    {
        string path = Path.GetTempFileName();
        foreach (string text in (string[])
        [
            "", "{", "{}", "7", "[1]", "[{}]", """{ "findings": [{ "controlId": "X" }] }""", """{ "servers": {} }""",
        ])
        {
            File.WriteAllText(path, text);
            Assert.Contains(
                Assert.Throws<Foobar.Ops.Errors.FoobarException>(() => BaselineSource.File(path).Load(AuditScope.Everything)).ErrorId,
                (string[])["BaselineInvalid", "SnapshotInvalid"]);
        }

        File.Delete(path);
    }

    private static Finding Found(FindingStatus status) => new()
    {
        ControlId = "SRV-902", Title = "t", Area = Area.Server, Severity = Severity.High, Status = status, Site = "a.example",
        Server = "web-01", Target = "/", Time = TestSite.Now,
    };
}
