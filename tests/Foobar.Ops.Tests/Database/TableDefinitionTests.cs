using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Operations.Comparison;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Failover;
using Foobar.Ops.Operations.Replication.Switchover;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tests.Operations.Model;

namespace Foobar.Ops.Tests.Database;

/// <summary>A table that differs by anything is found, and in what is told; one that takes rows that others refuse blocks.</summary>
public sealed class TableDefinitionTests
{
    private static readonly (string Name, string How, bool Blocks, Func<TableDefinition, TableDefinition> Change)[] Changes =
    [
        ("dropped unique key", "its keys (lacks UNIQUE id)", true, table => Without(table, "id")),
        ("dropped primary key", "its keys (lacks PRIMARY)", true, table => Without(table, "PRIMARY")),
        ("other columns", "its keys (has another UNIQUE id)", true, table =>
            With(Without(table, "id"), new("id", "2 99", "2 98"))),
        ("key that is not unique any more", "its keys (has another UNIQUE id)", true, table =>
            With(Without(table, "id"), new("id", "1 99", null))),
        ("same key by another name", "its keys (lacks UNIQUE id; alone has UNIQUE id_2)", false, table =>
            With(Without(table, "id"), new("id_2", "1 15", "1 16"))),
        ("other order of columns", "its keys (has another UNIQUE id)", false, table =>
            With(Without(table, "id"), new("id", "1 99", "1 16"))),
        ("dropped index", "its keys (lacks customer)", false, table => Without(table, "customer")),
        ("columns", "its columns", true, static table => table with { Columns = "5 0" }),
        ("engine", "its engine (MyISAM, not InnoDB)", false, static table => table with { Engine = "MyISAM" }),
        ("dropped foreign key", "its foreign keys", false, static table => table with { ForeignKeys = null }),
        ("other CHECK", "its CHECK constraints", false, static table => table with { CheckConstraints = "1 0" }),
        ("partitions", "its partitions", false, static table => table with { Partitions = "4 1" }),
    ];

    public static TheoryData<string> Names => [.. Changes.Select(static change => change.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_aspect_fails_the_control_and_blocks_or_is_told(string name)
    {
        (_, string how, bool blocks, Func<TableDefinition, TableDefinition> change) = Changes.Single(one => one.Name == name);
        SiteCase<ReplicationFacts> facts = HealthySite.Case(replica: Changed(HealthySite.Replica, change));

        Finding finding = Assert.Single(
            ReplicationControls(facts), one => one is { ControlId: "DB-034", Status: FindingStatus.Fail });
        Assert.Equal(("table shop.orders", $"differs in {how}"), (finding.Target, finding.Actual));

        SwitchoverPreflight preflight = SwitchoverPreflight.Planned(facts, new());
        FailoverBlocker told = Assert.Single(blocks ? preflight.Blockers : preflight.Warnings, static one => one.Code == "Schema");
        Assert.StartsWith($"table shop.orders differs in {how}", told.Message, StringComparison.Ordinal);
        Assert.NotEmpty(told.Remediation);
        Assert.DoesNotContain(blocks ? preflight.Warnings : preflight.Blockers, static one => one.Code == "Schema");
    }

    [Fact]
    public void In_an_emergency_the_candidate_is_held_against_the_other_replicas()
    {
        ReplicationFacts dead = ReplicationFacts.Unreadable("dead", "test");
        ReplicationFacts gutted = Changed(HealthySite.Replica, static table => Without(table, "id"));

        FailoverBlocker blocker = Assert.Single(Judge(HealthySite.CaseOfThree(dead, gutted, HealthySite.Further), inStep: true));
        Assert.Equal(("Schema", "web-02"), (blocker.Code, blocker.Server));
        Assert.Contains("lacks UNIQUE id", blocker.Message, StringComparison.Ordinal);
        Assert.Contains("Promote db-03", blocker.Remediation, StringComparison.Ordinal);

        Assert.Empty(Judge(HealthySite.CaseOfThree(dead, HealthySite.Replica, HealthySite.Further), inStep: true));
        ReplicationFacts ahead = HealthySite.Further with
        {
            Gtid = Reading.Of(HealthySite.Further.Gtid.Value! with { Executed = $"{HealthySite.UuidA}:1-999" }),
        };
        Assert.Empty(Judge(HealthySite.CaseOfThree(dead, gutted, ahead), inStep: true));
        Assert.Single(Judge(HealthySite.CaseOfThree(dead, gutted, ahead), inStep: false));
    }

    [Fact]
    public void What_was_not_read_is_unknown()
    {
        SiteCase<ReplicationFacts> facts = HealthySite.Case(
            replica: HealthySite.Replica with { Definitions = Reading.Unreadable<IReadOnlyList<TableDefinition>>("denied") });

        Assert.Contains(
            ReplicationControls(facts),
            static one => one is { ControlId: "DB-034", Status: FindingStatus.Unknown }
                && one.Reason!.Contains("denied", StringComparison.Ordinal));
        Assert.Contains(
            SwitchoverPreflight.Planned(facts, new()).Warnings, static one => one.Message.Contains("denied", StringComparison.Ordinal));
    }

    [Fact]
    public void Rows_of_the_server_become_tables()
    {
        IReadOnlyList<TableDefinition> tables = TableDefinition.From(
        [
            Row("columns", "view", null, "1 1", null),
            Row("key", "orders", "PRIMARY", "1 2", "1 3"), Row("key", "orders", "a", "1 4", null),
            Row("engine", "orders", null, "InnoDB", null), Row("columns", "orders", null, "2 5", null),
            Row("foreign keys", "orders", null, "2 6", null), Row("check constraints", "orders", null, "1 7", null),
            Row("partitions", "orders", null, "4 8", null),
        ]);

        TableDefinition table = Assert.Single(tables);
        Assert.Equal(
            ("shop.orders", "InnoDB", "2 5", "2 6", "1 7", "4 8"),
            (table.Name, table.Engine, table.Columns, table.ForeignKeys, table.CheckConstraints, table.Partitions));
        Assert.Equal([new("PRIMARY", "1 2", "1 3"), new("a", "1 4", null)], table.Keys);
    }

    [Fact]
    public void A_comparison_tells_a_table_without_its_key_from_an_equal_one()
    {
        TableDefinition whole = HealthySite.Replica.Definitions.Value![0];
        ComparedTable table = new("shop", "orders", "InnoDB", 1, [new("id", "int")], "PRIMARY", [new("id", "int")]) { Definition = whole };
        ComparedTable other = table with { Definition = Without(whole, "id") };

        Assert.Null(table.Differs(other));
        ReplicaLook look = new() { Server = "web-02", Compared = 1, Definition = table.DiffersByDefinition(other) };
        TableComparison result = look.Result("web-01", table, 1, "", default, default);
        Assert.True(look.IsOpen);
        Assert.Equal((ComparisonStatus.Differs, "it differs in its keys (lacks UNIQUE id)"), (result.Status, result.Reason));
        Assert.Null(table.DiffersByDefinition(table));
    }

    private static DatabaseRow Row(string aspect, string table, string? item, string digest, string? columns) =>
        Rows.Of(("aspect", aspect), ("s", "shop"), ("t", table), ("item", item), ("digest", digest), ("columns", columns));

    private static IReadOnlyList<FailoverBlocker> Judge(SiteCase<ReplicationFacts> facts, bool inStep) =>
        [.. FailoverPreflight.JudgeUnique(ReplicationTopology.Of(facts), "web-02", inStep)];

    private static IReadOnlyList<Finding> ReplicationControls(SiteCase<ReplicationFacts> facts) =>
        [.. DatabaseControls.All.SelectMany(control => control.Apply(facts, null, facts.Time))];

    private static ReplicationFacts Changed(ReplicationFacts facts, Func<TableDefinition, TableDefinition> change) =>
        facts with { Definitions = Reading.Of<IReadOnlyList<TableDefinition>>([.. facts.Definitions.Value!.Select(change)]) };

    private static TableDefinition Without(TableDefinition table, string key) =>
        table with { Keys = [.. table.Keys.Where(one => one.Name != key)] };

    private static TableDefinition With(TableDefinition table, TableKey key) => table with { Keys = [.. table.Keys, key] };
}
