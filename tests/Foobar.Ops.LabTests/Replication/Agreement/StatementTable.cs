using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Replication.Agreement;

/// <summary>
/// Single statements that the engine sends, in the states of a member that matter: primary, replica that runs, that is stopped in
/// part, without a channel, fenced; and lines to HAProxy. All is put back. It is asked of the lab and of the model in the same words.
/// </summary>
internal sealed class StatementTable(ISiteSession site)
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    private static readonly string[] Reads =
    [
        ReplicationQueries.Variables, ReplicationQueries.Status, ReplicationQueries.SemiSyncCounters, ReplicationQueries.BinaryLogs,
        ReplicationQueries.Events,
        ReplicationQueries.Settings, ReplicationQueries.Objects, ReplicationQueries.Clients, ReplicationQueries.Readers,
        ReplicationQueries.Transactions,
        ReplicationQueries.Operation, ReplicationQueries.Privileged, ReplicationQueries.Tables, ReplicationQueries.ReadsAllTables,
    ];

    private static readonly string[] OfMySql =
    [
        ReplicationQueries.Persisted, ReplicationQueries.MySqlChannels, ReplicationQueries.ApplyingAge, ReplicationQueries.MySqlLog,
        ReplicationQueries.Unlogged, TableDefinitionQueries.Bounded(isMariaDb: false),
        ReplicationQueries.MySqlAccounts, ReplicationQueries.MySqlOpenAccounts,
        ReplicationQueries.GroupMembers, ReplicationQueries.GroupSettings,
        "SELECT @@global.gtid_executed AS gtids",
    ];

    private static readonly string[] OfMariaDb =
    [
        ReplicationQueries.MariaDbChannels, ReplicationQueries.PositionEngine, ReplicationQueries.MariaDbLog,
        TableDefinitionQueries.Bounded(isMariaDb: true),
        ReplicationQueries.MariaDbAccounts, ReplicationQueries.MariaDbOpenAccounts,
        "SELECT @@global.gtid_binlog_state AS gtids",
    ];

    private readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    /// <summary>Asks all of it.</summary>
    public async Task AskAsync()
    {
        await using IDatabaseSession first = await site.OpenDatabaseAsync("web-01", _cancel);
        await using IDatabaseSession second = await site.OpenDatabaseAsync("web-02", _cancel);
        (DatabaseMember primary, DatabaseMember replica) = (DatabaseMember.Of(first), DatabaseMember.Of(second));
        await ReadAsync(first);
        await ReadAsync(second);
        await LocksAsync(first);
        await ReplicationAsync(primary, replica, second);
        await FenceAsync(primary, first);
        await SettingsAsync(primary, first);
        await BalancerAsync();
    }

    // What is asked of a member in any state.
    private async Task ReadAsync(IDatabaseSession session)
    {
        DatabaseMember member = DatabaseMember.Of(session);
        foreach (string sql in Reads.Concat(session.IsMariaDb ? OfMariaDb : OfMySql))
        {
            await TryAsync(() => session.QueryAsync(sql, null, _cancel));
        }

        await TryAsync(() => member.ExecutedAsync(_cancel));
        await TryAsync(() => member.HoldsAsync(_cancel));
        await TryAsync(() => member.PositionAsync(_cancel));
        await TryAsync(() => member.AppliedAsync(_cancel));
        await TryAsync(() => member.IsFencedAsync(_cancel));
        await TryAsync(() => member.FencedPositionAsync(_cancel));
        await TryAsync(() => member.AcknowledgesAsync(_cancel));
        await TryAsync(() => member.SemiSyncWaitCountAsync(_cancel));
        await TryAsync(() => member.DurabilityAsync(_cancel));
        await TryAsync(() => member.ReplayAsync(_cancel));
        await TryAsync(() => member.ReceivedAsync(_cancel));
        await TryAsync(() => member.LastHeardAsync(_cancel));
        await TryAsync(() => member.PurgedAsync(_cancel));
        await TryAsync(() => member.SemiSyncPersistedAsync(_cancel));
        await TryAsync(() => member.AuthoritiesAsync(_cancel));
        await TryAsync(() => member.DataDirectoryAsync(_cancel));
        await TryAsync(() => member.TablesWithoutTransactionsAsync(_cancel));
        await TryAsync(() => member.EventSchedulerAsync(_cancel));
    }

    // A lock that another connection has; whose holder is ended; and a connection that is none.
    private async Task LocksAsync(IDatabaseSession first)
    {
        MemberLock ours = DatabaseMember.Of(first).Lock;
        IDatabaseSession other = await site.OpenDatabaseAsync("web-01", _cancel);
        MemberLock theirs = DatabaseMember.Of(other).Lock;
        await TryAsync(() => theirs.FindHolderAsync(_cancel));
        await TryAsync(() => theirs.IsOursAsync(_cancel));
        await TryAsync(() => theirs.TakeAsync(_cancel));
        await TryAsync(() => theirs.IsOursAsync(_cancel));
        await TryAsync(() => ours.TakeAsync(_cancel));
        await TryAsync(() => ours.IsOursAsync(_cancel));
        await TryAsync(() => ours.ReleaseAsync(_cancel));
        if (await ours.FindHolderAsync(_cancel) is { } holder)
        {
            await TryAsync(() => ours.EndAsync(holder, _cancel));
        }

        await TryAsync(() => ours.TakeAsync(_cancel));
        await TryAsync(() => other.QueryAsync("SELECT 1 FROM mysql.innodb_table_stats WHERE FALSE FOR UPDATE NOWAIT", null, _cancel));
        await TryAsync(() => other.QueryAsync("SELECT @@global.read_only AS value", null, _cancel));
        await TryAsync(() => ours.ReleaseAsync(_cancel));
        await TryAsync(() => ours.ReleaseAsync(_cancel));
        await TryAsync(() => first.ExecuteAsync("KILL 999999999", null, _cancel));
        await other.DisposeAsync();
    }

    private async Task ReplicationAsync(DatabaseMember primary, DatabaseMember replica, IDatabaseSession session)
    {
        string source = $"{site.Site.Find("web-01")!.Addresses[0]}";
        await TryAsync(() => replica.RepointAsync(source, 3306, _cancel));
        await TryAsync(() => replica.StartReplicatingAsync(_cancel));
        await TryAsync(() => replica.StopApplyingAsync(_cancel));
        await TryAsync(() => replica.ReceivedAsync(_cancel));
        await TryAsync(() => replica.ChannelsAsync(_cancel));
        await TryAsync(() => replica.StopReceivingAsync(_cancel));
        await TryAsync(() => replica.StopReplicatingAsync(_cancel));
        await ReadAsync(session);
        await TryAsync(() => primary.Marks.TryWriteAsync(_cancel));
        string position = await primary.PositionAsync(_cancel);
        await TryAsync(() => replica.WaitForAsync(position, Short, _cancel));
        await TryAsync(() => replica.RepointAsync(source, 3306, _cancel));
        await TryAsync(() => replica.StartReplicatingAsync(_cancel));
        await TryAsync(() => replica.WaitForAsync(position, Long, _cancel));
        await UntilConnectedAsync(replica);
        await ReadAsync(session);

        ReplicationSource again = await replica.ReverseSourceAsync(await site.GetServerAsync("web-02", _cancel), source, 3306, _cancel);
        await TryAsync(() => replica.FollowAsync(again, _cancel));
        await TryAsync(() => replica.DetachAsync(_cancel));
        await TryAsync(() => replica.DetachAsync(_cancel));
        await TryAsync(() => replica.StopApplyingAsync(_cancel));
        await TryAsync(() => replica.StopReceivingAsync(_cancel));
        await TryAsync(() => replica.StartReplicatingAsync(_cancel));
        await ReadAsync(session);
        await TryAsync(() => replica.FollowAsync(again, _cancel));
        await TryAsync(() => replica.ChannelsAsync(_cancel));
        await TryAsync(() => replica.StartReplicatingAsync(_cancel));
        await TryAsync(() => replica.WaitForAsync(position, Long, _cancel));
        await UntilConnectedAsync(replica);
        await ReadAsync(session);
    }

    private async Task UntilConnectedAsync(DatabaseMember replica)
    {
        for (int attempt = 0; attempt < 200 && (await replica.ChannelsAsync(_cancel)) is not [{ Replicates: true }]; attempt++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), site.Time, _cancel);
        }
    }

    private async Task FenceAsync(DatabaseMember primary, IDatabaseSession session)
    {
        await TryAsync(() => primary.FenceAsync(_cancel));
        await TryAsync(() => primary.FenceAsync(_cancel));
        await TryAsync(() => primary.Marks.TryWriteAsync(_cancel));
        await ReadAsync(session);
        await TryAsync(() => primary.AdmitOperatorsAsync(_cancel));
        await TryAsync(() => primary.Marks.TryWriteAsync(_cancel));
        await TryAsync(() => primary.IsFencedAsync(_cancel));
        await TryAsync(() => primary.UnfenceAsync(_cancel));
        await TryAsync(() => primary.Marks.TryWriteAsync(_cancel));
        await ReadAsync(session);
    }

    private async Task SettingsAsync(DatabaseMember primary, IDatabaseSession session)
    {
        Durability before = await primary.DurabilityAsync(_cancel);
        await TryAsync(() => primary.SetDurabilityAsync(new(0, 2), _cancel));
        await TryAsync(() => primary.DurabilityAsync(_cancel));
        await TryAsync(() => primary.SetDurabilityAsync(before, _cancel));
        await TryAsync(() => primary.RotateLogAsync(_cancel));
        string scheduler = await primary.EventSchedulerAsync(_cancel);
        foreach (bool on in (bool[])[false, true, scheduler == "ON"])
        {
            await TryAsync(() => primary.SetEventSchedulerAsync(on, _cancel));
            await TryAsync(() => primary.EventSchedulerAsync(_cancel));
        }

        IServerSession server = await site.GetServerAsync("web-01", _cancel);
        foreach (bool readOnly in (bool[])[true, false])
        {
            await TryAsync(() => primary.PersistRoleAsync(readOnly, server, _cancel));
            await TryAsync(() => session.IsMariaDb ? Task.CompletedTask : session.QueryAsync(ReplicationQueries.Persisted, null, _cancel));
        }
    }

    private async Task BalancerAsync()
    {
        string backend = site.Site.Policy.Database!.WriteEndpoint!.Backend!;
        RemoteEndpoint.UnixSocket socket = new(site.Site.Policy.LoadBalancing.AdminSocket);
        await using HaproxyConsole console = new(
            "lb-01", async token => await (await site.GetServerAsync("lb-01", token)).ConnectAsync(socket, token), site.Time);
        await SayAsync($"show servers state {backend}", "show servers state nowhere", "show cli level", "show stat");
        await SayAsync(
            $"set server {backend}/nobody state ready", "set server nowhere/web-01 state ready",
            $"set server {backend}/web-02 state sideways", $"shutdown sessions server {backend}/nobody");
        foreach (string state in (string[])["drain", "maint", "ready", "maint"])
        {
            await SayAsync($"set server {backend}/web-02 state {state}", $"show servers state {backend}", "show stat");
            await Task.Delay(TimeSpan.FromMilliseconds(1500), site.Time, _cancel);
            await SayAsync("show stat");
        }

        async Task SayAsync(params string[] lines)
        {
            foreach (string line in lines)
            {
                await TryAsync(() => console.RunAsync(line, _cancel));
            }
        }
    }

    // What is refused is noted.
    private static async Task TryAsync(Func<Task> ask)
    {
        try
        {
            await ask();
        }
        catch (FoobarException)
        {
        }
    }
}
