using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.Operations.Canary;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Detection;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Operations.Replication.Switchover;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Database.Wire;
using Foobar.Ops.Tests.Database;
using Foobar.Ops.Tests.Remoting;
using FsCheck;
using FsCheck.Fluent;

namespace Foobar.Ops.Tests.Operations.Replication;

public sealed class FailoverPartsTests
{
    private const string Haproxy = """
        backend web
            server web-01 192.0.2.11:80
        backend mysql-write # writes
            server web-01 192.0.2.11:3306 check
            server web-02 192.0.2.12:3306 check disabled # the replica
        frontend x
            server web-01 is no line of a frontend
        """;

    [Fact]
    public void A_journal_or_a_marker_gives_the_order_of_a_switchover_back()
    {
        SwitchoverParameters order = new()
        {
            Id = "1",
            TakenOverFrom = "0",
            Before = "00",
            Old = "web-01",
            New = "web-02",
            Durability = new(1, 1),
            SemiSync = true,
        };
        Assert.Equal(order, SwitchoverParameters.Of(order.ToParameters()));
        SwitchoverParameters three = order with { Others = ["db-03", "db-04"] };
        Assert.Equal(three.Others, SwitchoverParameters.Of(three.ToParameters()).Others);
        SwitchoverParameters bare = new() { Id = "1", Old = "web-01", New = "web-02" };
        Assert.Equal(bare, SwitchoverParameters.Of(bare.ToParameters()));

        // What versions before wrote.
        Dictionary<string, string> older = new(order.ToParameters()) { ["former"] = "0" };
        older.Remove("takenOverFrom");
        Assert.Equal(order, SwitchoverParameters.Of(older));
        Assert.Contains(
            "foobar_ops.operation",
            Assert.Throws<ParseException>(
                () => SwitchoverParameters.Of(new Dictionary<string, string> { ["id"] = "1" }, "foobar_ops.operation")).Message,
            StringComparison.Ordinal);
    }

    // A replica on MySQL may show a transaction some milliseconds before its source counts it as executed.
    [Fact]
    public async Task What_a_source_has_sent_but_not_counted_yet_is_waited_for_and_what_the_replica_alone_holds_stays_missing()
    {
        const string Source = "85225590-ebf7-11f1-ade7-624f85ec7593";
        const string Other = "11111111-ebf7-11f1-ade7-624f85ec7593";
        Queue<(string?, string?)> answers = new([($"{Source}:1-6", null), ($"{Source}:1-8", null)]);
        Assert.Equal(($"{Source}:1-8", null), await UntilCountedAsync($"{Source}:1-7", $"{Source}:1-5", answers.Dequeue));
        Assert.Empty(answers);

        // One that stops answering meanwhile says nothing, which is no proof of a loss.
        answers = new([($"{Source}:1-9", null), (null, "connection refused")]);
        Assert.Equal((null, "connection refused"), await UntilCountedAsync($"{Source}:1-7,{Other}:1", $"{Source}:1-8", answers.Dequeue));

        int asked = 0;
        Assert.Equal(($"{Source}:30", null), await UntilCountedAsync($"{Other}:1", $"{Source}:1", () => ($"{Source}:{++asked}", null)));

        static Task<(string? Executed, string? Failure)> UntilCountedAsync(string replica, string source, Func<(string?, string?)> again) =>
            SwitchoverReport.UntilCountedAsync(DatabaseFlavor.MySql, replica, source, () => Task.FromResult(again()), TimeSpan.Zero);
    }

    [Fact]
    public void Swapping_the_roles_in_HAProxys_configuration_changes_two_lines_only()
    {
        string swapped = HaproxyConfiguration.WithDisabled(
            HaproxyConfiguration.WithDisabled(Haproxy, "mysql-write", "web-02", false), "mysql-write", "web-01", true);
        Assert.Equal(
            Haproxy.Replace("3306 check disabled # the", "3306 check # the", StringComparison.Ordinal)
                .Replace("192.0.2.11:3306 check", "192.0.2.11:3306 check disabled", StringComparison.Ordinal),
            swapped);
        Assert.Equal(
            Haproxy,
            HaproxyConfiguration.WithDisabled(
                HaproxyConfiguration.WithDisabled(swapped, "mysql-write", "web-01", false), "mysql-write", "web-02", true));
    }

    [Fact]
    public void A_server_that_is_not_there_is_a_clean_error() =>
        Assert.Equal(
            "BackendNotInConfiguration",
            Assert.Throws<FoobarException>(() => HaproxyConfiguration.WithDisabled(Haproxy, "mysql-write", "web-03", true)).ErrorId);

    [Fact]
    public void Reads_which_servers_are_open()
    {
        const string State = """
            1
            # be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight
            5 mysql-write 1 web-01 192.0.2.11 2 0 1
            5 mysql-write 2 web-02 192.0.2.12 0 5 1
            5 mysql-write 3 web-03 192.0.2.13 0 1 1
            5 mysql-write 4 web-04 192.0.2.14 2 4 1
            5 mysql-write 5 web-05 192.0.2.15 2 8 1
            """;
        Assert.Equal(["web-01", "web-04"], HaproxyEndpoint.OpenServers(State, "lb-01"));
        Assert.Throws<ParseException>(() => HaproxyEndpoint.OpenServers("Can't find backend.", "lb-01"));
        Assert.Contains("is no member of the database; the members are web-01, web-02", FailoverBlocker.NoMember(
            ReplicationTopology.Of(HealthySite.Case()), "lb-01"), StringComparison.Ordinal);
        Assert.Null(FailoverBlocker.NoMember(ReplicationTopology.Of(HealthySite.Case()), "WEB-02"));
        Assert.Contains(
            "SOURCE_DELAY = 0",
            FilteredReplica.Advice(HealthySite.Channel with { DelaySeconds = 60 }, isMariaDb: false, canCopy: false),
            StringComparison.Ordinal);
        Assert.Contains(
            "MASTER_DELAY = 0",
            FilteredReplica.Advice(HealthySite.Channel with { DelaySeconds = 60 }, isMariaDb: true, canCopy: false),
            StringComparison.Ordinal);
        Assert.Contains(
            "stays missing",
            FilteredReplica.Advice(HealthySite.Channel with { Filters = ["Replicate_Do_DB=a"] }, isMariaDb: false, canCopy: false),
            StringComparison.Ordinal);
        FoobarException missing = HaproxyEndpoint.Missing("Can't find backend.", "lb-01", "mysql-writ")!;
        Assert.Equal("WriteBackendNotFound", missing.ErrorId);
        Assert.Contains("policy.database.writeEndpoint.backend", missing.Recommendation, StringComparison.Ordinal);
        Assert.Null(HaproxyEndpoint.Missing(State, "lb-01", "mysql-write"));
    }

    [Theory]
    [InlineData("default_backend mysql-write", "")]
    [InlineData("use_backend other if { src 192.0.2.76 }\n default_backend mysql-write", "mysql: use_backend other if { src 192.0.2.76 }")]
    [InlineData("default_backend mysql-write\nlisten more\n bind 192.0.2.10:3306\n server s 192.0.2.12:3306", "more: listen more")]
    [InlineData("default_backend mysql-write\nlisten reads\n bind 192.0.2.10:3307\n server s 192.0.2.12:3306", "")]
    public void A_backend_that_a_switchover_does_not_move_is_found(string route, string expected)
    {
        IReadOnlyList<HaproxySection> sections =
            HaproxySection.Of([new HaproxyFile("haproxy.cfg", $"frontend mysql\n bind 192.0.2.10:3306\n {route}\n")]);
        WriteEndpoint endpoint = new() { Server = "lb-01", Backend = "mysql-write" };

        IReadOnlyList<(string Frontend, string Line)> leads = HaproxyEndpoint.OtherLeads(sections, TestSite.Create(), endpoint);

        Assert.Equal(expected, string.Join(", ", leads.Select(static lead => $"{lead.Frontend}: {lead.Line}")));
    }

    [Fact]
    public void Reads_a_greeting_and_refuses_everything_else_cleanly()
    {
        byte[] greeting = [10, .. "9.7.0\0"u8, 0x2a, 1, 0, 0, .. "saltsalt"u8];
        Assert.True(DatabaseGreeting.Parse("lb-01", "x", greeting) is { Version: "9.7.0", ConnectionId: 298 });
        Assert.Contains(
            "Host is blocked",
            Assert.Throws<FoobarException>(() => DatabaseGreeting.Parse("lb-01", "x", [0xff, 0x69, 0x04, .. "Host is blocked"u8])).Message,
            StringComparison.Ordinal);
        Prop.ForAll<byte[]>(bytes =>
        {
            try
            {
                DatabaseGreeting.Parse("lb-01", "x", bytes ?? []);
            }
            catch (FoobarException)
            {
                // Refused cleanly.
            }
        }).CheckSeeded();
    }

    [Theory, InlineData("fd00::12", "[fd00::12]:3306"), InlineData("192.0.2.12", "192.0.2.12:3306")]
    public async Task An_address_that_does_not_greet_is_written_as_an_address_and_a_port_are(string host, string written)
    {
        FakeServerSession from = new FakeServerSession(TestSite.Create().Find("lb-01")!)
            .Listen(new RemoteEndpoint.Tcp(host, 3306), () => new MemoryStream());
        FoobarException error = await Assert.ThrowsAsync<FoobarException>(
            () => DatabaseGreeting.ReadAsync(from, host, 3306, TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
        Assert.Equal($"lb-01: {written} closed the connection without a greeting.", error.Message);
    }

    [Fact]
    public async Task The_console_takes_each_answer_up_to_the_prompt()
    {
        await using HaproxyConsole console = Console(new ScriptedStream(
            ("prompt\n", "\n> "),
            ("set timeout cli 3600\n", "\n> "),
            ("show x\n", "a > b\n> tail"),
            ("", "\nlast\n\n> "),
            ("set y\n", "\n> "),
            ("set z\n", "No such server.\n\n> ")));
        Assert.Equal("a > b\n> tail\nlast", await console.RunAsync("show x", TestContext.Current.CancellationToken));
        await console.DoAsync("set y", TestContext.Current.CancellationToken);
        FoobarException error = await Assert.ThrowsAsync<FoobarException>(
            () => console.DoAsync("set z", TestContext.Current.CancellationToken));
        Assert.Contains("No such server", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_given_up_is_never_taken_for_the_next_ones()
    {
        using CancellationTokenSource impatient = new();
        ScriptedStream first = new(
            ("prompt\n", "\n> "), ("set timeout cli 3600\n", "\n> "), ("show x\n", "half")) { AtItsEnd = impatient.Cancel };
        await using HaproxyConsole console = Console(
            first, new ScriptedStream(("prompt\n", "\n> "), ("set timeout cli 3600\n", "\n> "), ("show y\n", "whole\n\n> ")));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => console.RunAsync("show x", impatient.Token));
        Assert.Equal("whole", await console.RunAsync("show y", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_connection_that_was_closed_meanwhile_is_made_again_once()
    {
        (string, string)[] opening = [("prompt\n", "\n> "), ("set timeout cli 3600\n", "\n> ")];
        await using HaproxyConsole console = Console(
            new ScriptedStream(
                [.. opening, ("set a\n", "\n> "), ("set b\n", "")]), new ScriptedStream(
                    [.. opening, ("set b\n", "\n> "), ("set c\n", "")]), new ScriptedStream([.. opening, ("set c\n", "")]));
        await console.DoAsync("set a", TestContext.Current.CancellationToken);
        await console.DoAsync("set b", TestContext.Current.CancellationToken);
        Assert.Equal(
            "EndpointLost",
            (await Assert.ThrowsAsync<FoobarException>(() => console.DoAsync("set c", TestContext.Current.CancellationToken))).ErrorId);
    }

    private static HaproxyConsole Console(params ScriptedStream[] connections)
    {
        Queue<ScriptedStream> left = new(connections);
        return new("lb-01", _ => Task.FromResult<Stream>(left.Dequeue()));
    }

    [Theory]
    [InlineData("0-1-10", "0-1-10,0-2-12", "0-1-10,0-2-12", ProofVerdict.Proven, "")]
    [InlineData("0-1-10", "0-1-10,0-2-11", "0-1-10,0-2-12", ProofVerdict.Proven, "")]
    [InlineData("0-1-10", "0-1-10", "0-1-9,0-2-12", ProofVerdict.Disproven, "0-1-10")]
    [InlineData("0-1-10", "0-1-11", "0-1-10,0-2-12", ProofVerdict.Disproven, "0-1-11")]
    [InlineData(null, "0-1-10", "0-1-10", ProofVerdict.Unprovable, "")]
    [InlineData("0-1-10", null, "0-1-10", ProofVerdict.Unprovable, "")]
    public void A_proof_rests_on_what_both_members_hold(
        string? oldFinal, string? oldNow, string newNow, ProofVerdict verdict, string missing)
    {
        FailoverProof proof = FailoverProof.Judge(DatabaseFlavor.MariaDb, oldFinal, oldNow, newNow, null, []);
        Assert.Equal((verdict, missing), (proof.Verdict, proof.MissingGtids));
    }

    [Fact]
    public void A_lost_or_doubled_write_of_the_canary_disproves()
    {
        Assert.Equal(
            ProofVerdict.Disproven, FailoverProof.Judge(DatabaseFlavor.MariaDb, "0-1-1", "0-1-1", "0-1-1", new(10, 1, 0), []).Verdict);
        Assert.Equal(
            ProofVerdict.Disproven, FailoverProof.Judge(DatabaseFlavor.MariaDb, "0-1-1", "0-1-1", "0-1-1", new(10, 0, 1), []).Verdict);
        Assert.Equal(
            ProofVerdict.Proven, FailoverProof.Judge(DatabaseFlavor.MariaDb, "0-1-1", "0-1-1", "0-1-1", new(10, 0, 0), []).Verdict);
    }

    [Fact]
    public void A_proof_covers_what_was_logged_and_is_none_while_writes_are_kept_out_of_the_log()
    {
        Assert.StartsWith(
            "Every logged transaction",
            FailoverProof.Judge(DatabaseFlavor.MariaDb, "0-1-1", "0-1-1", "0-1-1", null, []).Reason,
            StringComparison.Ordinal);
        FailoverProof proof = FailoverProof.Judge(DatabaseFlavor.MariaDb, "0-1-1", "0-1-1", "0-1-1", null, ["Binlog_Ignore_DB=billing"]);
        Assert.Equal(ProofVerdict.Unprovable, proof.Verdict);
        Assert.Contains("Binlog_Ignore_DB=billing", proof.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Writes_that_went_back_are_said_to_have_gone()
    {
        FailoverProof proof = FailoverProof.JudgeUndone(DatabaseFlavor.MariaDb, "web-01", "web-02", "0-1-1,0-2-2", "0-2-2");
        Assert.Equal(ProofVerdict.Proven, proof.Verdict);
        Assert.Contains("every logged transaction that web-02 took", proof.Reason, StringComparison.Ordinal);
        Assert.Equal(
            (ProofVerdict.Disproven, "0-2-3"),
            (FailoverProof.JudgeUndone(DatabaseFlavor.MariaDb, "web-01", "web-02", "0-2-2", "0-2-3") is var worse
                ? (worse.Verdict, worse.MissingGtids)
                : default));
    }

    [Fact]
    public void A_question_is_one_short_sentence()
    {
        FailoverPreview preview = new()
        {
            OldPrimary = "web-01",
            NewPrimary = "web-02",
            Steps = [.. Enumerable.Repeat(new string('x', 100), 13)],
            Blockers = [],
            PredictedGapLow = TimeSpan.FromMilliseconds(5),
            PredictedGapHigh = TimeSpan.FromMilliseconds(120),
        };
        Assert.Equal("Move writes from web-01 to web-02 in 13 steps; they stand still for about 5 to 120 ms", preview.Summary);
        FailoverPreview emergency = preview with
        {
            PredictedGapLow = null,
            Verdict = new()
            {
                Primary = "web-01",
                Dead = true,
                Cause = PrimaryCause.Unreachable,
                Reason = "Nobody reaches its machine.",
                Reports = [],
            },
            Loss = new() { Bound = LossBound.AfterLastReceived, Reason = "Whatever it committed after 0-1-7 is lost." },
        };
        Assert.Equal(
            "Put web-02 in the place of web-01 in 13 steps: Nobody reaches its machine. Whatever it committed after 0-1-7 is lost",
            emergency.Summary);
    }
}
