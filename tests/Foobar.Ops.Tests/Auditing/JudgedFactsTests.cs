using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Tests.Auditing;

/// <summary>Facts that are the same object are judged once by controls that do not go by the time, and others each time.</summary>
public sealed class JudgedFactsTests
{
    private static readonly Site Site = TestSite.Create();

    private int _each;

    private int _together;

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public void The_same_facts_get_the_same_findings_at_another_time(bool isTimeless, int times)
    {
        AuditPart part = Part(isTimeless);
        PretendFacts facts = Pretend.Facts(95);

        Finding[] first = Judge(part, Site, TestSite.Now, facts), second = Judge(part, Site, TestSite.Now.AddHours(1), facts);

        Assert.Equal((3 * times, times), (_each, _together));
        Assert.Equal(
            first.Select(static finding => finding with { Time = default }),
            second.Select(static finding => finding with { Time = default }));
        Assert.All(second, static finding => Assert.Equal(TestSite.Now.AddHours(1), finding.Time));
    }

    [Fact]
    public void Other_facts_another_policy_and_what_could_not_be_decided_are_judged_again()
    {
        AuditPart part = Part(isTimeless: true);
        PretendFacts facts = Pretend.Facts(95);
        Judge(part, Site, TestSite.Now, facts);

        Judge(part, Site, TestSite.Now, Pretend.Facts(95));
        Assert.Equal((6, 2), (_each, _together));
        Judge(part, TestSite.Create(new Policy()), TestSite.Now, facts);
        Assert.Equal((9, 3), (_each, _together));
        Assert.Equal(FindingStatus.Pass, Judge(part, Site, TestSite.Now, Pretend.Facts(10))[0].Status);

        PretendFacts unknown = Pretend.Facts() with { Disk = Reading.Unreadable<int>("it hung") };
        Judge(part, Site, TestSite.Now, unknown);
        int before = _each;
        Judge(part, Site, TestSite.Now, unknown);
        Assert.Equal(before + 3, _each);
    }

    private static Finding[] Judge(AuditPart part, Site site, DateTimeOffset time, PretendFacts facts) =>
    [
        .. part.Judge(
            new Snapshot
            {
                Site = site,
                Time = time,
                Facts = [.. site.Servers.Select(server => new SnapshotFacts { Server = server.Name, Part = "pretend", Value = facts })],
            },
            AuditScope.Everything),
    ];

    private AuditPart<PretendFacts> Part(bool isTimeless) => new(
        new PretendCollector(static (_, _) => throw new NotSupportedException()),
        [new(Pretend.Info("SRV-903"), facts =>
        {
            Interlocked.Increment(ref _each);
            return facts.Facts.Disk.Judge(
                static percent => [percent > 90 ? Verdict.Fail("/", "90 % at most", $"{percent} %", "df -P /") : Verdict.Pass("/")]);
        })],
        [new(Pretend.Info("SRV-904"), _ =>
        {
            Interlocked.Increment(ref _together);
            return [Verdict.Pass()];
        })],
        isTimeless: isTimeless);
}
