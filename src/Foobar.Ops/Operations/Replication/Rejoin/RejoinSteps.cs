using System.Globalization;
using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Operations.Replication.Machines;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>
/// The steps that bring a member back as a replica. None is undone: the member takes no writes from the first one on, and all may be done
/// again.
/// </summary>
/// <param name="live">The connections to the primary (its "new") and the endpoint; none to the member's database.</param>
/// <param name="options">What was asked for.</param>
/// <param name="store">Where errant transactions are saved.</param>
/// <param name="id">The operation's id.</param>
/// <param name="time">The clock.</param>
internal sealed class RejoinSteps(RejoinConnections live, RejoinOptions options, OperationStore store, string id, TimeProvider time)
{
    // ER_SOURCE_FATAL_ERROR_READING_BINLOG
    private const long MissingLog = 1236;

    private readonly ReturningMember _member = new(live.Site, live.Returning, live.Primary.Member.Flavor);
    private ReplicationSource? _source;

    /// <summary>How the member comes back.</summary>
    public RejoinMethod Method { get; private set; }

    /// <summary>Why so.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>What only the member held.</summary>
    public ErrantTransactions Errant { get; private set; } = ErrantTransactions.None;

    /// <summary>How many bytes went through this machine.</summary>
    public long CopiedBytes { get; private set; }

    /// <summary>Whether the member's own data are gone, or may be.</summary>
    public bool HasReplaced { get; private set; }

    private DatabaseMember Primary => live.Primary.Member;

    private DatabaseFlavor Flavor => live.Primary.Member.Flavor;

    /// <summary>The plan.</summary>
    public Plan Plan() => new()
    {
        Kind = "repair",
        Title = $"Bring {live.Returning} back as a replica of {live.Primary.Name}",
        Parameters = new Dictionary<string, string> { ["id"] = id, ["server"] = live.Returning, ["primary"] = live.Primary.Name },
        Steps =
        [
            CloseEndpoint(), Fence(), Start(), Compare(), SaveErrant(), Copy(), TryErrant(), Follow(), CatchUp(), Events(), SemiSync(),
            Tidy(),
        ],
    };

    private Step CloseEndpoint() =>
        Of(
            "close-endpoint",
            $"see that the {live.Endpoint.Name} leads to {live.Primary.Name} alone, after a restart too",
            live.Policy.WriteEndpoint?.Server, TimeSpan.FromMinutes(1),
            async token =>
            {
                await live.Endpoint.CloseAsync(live.Returning, token);
                await live.Endpoint.EndSessionsAsync(live.Returning, token);
                await live.Endpoint.PersistAsync(live.Primary.Name, live.Returning, token);
                await EndpointSurvey.TrySettleAsync(live.Endpoint, live.Primary.Name, live.Returning, token);
            });

    private Step Fence() =>
        Of(
            "fence",
            $"let {live.Returning} refuse writes, now and after every start",
            live.Returning, TimeSpan.FromMinutes(1), _member.FenceAsync);

    private Step Start() =>
        Of(
            "start",
            "let its database start again, start it, and see that it refuses writes",
            live.Returning, options.StartLimit + TimeSpan.FromMinutes(1),
            token => _member.StartAsync(options.StartLimit, token));

    private Step Compare() =>
        Of("compare", "hold what it has against what the primary has", live.Returning, TimeSpan.FromMinutes(1), async token =>
        {
            await using IDatabaseSession database = await _member.OpenAsync(token);
            string held = await DatabaseMember.Of(database).ExecutedAsync(token);
            (Method, Reason, string errant) = RejoinPreflight.Decide(
                Flavor, held, await Primary.HoldsAsync(token), await Primary.PurgedAsync(token));
            Errant = new() { Gtids = errant };
            if (options.Copy && Method == RejoinMethod.Rejoin)
            {
                (Method, Reason) = (RejoinMethod.Copy, "A fresh copy was asked for.");
            }
        });

    private Step SaveErrant() =>
        Of(
            "save-errant",
            "save the transactions that only it holds to a file on this machine",
            live.Returning, TimeSpan.FromMinutes(11),
            async token =>
            {
                if (Errant.Gtids.Length > 0)
                {
                    Errant = await ErrantKeeper.SaveAsync(
                        store, await _member.MachineAsync(token), Flavor, Errant.Gtids, await Primary.HoldsAsync(token), time.GetUtcNow(),
                        token);
                }
            });

    private Step Copy() =>
        Of(
            "copy",
            "copy it afresh from the primary, where its transactions don't let it rejoin",
            live.Returning, options.CopyLimit,
            token => Method == RejoinMethod.Copy ? CopyAsync(token) : Task.CompletedTask);

    private Step TryErrant() =>
        Of("try-errant", "try on the copy what was saved, and take it back", live.Returning, TimeSpan.FromMinutes(12), async token =>
        {
            if (Errant.Sql is { } sql && Method == RejoinMethod.Copy)
            {
                await using IDatabaseSession database = await _member.OpenAsync(token);
                Errant = await ErrantTester.TryAsync(DatabaseMember.Of(database), await _member.MachineAsync(token), Errant, sql, token);
            }
        });

    private Step Follow() => Of("follow", $"let it replicate from {live.Primary.Name}", live.Returning, options.CopyLimit, async token =>
    {
        await FollowAsync(token);
        if (Method == RejoinMethod.Rejoin && await MissesLogAsync(token))
        {
            (Method, Reason) = (RejoinMethod.Copy, "The primary no longer has the log of what it lacks; it was copied afresh.");
            await CopyAsync(token);
            await FollowAsync(token);
        }
    });

    private Step CatchUp() =>
        Of(
            "catch-up",
            "wait until both its threads run and it holds all that the primary has",
            live.Returning, options.CatchUpLimit + TimeSpan.FromSeconds(30),
            async token =>
            {
                await using IDatabaseSession database = await _member.OpenAsync(token);
                DatabaseMember member = DatabaseMember.Of(database);
                database.TimeLimit = options.CatchUpLimit + TimeSpan.FromSeconds(10);
                string position = await Primary.PositionAsync(token);
                await ReplicaStart.WaitAsync(member, live.Primary.Name, token, LoginFinder.Advice);
                if (!await member.WaitForAsync(position, options.CatchUpLimit, token))
                {
                    throw new FoobarException(
                        "CatchUpTimeout", ErrorKind.Timeout,
                        $"{live.Returning}: it replicates, but did not catch up within {options.CatchUpLimit.TotalSeconds:0} s.")
                        {
                            Server = live.Returning,
                            Recommendation = "It goes on by itself; see Get-FoobarReplication.",
                        };
                }
            });

    private Step Events() =>
        Of(
            "events",
            "see that it runs no event that came with a copy, and let its scheduler run as before",
            live.Returning, TimeSpan.FromMinutes(2),
            async token =>
                await _member.Events.SettleAsync(await _member.MachineAsync(token), Method == RejoinMethod.Copy, token));

    private Step SemiSync() =>
        Of(
            "semi-sync",
            "let commits on the primary wait for it again, where that is configured",
            live.Primary.Name, TimeSpan.FromSeconds(30),
            async token =>
            {
                if (live.Policy.SemiSync || await SemiSyncConfigured.AskAsync(Primary, live.Primary.Machine, token))
                {
                    await Primary.SetSemiSyncSourceAsync(true, token);
                }
            });

    private Step Tidy() =>
        Of("tidy", "forget the kept login, and mark the operation as completed", live.Primary.Name, TimeSpan.FromSeconds(30), async token =>
        {
            await ReplicationLogin.ForgetAsync(live.Primary.Machine, token);
            OperationMarker marker = new(id);
            string moved = (await live.Primary.Member.Marks.ReadAsync(token))?.LastMove is { } last
                ? last.UtcDateTime.ToString("u", CultureInfo.InvariantCulture)
                : "";
            Dictionary<string, string> parameters = new()
            {
                [OperationKeys.Old] = live.Returning,
                [OperationKeys.New] = live.Primary.Name,
                [OperationKeys.Automatic] = options.Automatic ? "yes" : "no",
                [OperationMark.Moved] = moved,
            };
            await marker.ReplaceAsync(live.Primary.Member, parameters, time.GetUtcNow(), token);
            await marker.SetAsync(live.Primary.Member, OperationState.Repaired, token);
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
            await live.EnsureHeldAsync(token);
            await change(token);
        },
    };

    private async Task CopyAsync(CancellationToken token)
    {
        IFreshCopy copy = IFreshCopy.Of(Flavor);

        // One that replicates is the only one that knows how it logs in: what fails from here on must find that again.
        await ReplicationLogin.SaveAsync(live.Primary.Machine, await SourceAsync(token), token);
        await using (IDatabaseSession database = await _member.OpenAsync(token))
        {
            await DatabaseMember.Of(database).DetachAsync(token);
        }

        try
        {
            await copy.CopyAsync(new(live.Site, _member, live.Returning, live.Primary.Name, await SourceAsync(token), options), token);
        }
        finally
        {
            (CopiedBytes, HasReplaced) = (copy.CopiedBytes, HasReplaced || copy.HasReplaced);
        }

        await _member.FenceAsync(token);
    }

    private async Task FollowAsync(CancellationToken token)
    {
        await using IDatabaseSession database = await _member.OpenAsync(token);
        DatabaseMember member = DatabaseMember.Of(database);
        ReplicationSource source = await SourceAsync(token);
        bool semiSync = live.Policy.SemiSync || await SemiSyncConfigured.AskAsync(Primary, live.Primary.Machine, token);
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

            await Task.Delay(TimeSpan.FromMilliseconds(100), live.Site.Time, token);
        }

        return false;
    }

    private async Task<ReplicationSource> SourceAsync(CancellationToken token)
    {
        if (_source is not null)
        {
            return _source;
        }

        string host = await ReplicaSource.AddressAsync(live.Site, live.Returning, live.Primary.Name, live.Policy.Port, token);
        return _source = await LoginFinder.FindAsync(live, options.Login, host, token);
    }
}
