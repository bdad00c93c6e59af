using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Planning;
using Foobar.Ops.Tests.Database;
using Foobar.Ops.Tests.Remoting;

namespace Foobar.Ops.Tests.Operations.Replication;

public sealed class OtherReplicasTests
{
    [Theory]
    [InlineData("9.7.0", "CHANGE REPLICATION SOURCE TO SOURCE_HOST = @host, SOURCE_PORT = @port, SOURCE_AUTO_POSITION = 1")]
    [InlineData("10.11.14-MariaDB", "CHANGE MASTER TO MASTER_HOST = @host, MASTER_PORT = 3306, MASTER_USE_GTID = slave_pos")]
    public async Task Another_source_leaves_account_filters_and_delay_as_they_are(string version, string statement)
    {
        FakeDatabaseSession member = new FakeDatabaseSession("db-03", version).On("CHANGE");
        await DatabaseMember.Of(member).RepointAsync("192.0.2.12", 3306, TestContext.Current.CancellationToken);
        Assert.Equal(statement, Assert.Single(member.Statements));
    }

    [Fact]
    public void Only_one_default_channel_by_GTID_can_be_given_another_source()
    {
        Assert.Null(ReplicaSource.Obstacle([HealthySite.Channel]));
        Assert.Equal("replicates from none", ReplicaSource.Obstacle([]));
        Assert.Equal(
            "replicates from several sources", ReplicaSource.Obstacle([HealthySite.Channel, HealthySite.Channel with { Name = "b" }]));
        Assert.Equal("replicates by file and offset", ReplicaSource.Obstacle([HealthySite.Channel with { AutoPosition = false }]));
        FoobarException error = Assert.Throws<FoobarException>(
            () => ReplicaSource.Only("db-03", [HealthySite.Channel with { Name = "shop" }]));
        Assert.Equal(("ReplicaNotMovable", "db-03"), (error.ErrorId, error.Server));
        Assert.Contains("'shop'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Those_that_do_not_follow_are_named()
    {
        StepResult[] steps =
        [
            Step("redundancy", StepOutcome.Done),
            Step("follow-db-03", StepOutcome.Failed),
            Step("follow-db-04", StepOutcome.Done),
            Step("follow-db-05", StepOutcome.Skipped),
        ];
        Assert.Equal(["db-03", "db-05"], OtherReplicas.Left(steps));
        Assert.Equal(
            "Bring db-03 and db-05 back with Repair-FoobarReplication -Server db-03; Repair-FoobarReplication -Server db-05.",
            OtherReplicas.Advice(["db-03", "db-05"]));
        Assert.Null(OtherReplicas.Advice([]));
    }

    private static StepResult Step(string name, StepOutcome outcome) => new() { Step = name, Description = "", Outcome = outcome };
}
