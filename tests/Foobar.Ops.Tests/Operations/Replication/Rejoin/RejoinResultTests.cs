using Foobar.Ops.Database;
using Foobar.Ops.Operations.Replication.Rejoin;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tests.Remoting;

namespace Foobar.Ops.Tests.Operations.Replication.Rejoin;

/// <summary>What a repair says that failed.</summary>
public sealed class RejoinResultTests
{
    [Theory]
    [InlineData(PlanOutcome.Undone, false, PlanOutcome.Undone)]
    [InlineData(PlanOutcome.Undone, true, PlanOutcome.Degraded)]
    [InlineData(PlanOutcome.Completed, true, PlanOutcome.Completed)]
    [InlineData(PlanOutcome.Superseded, true, PlanOutcome.Superseded)]
    public void Nothing_is_undone_once_data_were_replaced(PlanOutcome outcome, bool replaced, PlanOutcome expected) =>
        Assert.Equal(expected, RejoinResult.Ended(outcome, replaced));

    [Theory]
    [InlineData(DatabaseFlavor.MySql, "journalctl -u mysql on web-02")]
    [InlineData(DatabaseFlavor.MariaDb, "journalctl -u mariadb on web-02")]
    public void The_next_step_names_the_log_and_the_copy(DatabaseFlavor flavor, string log)
    {
        string advice = RejoinResult.CopyAgain("web-02", flavor);
        Assert.Contains(log, advice, StringComparison.Ordinal);
        Assert.Contains("Repair-FoobarReplication -Server web-02 -Copy", advice, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Not Started", false)]
    [InlineData("In Progress", true)]
    [InlineData("Completed", true)]
    [InlineData("Failed", true)]
    [InlineData(null, true)]
    public async Task A_clone_tells_whether_it_has_dropped_the_data(string? state, bool expected)
    {
        FakeDatabaseSession database = new("web-02", "9.7.0");
        _ = state is null ? database.On("clone_progress") : database.On("clone_progress", [("state", state)]);
        Assert.Equal(expected, await new MySqlMember(database).HasDroppedDataAsync(TestContext.Current.CancellationToken));
    }
}
