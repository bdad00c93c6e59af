using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Rejoin;
using Foobar.Ops.Tests.Database;

namespace Foobar.Ops.Tests.Operations.Replication.Rejoin;

/// <summary>Who comes back, to whom, and how.</summary>
public sealed class RejoinPreflightTests
{
    private const string A = HealthySite.UuidA;
    private const string B = HealthySite.UuidB;

    [Theory]
    [InlineData(DatabaseFlavor.MySql, $"{A}:1-9", $"{A}:1-9,{B}:1-3", "", RejoinMethod.Rejoin, "")]
    [InlineData(DatabaseFlavor.MySql, $"{A}:1-12", $"{A}:1-9,{B}:1-3", "", RejoinMethod.Copy, $"{A}:10-12")]
    [InlineData(DatabaseFlavor.MySql, $"{A}:1-9", $"{A}:1-9,{B}:1-30", $"{A}:1-9,{B}:1-20", RejoinMethod.Copy, "")]
    [InlineData(DatabaseFlavor.MySql, $"{A}:1-9,{B}:1-20", $"{A}:1-9,{B}:1-30", $"{A}:1-9,{B}:1-20", RejoinMethod.Rejoin, "")]
    [InlineData(DatabaseFlavor.MariaDb, "0-43-9", "0-43-9,0-44-12", "", RejoinMethod.Rejoin, "")]
    [InlineData(DatabaseFlavor.MariaDb, "0-43-11", "0-43-9,0-44-12", "", RejoinMethod.Copy, "0-43-11")]
    public void What_both_hold_decides(
        DatabaseFlavor flavor, string member, string primary, string purged, RejoinMethod method, string errant)
    {
        (RejoinMethod Method, string Reason, string Errant) decided = RejoinPreflight.Decide(flavor, member, primary, purged);
        Assert.Equal((method, errant), (decided.Method, decided.Errant));
        Assert.NotEmpty(decided.Reason);
    }

    [Fact]
    public void A_member_that_does_not_answer_is_the_one_that_comes_back()
    {
        RejoinPreview preview = RejoinPreflight.Judge(
            HealthySite.Case(replica: ReplicationFacts.Unreadable("refused", "test")), null, ["web-01"]);
        Assert.Equal(("web-02", "web-01"), (preview.Server, preview.Primary));
        Assert.Empty(preview.Blockers);
    }

    [Fact]
    public void Of_two_that_take_writes_the_endpoint_tells_the_primary()
    {
        RejoinPreview told = RejoinPreflight.Judge(HealthySite.Case(replica: HealthySite.Primary), null, ["web-02"]);
        Assert.Equal(("web-01", "web-02"), (told.Server, told.Primary));
        Assert.Empty(told.Blockers);
        Assert.Contains(
            RejoinPreflight.Judge(HealthySite.Case(replica: HealthySite.Primary), null, null).Blockers,
            blocker => blocker.Code == "Server");
    }

    [Fact]
    public void A_running_replica_is_copied_only_on_request()
    {
        FailoverBlocker running = Assert.Single(RejoinPreflight.Judge(HealthySite.Case(), "web-02", ["web-01"]).Blockers);
        Assert.Contains("-Copy", running.Remediation, StringComparison.Ordinal);
        Assert.Empty(RejoinPreflight.Judge(HealthySite.Case(), "web-02", ["web-01"], copy: true).Blockers);
    }

    [Fact]
    public void Where_the_application_writes_is_never_repaired() =>
        Assert.Contains(
            RejoinPreflight.Judge(HealthySite.Case(replica: HealthySite.Primary), "web-02", ["web-02"]).Blockers,
            blocker => blocker.Code == "Endpoint");

    [Theory]
    [InlineData("web-02")]
    [InlineData("web-09")]
    public void What_replicates_or_is_no_member_is_refused(string server) =>
        Assert.Contains(RejoinPreflight.Judge(HealthySite.Case(), server, ["web-01"]).Blockers, blocker => blocker.Code == "Server");

    [Fact]
    public void One_behind_another_replica_may_be_told_to_follow_the_primary()
    {
        ReplicationFacts behind = HealthySite.Further with
        {
            Channels = Reading.Of<IReadOnlyList<ReplicationChannel>>([
                HealthySite.Channel with { SourceHost = "192.0.2.12", SourceUuid = Guid.Parse(B) },
            ]),
        };
        RejoinPreview preview = RejoinPreflight.Judge(HealthySite.CaseOfThree(further: behind), "db-03", ["web-01"]);
        Assert.Equal(("db-03", "web-01"), (preview.Server, preview.Primary));
        Assert.Empty(preview.Blockers);
        Assert.Equal(
            "Server", Assert.Single(RejoinPreflight.Judge(HealthySite.CaseOfThree(further: behind), null, ["web-01"]).Blockers).Code);
    }

    [Fact]
    public void Nothing_to_repair_is_said_so() =>
        Assert.Contains(
            "nothing to repair",
            Assert.Single(RejoinPreflight.Judge(HealthySite.Case(), null, ["web-01"]).Blockers).Remediation,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("0-43-11", "0-43-9,0-44-12", "0-43-9")]
    [InlineData("0-43-11", "0-44-12", "")]
    [InlineData("0-43-11,1-43-5", "0-43-9,1-43-4", "0-43-9,1-43-4")]
    [InlineData("0-43-11,0-45-12", "0-43-9,0-45-10", "0-43-9")]
    public void Errant_transactions_begin_after_the_last_common_one(string errant, string primary, string begin) =>
        Assert.Equal(begin, ErrantRange.Begin(errant, primary));

    [Fact]
    public void A_copy_holds_what_the_primary_held_at_its_position()
    {
        Assert.Equal("0-44-12", MariaDbCopy.PositionOf("web-01", "binlog.000004\t1230\t0-44-12\n", "0-44-10"));
        Assert.Equal("", MariaDbCopy.PositionOf("web-01", "binlog.000001\t325\n", ""));
        Assert.Equal("0-43-9,0-44-12", MariaDbCopy.StateOf("0-43-9,0-44-10", "0-44-12"));
        Assert.Throws<ParseException>(() => MariaDbCopy.PositionOf("web-01", "binlog.000004\t1230", "0-44-10"));
    }

    [Fact]
    public void Persisted_settings_are_closed_wherever_they_stand_and_nothing_else_is_changed()
    {
        string text =
            """{"Version":2,"mysql_dynamic_parse_early_variables":{"super_read_only":{"Value":"OFF","Metadata":{"User":"o"}},"read_only":{"Value":"OFF"}},"mysql_dynamic_variables":{"max_connections":{"Value":"200"}}}""";
        Assert.Equal(
            text.Replace("\"OFF\"", "\"ON\"", StringComparison.Ordinal), ReturningMember.WithReadOnly("web-01", "mysqld-auto.cnf", text));
        Assert.Throws<ParseException>(() => ReturningMember.WithReadOnly("web-01", "mysqld-auto.cnf", "{"));
    }
}
