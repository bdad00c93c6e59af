using Foobar.Ops.Auditing;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Tests.Auditing;

/// <summary>What earlier versions of the module saved is still read, judged and compared; what is no whole snapshot says so.</summary>
public sealed class RecordedSnapshotTests
{
    public static TheoryData<string> Names => [.. RecordedSnapshots.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_snapshot_of_an_earlier_version_loads_with_all_its_facts(string name)
    {
        Snapshot snapshot = RecordedSnapshots.Load(name);

        Assert.Equal(["fw-01", "lb-01", "web-01", "web-02"], snapshot.Facts.Select(facts => facts.Server).Distinct());
        Assert.All(
            snapshot.Facts,
            facts => Assert.True(facts is { Value: not null, Failure: null }, $"{facts.Server} {facts.Part}: {facts.Failure}"));
        Assert.StartsWith(snapshot.ModuleVersion!, name, StringComparison.Ordinal);
    }

    // Facts that later versions read besides are missing, which makes their controls undecided, never failed.
    [Theory]
    [MemberData(nameof(Names))]
    public void It_gets_the_judgement_that_it_got_then(string name)
    {
        IReadOnlyList<Finding> findings = Audit.Judge(RecordedSnapshots.Load(name));

        Assert.DoesNotContain(findings, finding => finding.Status == FindingStatus.Fail);
        Assert.All(
            findings.Where(finding => finding.Status == FindingStatus.Unknown),
            finding => Assert.Matches("holds no facts|not (looked at|read)", finding.Reason));
        Assert.True(findings.Count(finding => finding.Status == FindingStatus.Pass) > 250);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void It_is_the_same_after_saving_it_again(string name)
    {
        Snapshot snapshot = RecordedSnapshots.Load(name);
        Snapshot again = SnapshotFile.Parse(SnapshotFile.Write(snapshot), name);

        Assert.Empty(SnapshotComparison.Compare(snapshot, again, measurements: true));
        Assert.Equal(Audit.Judge(snapshot), Audit.Judge(again));
    }

    [Fact]
    public void There_is_one_of_each_database() => Assert.True(RecordedSnapshots.Names.Count >= 2);

    [Fact]
    public void A_file_that_was_cut_anywhere_is_an_error()
    {
        string text = RecordedSnapshots.Text(RecordedSnapshots.Names[0]).TrimEnd();
        for (int cut = 1; cut <= 40; cut++)
        {
            FoobarException error = Assert.Throws<FoobarException>(() => SnapshotFile.Parse(text[..(text.Length * cut / 41)], "cut.json"));

            Assert.Equal("SnapshotInvalid", error.ErrorId);
            Assert.StartsWith("cut.json is not a usable snapshot: ", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_snapshot_of_a_later_format_says_which_version_reads_it()
    {
        string text = RecordedSnapshots.Text(RecordedSnapshots.Names[0])
            .Replace("\"format\": 1", "\"format\": 9", StringComparison.Ordinal);
        FoobarException error = Assert.Throws<FoobarException>(() => SnapshotFile.Parse(text, "later.json"));

        Assert.Equal("SnapshotInvalid", error.ErrorId);
        Assert.Contains(
            "it has format 9 of Foobar.Ops 0.1.0, and this version of the module reads format 1", error.Message, StringComparison.Ordinal);
    }

    // Whoever can write a snapshot decides what is judged; he must not decide what the judge does.
    [Theory]
    [InlineData("\"value\": {", "\"value\": { \"units\": null, \"endpoints\": null, \"agents\": null,")]
    [InlineData("\"processes\": [", "\"processes\": [null, ")]
    [InlineData("\"endpoints\": [", "\"endpoints\": [null, ")]
    [InlineData("\"servers\": [{", "\"servers\": [null, {")]
    [InlineData("\"channels\": {\"value\": [", "\"channels\": {\"value\": [null, ")]
    public void Holes_in_its_lists_are_an_error_or_cost_no_more_than_what_they_are_in(string text, string instead)
    {
        string name = RecordedSnapshots.Names[0];
        Snapshot whole = RecordedSnapshots.Load(name);
        string hostile = RecordedSnapshots.Text(name).Replace(text, instead, StringComparison.Ordinal);
        try
        {
            Snapshot snapshot = SnapshotFile.Parse(hostile, "hostile.json");

            Assert.True(Audit.Judge(snapshot).Count > 100);
            Assert.NotNull(SnapshotComparison.Compare(whole, snapshot));
        }
        catch (FoobarException error)
        {
            Assert.Equal("SnapshotInvalid", error.ErrorId);
        }
    }
}
