using Foobar.Ops.Database;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Switchover;
using Foobar.Ops.Tests.Remoting;

namespace Foobar.Ops.Tests.Operations.Replication.Switchover;

public sealed class BacklogDrainTests
{
    private const string Source = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
    private const string Relaxed = "SET GLOBAL sync_binlog = 0, GLOBAL innodb_flush_log_at_trx_commit = 2";
    private const string Steady = "SET GLOBAL sync_binlog = 1, GLOBAL innodb_flush_log_at_trx_commit = 1";

    private static readonly Durability Before = new(1, 1);

    private readonly FakeDatabaseSession _old = new FakeDatabaseSession("web-01", "9.7.0")
        .On("gtid_executed", [("value", $"{Source}:1-1000")]);
    private readonly FakeDatabaseSession _candidate = new("web-02", "9.7.0");

    [Fact]
    public async Task A_candidate_that_stays_behind_stops_waiting_for_its_disk_until_it_is_steadied()
    {
        Behind(until: () => _candidate.Statements.Contains(Relaxed)).On("SET GLOBAL");
        BacklogDrain drain = Drain();
        await drain.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(Relaxed, Assert.Single(Changes()));
        await drain.SteadyAsync(TestContext.Current.CancellationToken);
        Assert.Equal([Relaxed, Steady], Changes());
    }

    [Fact]
    public async Task One_that_keeps_up_is_left_as_it_is()
    {
        Behind(until: () => true);
        BacklogDrain drain = Drain();
        await drain.RunAsync(TestContext.Current.CancellationToken);
        await drain.SteadyAsync(TestContext.Current.CancellationToken);
        Assert.Empty(Changes());
    }

    [Fact]
    public async Task An_account_that_may_not_change_it_waits_longer()
    {
        Behind(until: () => _candidate.Statements.Contains(Relaxed))
            .Refuse("SET GLOBAL", 1227, "Access denied; you need (at least one of) the SYSTEM_VARIABLES_ADMIN privilege(s)", "42000");
        BacklogDrain drain = Drain();
        await drain.RunAsync(TestContext.Current.CancellationToken);
        await drain.SteadyAsync(TestContext.Current.CancellationToken);
        Assert.Equal(Relaxed, Assert.Single(Changes()));
    }

    [Theory]
    [InlineData(0, 2, 1)]
    [InlineData(1, 1, 0)]
    public async Task A_process_that_resumes_asks_first(int binlog, int redo, int changes)
    {
        _candidate.On("@@global.sync_binlog", [("binlog", binlog), ("redo", redo)]).On("SET GLOBAL");
        await Drain().SteadyAsync(TestContext.Current.CancellationToken);
        Assert.Equal(changes, Changes().Count(change => change == Steady));
        Assert.Equal(changes, Changes().Count);
    }

    [Theory]
    [InlineData("1000 2", 1000, 2)]
    [InlineData("1", null, null)]
    [InlineData("-1 1", null, null)]
    [InlineData("", null, null)]
    [InlineData(null, null, null)]
    public void The_journal_gives_back_what_it_was_told(string? text, int? binlog, int? redo)
    {
        Durability? read = Durability.Parse(text);
        Assert.Equal((binlog, redo), ((int?)read?.SyncBinlog, (int?)read?.FlushLogAtCommit));
        Assert.Equal(read is null ? null : text, read?.ToString());
    }

    private BacklogDrain Drain() => new(DatabaseMember.Of(_old), DatabaseMember.Of(_candidate), new FailoverOptions(), Before);

    private List<string> Changes() => [.. _candidate.Statements.Where(sql => sql.StartsWith("SET GLOBAL", StringComparison.Ordinal))];

    private FakeDatabaseSession Behind(Func<bool> until) => _candidate
        .On("WAIT_FOR_EXECUTED_GTID_SET", () =>
        {
            Thread.Sleep(until() ? 0 : 300);
            return [new([KeyValuePair.Create("value", (object?)"0")])];
        })
        .On("gtid_executed", [("value", $"{Source}:1-10")]);
}
