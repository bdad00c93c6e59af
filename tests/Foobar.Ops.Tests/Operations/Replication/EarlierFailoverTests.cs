using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Resumption;
using Foobar.Ops.Planning;
using Foobar.Ops.Tests.Remoting;

namespace Foobar.Ops.Tests.Operations.Replication;

/// <summary>What previews say of a failover that was left unfinished on this machine.</summary>
public sealed class EarlierFailoverTests : IDisposable
{
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory();
    private readonly OperationStore _store;

    public EarlierFailoverTests() => _store = new("test", _state.FullName);

    public void Dispose() => _state.Delete(recursive: true);

    [Fact]
    public void Nothing_left_is_nothing_in_the_way_and_nothing_to_resume()
    {
        Assert.Empty(new EarlierFailover(_store, TimeProvider.System).Blockers());
        Assert.Equal(
            "NothingToResume",
            Assert.Throws<FoobarException>(
                () => new ResumeOperation(new FakeSiteSession(TestSite.Create()), _store).DescribeLeft()).ErrorId);
    }

    [Fact]
    public void What_was_left_stands_in_the_way_of_a_preview_as_of_the_real_call()
    {
        Leave();
        EarlierFailover earlier = new(_store, TimeProvider.System);
        FailoverBlocker blocker = Assert.Single(earlier.Blockers());
        FoobarException refused = Assert.Throws<FoobarException>(() => earlier.RefuseUnfinished());
        Assert.Equal((refused.ErrorId, refused.Message), (blocker.Code, $"{blocker.Message}."));
        Assert.Contains("Resume-FoobarFailover", blocker.Remediation, StringComparison.Ordinal);
        Assert.Contains(
            "failover from web-01 to web-02 that began at",
            new ResumeOperation(new FakeSiteSession(TestSite.Create()), _store).DescribeLeft(), StringComparison.Ordinal);

        // A switchover ends where one of its members is dead; a preview does not close it.
        Assert.Empty(earlier.Blockers(lost: "web-01"));
        Assert.NotNull(earlier.Unfinished);
        Assert.Single(earlier.Blockers(lost: "db-03"));
    }

    private void Leave()
    {
        using FileJournal journal = _store.NewJournal(EarlierFailover.Kind, TestSite.Now);
        Plan plan = new()
        {
            Kind = EarlierFailover.Kind,
            Title = "Move writes",
            Parameters = new Dictionary<string, string> { [OperationKeys.Old] = "web-01", [OperationKeys.New] = "web-02" },
            Steps = [],
        };
        journal.Append([JournalReconstruction.Of(plan, false, TestSite.Now)[0]]);
    }
}
