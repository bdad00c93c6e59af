using Foobar.Ops.Database;
using Foobar.Ops.Database.Gtids;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Operations.Replication.Failover;
using Foobar.Ops.Operations.Replication.Machines;
using Foobar.Ops.Operations.Replication.Rejoin;
using Foobar.Ops.Operations.Replication.Resumption;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Guard;

/// <summary>
/// The guard's hands: one database connection to the primary that is kept, and connections of their own for what is done about
/// its death, since those that are open may lead to a machine that is gone. What the primary says of whether its commits wait
/// for a replica is kept for the emergency at each answer.
/// </summary>
/// <param name="session">The site's connections.</param>
/// <param name="time">The clock.</param>
/// <param name="store">Where journals and evidence are kept; the user's state directory if left out.</param>
internal sealed class WatchedSite(ISiteSession session, TimeProvider time, OperationStore? store = null) : IWatchedSite
{
    // One that does not answer in time is looked at from all sides, no more.
    private static readonly TimeSpan AskLimit = TimeSpan.FromSeconds(1), OpenLimit = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan MachineLimit = TimeSpan.FromSeconds(
        2), MachinePause = TimeSpan.FromSeconds(2), SurveyPause = TimeSpan.FromMinutes(1);

    // A rate that was seen counts less with each answer.
    private const double Fading = 0.98;

    private readonly OperationStore _store = store ?? OperationStore.Of(session.Site);
    private IDatabaseSession? _database;
    private Task<MachineReport?>? _machine;
    private DateTimeOffset _machineAt, _surveyAt;
    private Task<SourceEvidence?>? _survey;
    private SourceEvidence? _evidence;

    public string Name => session.Site.Name;

    public async Task<string> FindPrimaryAsync(CancellationToken cancellationToken)
    {
        if (ReplicationSurvey.Require(session.Site).Topology != DatabaseTopology.Replication)
        {
            throw new FoobarException(
                "WatchNotForClusters", ErrorKind.InvalidInput,
                $"The members of {Name} form a cluster, which chooses its writers by itself: there is no primary to watch.");
        }

        SiteCase<ReplicationFacts> facts = await ReplicationSurvey.CollectAsync(session, cancellationToken);
        ReplicationTopology topology = ReplicationTopology.Of(facts);
        if (topology.Writers.ToArray() is not [{ } primary])
        {
            string writers = string.Join(", ", topology.Writers.Select(member => member.Name));
            throw new FoobarException(
                "PrimaryUnknown", ErrorKind.Failed,
                $"There is not exactly one primary of {Name} that answers: "
                    + $"{(writers.Length > 0 ? $"{writers} take writes" : "no member takes writes")}.")
            {
                Recommendation = "Look at Get-FoobarReplication.",
            };
        }

        _evidence = SourceEvidence.Of(facts);
        _surveyAt = time.GetUtcNow();
        return primary.Name;
    }

    public async Task<PrimaryAnswer> AskAsync(string primary, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        TimeSpan patience = _database?.Server == primary ? AskLimit : OpenLimit;
        limit.CancelAfter(patience);
        try
        {
            if (time.GetUtcNow() - _machineAt > MachinePause && _machine is null or { IsCompleted: true })
            {
                (_machine, _machineAt) = (MachineReport.AskAsync(session, primary, MachineLimit, cancellationToken), time.GetUtcNow());
            }

            if (_database?.Server != primary)
            {
                await CloseAsync();
                _database = await session.OpenDatabaseAsync(primary, limit.Token);
            }

            await TakeSurveyAsync();
            PrimaryAnswer answer = await AnswerAsync(_database, primary, limit.Token);
            return _machine is { IsCompletedSuccessfully: true } told && await told is { } machine && (machine.DiskFull || machine.ReadOnly)
                ? throw new FoobarException(
                    "PrimaryCannotWrite", ErrorKind.Failed,
                    $"{primary}: its {(machine.ReadOnly ? "file system is mounted read-only" : "disk is full")}.") { Server = primary }
                : answer;
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            await CloseAsync();
            throw error as FoobarException
                ?? new FoobarException(
                    "PrimarySilent", ErrorKind.Timeout,
                    $"{primary}: its database did not answer within {patience.TotalSeconds:0} s.") { Server = primary };
        }
    }

    public async Task<FailoverPreview> LookAsync(FailoverOptions options, CancellationToken cancellationToken)
    {
        await using ISiteSession fresh = session.Fresh();
        return await new FailoverOperation(fresh, _store, time).PreviewAsync(options, cancellationToken);
    }

    public async Task<FailoverResult> FailOverAsync(FailoverOptions options, CancellationToken cancellationToken)
    {
        await using ISiteSession fresh = session.Fresh();
        return await new FailoverOperation(fresh, _store, time).RunAsync(options, progress: null, cancellationToken);
    }

    public LeftFailover? FindLeft() =>
        _store.FindUnfinished(EarlierFailover.Kind) is { } left && OperationKeys.IsAutomaticFailover(left.State.Parameters)
            ? new(left.State.Parameters.GetValueOrDefault(OperationKeys.Old) ?? "", EarlierFailover.MayBeDoneAnew(left.State))
            : null;

    public async Task<FailoverResult?> FinishAsync(FailoverOptions options, OperationMark? mark, CancellationToken cancellationToken)
    {
        bool isOwn = FindLeft() is not null;
        if (!isOwn && mark is null)
        {
            return null;
        }

        await using ISiteSession fresh = session.Fresh();
        ResumeOperation operation = new(fresh, _store, time);

        // Whoever still holds the lock may be slow, and is not there to be asked: only a person ends a connection that stands.
        return isOwn
            ? await operation.ResumeAsync(options, progress: null, cancellationToken)
            : await operation.TakeOverAsync(
                options with { Left = mark!.Id, LostAfter = TimeSpan.MaxValue }, progress: null, cancellationToken);
    }

    public async Task<bool> IsLedToAsync(string member, CancellationToken cancellationToken)
    {
        await using ConnectionSet connected = new(session);
#pragma warning disable CA2000 // The set owns it.
        IWriteEndpoint endpoint = await connected.EndpointAsync(cancellationToken, AskLimit);
#pragma warning restore CA2000
        return await endpoint.MembersAsync(cancellationToken) is not { } open || open.Contains(member, StringComparer.OrdinalIgnoreCase);
    }

    public async Task<WatchStanding> StandingAsync(CancellationToken cancellationToken)
    {
        WatchStanding?[] all = await Task.WhenAll(
            session.Site.WithRole(session.Site.Policy.Database!.Members).Select(member => StandingAsync(member.Name, cancellationToken)));
        return all.OfType<WatchStanding>().OrderByDescending(one => one.Last?.Since ?? DateTimeOffset.MinValue).FirstOrDefault() ?? new();
    }

    public async Task<bool> IsBackAsync(string member, CancellationToken cancellationToken) =>
        await MachineReport.AskAsync(session, member, MachineLimit, cancellationToken) is { ReadOnly: false, DiskFull: false };

    public async Task<RejoinResult> RejoinAsync(string member, CancellationToken cancellationToken)
    {
        await using ISiteSession fresh = session.Fresh();
        return await new RejoinOperation(fresh, _store, time)
            .RunAsync(new RejoinOptions { Server = member, Automatic = true }, progress: null, cancellationToken);
    }

    public async ValueTask DisposeAsync() => await CloseAsync();

    private async Task<PrimaryAnswer> AnswerAsync(IDatabaseSession database, string primary, CancellationToken cancellationToken)
    {
        DateTimeOffset read = time.GetUtcNow();
        ServerVariables variables = new(
            await database.QueryAsync(ReplicationQueries.Variables, null, cancellationToken), "SHOW GLOBAL VARIABLES");
        ServerVariables status = new(await database.QueryAsync(ReplicationQueries.Status, null, cancellationToken), "SHOW GLOBAL STATUS");
        WatchStanding standing = await WatchTable.ReadAsync(database, cancellationToken);
        SemiSyncFacts first = SemiSyncFacts.From(variables, status);
        SemiSyncFacts semiSync = first.SourceEnabled
            ? first.LookedAgain(new(
                await database.QueryAsync(ReplicationQueries.SemiSyncCounters, null, cancellationToken), "SHOW GLOBAL STATUS"))
            : first;
        DatabaseFlavor flavor = database.IsMariaDb ? DatabaseFlavor.MariaDb : DatabaseFlavor.MySql;
        Keep(primary, read, semiSync, flavor, GtidFacts.From(variables, flavor).Reached);
        return new(variables.Flag("read_only") != true, standing);
    }

    // Who acknowledges, and which events there are, only a survey of all members tells; it is taken now and then, and when a
    // replica has come or gone.
    private void Keep(string primary, DateTimeOffset read, SemiSyncFacts semiSync, DatabaseFlavor flavor, string position)
    {
        if (_evidence is { } before && before.Source == primary)
        {
            double seconds = (read - before.ReadAt).TotalSeconds;
            double rate = before.Position.Length > 0 && seconds > 0.1
                ? GtidComparison.Backlog(flavor, position, before.Position) / seconds
                : 0;
            bool same = before.SemiSync.Clients == semiSync.Clients;
            _evidence = before with
            {
                ReadAt = read,
                SemiSync = semiSync,
                Position = position,
                CommitsPerSecond = Math.Max(rate, before.CommitsPerSecond * Fading),
                Replicas = same ? before.Replicas : [],
            };
            _evidence.Keep(_store);
            _surveyAt = same ? _surveyAt : DateTimeOffset.MinValue;
        }

        if (_survey is null or { IsCompleted: true } && read - _surveyAt > SurveyPause)
        {
            (_survey, _surveyAt) = (SurveyAsync(), read);
        }
    }

    private async Task TakeSurveyAsync()
    {
        if (_survey is { IsCompleted: true } taken && await taken is { } surveyed)
        {
            _evidence = _evidence is { Source: var source } known && source == surveyed.Source
                ? surveyed with { CommitsPerSecond = known.CommitsPerSecond, Position = known.Position, ReadAt = known.ReadAt }
                : surveyed;
            _survey = null;
        }
    }

    private async Task<WatchStanding?> StandingAsync(string member, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(OpenLimit);
        try
        {
            await using IDatabaseSession database = await session.OpenDatabaseAsync(member, limit.Token);
            return await WatchTable.ReadAsync(database, limit.Token);
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<SourceEvidence?> SurveyAsync()
    {
        try
        {
            return SourceEvidence.Of(await ReplicationSurvey.CollectAsync(session, CancellationToken.None));
        }
        catch (FoobarException)
        {
            return null;
        }
    }

    private async Task CloseAsync()
    {
        if (_database is { } open)
        {
            _database = null;
            await open.DisposeAsync();
        }
    }
}
