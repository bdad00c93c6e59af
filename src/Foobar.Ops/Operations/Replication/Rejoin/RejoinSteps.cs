using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Replication.Failover;
using Foobar.Ops.Operations.Replication.Switchover;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>The steps that bring a member back as a replica. None is undone: the member takes no writes from the first one on, and all may be done again.</summary>
/// <param name="live">The connections to the primary (its "new") and the endpoint; none to the member's database.</param>
/// <param name="options">What was asked for.</param>
/// <param name="store">Where errant transactions are saved.</param>
/// <param name="id">The operation's id.</param>
/// <param name="time">The clock.</param>
internal sealed class RejoinSteps(FailoverConnections live, RejoinOptions options, OperationStore store, string id, TimeProvider time)
{
    // ER_SOURCE_FATAL_ERROR_READING_BINLOG
    private const long MissingLog = 1236;

    private readonly ReturningMember _member = new(live.Site, live.OldName, live.New.Flavor);
    private ReplicationSource? _source;

    /// <summary>How the member comes back.</summary>
    public RejoinMethod Method { get; private set; }

    /// <summary>Why so.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>What only the member held.</summary>
    public ErrantTransactions Errant { get; private set; } = ErrantTransactions.None;

    /// <summary>How many bytes went through this machine.</summary>
    public long CopiedBytes { get; private set; }

    private DatabaseMember Primary => live.New;

    private DatabaseFlavor Flavor => live.New.Flavor;

    /// <summary>The plan.</summary>
    public Plan Plan() => new()
    {
        Kind = "repair",
        Title = $"Bring {live.OldName} back as a replica of {live.NewName}",
        Parameters = new Dictionary<string, string> { ["id"] = id, ["server"] = live.OldName, ["primary"] = live.NewName },
        Steps = [CloseEndpoint(), Fence(), Start(), Compare(), SaveErrant(), Copy(), TryErrant(), Follow(), CatchUp(), Events(), SemiSync(), Tidy()],
    };

    private Step CloseEndpoint() => Of("close-endpoint", $"see that the {live.Endpoint.Name} leads to {live.NewName} alone, after a restart too", live.Policy.WriteEndpoint?.Server, TimeSpan.FromSeconds(30), async token =>
    {
        await live.Endpoint.CloseAsync(live.OldName, token);
        await live.Endpoint.EndSessionsAsync(live.OldName, token);
        await live.Endpoint.PersistAsync(live.NewName, live.OldName, token);
    });

    private Step Fence() => Of("fence", $"let {live.OldName} refuse writes, now and after every start", live.OldName, TimeSpan.FromMinutes(1), _member.FenceAsync);

    private Step Start() => Of("start", "let its database start again, start it, and see that it refuses writes", live.OldName, options.StartLimit + TimeSpan.FromMinutes(1), token => _member.StartAsync(options.StartLimit, token));

    private Step Compare() => Of("compare", "hold what it has against what the primary has", live.OldName, TimeSpan.FromMinutes(1), async token =>
    {
        await using IDatabaseSession database = await _member.OpenAsync(token);
        string held = await DatabaseMember.Of(database).ExecutedAsync(token);
        (Method, Reason, string errant) = RejoinPreflight.Decide(Flavor, held, await CandidateLinkReader.HoldsAsync(Primary, live.NewSession, token), await PurgedAsync(token));
        Errant = new() { Gtids = errant };
        if (options.Copy && Method == RejoinMethod.Rejoin)
        {
            (Method, Reason) = (RejoinMethod.Copy, "A fresh copy was asked for.");
        }
    });

    private Step SaveErrant() => Of("save-errant", "save the transactions that only it holds to a file on this machine", live.OldName, TimeSpan.FromMinutes(11), async token =>
    {
        if (Errant.Gtids.Length > 0)
        {
            Errant = await ErrantKeeper.SaveAsync(store, await _member.MachineAsync(token), Flavor, Errant.Gtids, await CandidateLinkReader.HoldsAsync(Primary, live.NewSession, token), time.GetUtcNow(), token);
        }
    });

    private Step Copy() => Of("copy", "copy it afresh from the primary, where its transactions don't let it rejoin", live.OldName, options.CopyLimit, token => Method == RejoinMethod.Copy ? CopyAsync(token) : Task.CompletedTask);

    private Step TryErrant() => Of("try-errant", "try on the copy what was saved, and take it back", live.OldName, TimeSpan.FromMinutes(12), async token =>
    {
        if (Errant.Sql is not null && Method == RejoinMethod.Copy)
        {
            await using IDatabaseSession database = await _member.OpenAsync(token);
            Errant = await ErrantTester.TryAsync(database, await _member.MachineAsync(token), Errant, token);
        }
    });

    private Step Follow() => Of("follow", $"let it replicate from {live.NewName}", live.OldName, options.CopyLimit, async token =>
    {
        await FollowAsync(token);
        if (Method == RejoinMethod.Rejoin && await MissesLogAsync(token))
        {
            (Method, Reason) = (RejoinMethod.Copy, "The primary no longer has the log of what it lacks; it was copied afresh.");
            await CopyAsync(token);
            await FollowAsync(token);
        }
    });

    private Step CatchUp() => Of("catch-up", "wait until both its threads run and it holds all that the primary has", live.OldName, options.CatchUpLimit + TimeSpan.FromSeconds(30), async token =>
    {
        await using IDatabaseSession database = await _member.OpenAsync(token);
        DatabaseMember member = DatabaseMember.Of(database);
        database.TimeLimit = options.CatchUpLimit + TimeSpan.FromSeconds(10);
        string position = await Primary.PositionAsync(token);
        await ReplicaStart.WaitAsync(member, live.NewName, token);
        if (!await member.WaitForAsync(position, options.CatchUpLimit, token))
        {
            throw new FoobarException("CatchUpTimeout", ErrorKind.Timeout, $"{live.OldName}: it replicates, but did not catch up within {options.CatchUpLimit.TotalSeconds:0} s.") { Server = live.OldName, Recommendation = "It goes on by itself; see Get-FoobarReplication." };
        }
    });

    private Step Events() => Of("events", "see that it runs no event that came with a copy, and let its scheduler run as before", live.OldName, TimeSpan.FromMinutes(2), async token =>
        await _member.Events.SettleAsync(await _member.MachineAsync(token), Method == RejoinMethod.Copy, token));

    private Step SemiSync() => Of("semi-sync", "let commits on the primary wait for it again, where that is configured", live.NewName, TimeSpan.FromSeconds(30), async token =>
    {
        if (live.Policy.SemiSync || await SemiSyncConfigured.AskAsync(live.NewSession, live.NewServer, token))
        {
            await Primary.SetSemiSyncSourceAsync(true, token);
        }
    });

    private Step Tidy() => Of("tidy", "forget the kept login, and mark the operation as completed", live.NewName, TimeSpan.FromSeconds(30), async token =>
    {
        await ReplicationLogin.ForgetAsync(live.NewServer, token);
        OperationMarker marker = new(id);
        await marker.ReplaceAsync(live.NewSession, new Dictionary<string, string> { ["old"] = live.OldName, ["new"] = live.NewName, [Guard.GuardRules.Automatic] = options.Automatic ? "yes" : "no" }, time.GetUtcNow(), token);
        await marker.SetAsync(live.NewSession, OperationState.Repaired, token);
    });

    // Each step looks first whether another operator has taken our place.
    private Step Of(string name, string description, string? server, TimeSpan limit, Func<CancellationToken, Task> change) => new()
    {
        Name = name,
        Description = description,
        Server = server,
        Limit = limit,
        Change = async token =>
        {
            await live.EnsureHeldAsync(both: false, token);
            await change(token);
        },
    };

    private async Task CopyAsync(CancellationToken token)
    {
        IFreshCopy copy = Flavor == DatabaseFlavor.MySql ? new MySqlClone() : new MariaDbCopy();

        // One that replicates is the only one that knows how it logs in: what fails from here on must find that again.
        await ReplicationLogin.SaveAsync(live.NewServer, await SourceAsync(token), token);
        await using (IDatabaseSession database = await _member.OpenAsync(token))
        {
            await DatabaseMember.Of(database).DetachAsync(token);
        }

        await copy.CopyAsync(new(live.Site, _member, live.OldName, live.NewName, await SourceAsync(token), options), token);
        CopiedBytes = copy.CopiedBytes;
        await _member.FenceAsync(token);
    }

    private async Task FollowAsync(CancellationToken token)
    {
        await using IDatabaseSession database = await _member.OpenAsync(token);
        DatabaseMember member = DatabaseMember.Of(database);
        ReplicationSource source = await SourceAsync(token);
        bool semiSync = live.Policy.SemiSync || await SemiSyncConfigured.AskAsync(live.NewSession, live.NewServer, token);
        await member.SetSemiSyncReplicaAsync(semiSync, token);

        // Else what it applies first waits until a replica of its own would have acknowledged.
        await member.SetSemiSyncSourceAsync(false, token);
        await member.DetachAsync(token);
        await (Method == RejoinMethod.Copy ? member.FollowFromPositionAsync(source, token) : member.FollowAsync(source, token));
        await member.StartReplicatingAsync(token);
    }

    // MariaDB tells only when the receiver asks for it.
    private async Task<bool> MissesLogAsync(CancellationToken token)
    {
        await using IDatabaseSession database = await _member.OpenAsync(token);
        for (int look = 0; look < 20; look++)
        {
            IReadOnlyList<ReplicationChannel> channels = await DatabaseMember.Of(database).ChannelsAsync(token);
            if (channels is [{ ReceiverErrorNumber: MissingLog }])
            {
                return true;
            }

            if (channels is [{ Replicates: true }])
            {
                return false;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), token);
        }

        return false;
    }

    private async Task<string> PurgedAsync(CancellationToken token) => Flavor == DatabaseFlavor.MySql
        ? ((await live.NewSession.QueryAsync("SELECT @@global.gtid_purged AS value", null, token))[0].Text("value") ?? "").Replace("\n", "", StringComparison.Ordinal)
        : "";

    private async Task<ReplicationSource> SourceAsync(CancellationToken token)
    {
        if (_source is not null)
        {
            return _source;
        }

        Server primary = live.Site.Site.Find(live.NewName)!;
        string host = await ReverseLink.ReachableAddressAsync(await _member.MachineAsync(token), primary, live.Policy.Port, token)
            ?? throw new FoobarException("ReverseConnectionBlocked", ErrorKind.Refused, $"{live.OldName}: it can't reach {live.NewName} on port {live.Policy.Port}.") { Server = live.OldName, Recommendation = "Let the firewalls of both allow the database's port in this direction too." };
        return _source = await LoginFinder.FindAsync(live, options.Login, host, token);
    }
}
