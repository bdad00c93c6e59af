using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Canary;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Planning;

namespace Foobar.Ops.Operations.Replication.Cluster;

/// <summary>
/// The steps that lead a cluster's writes to another member. Whoever is cut off in between, the cluster itself sees to it that
/// no two members contradict each other: so every step may be undone, and nothing has to be fenced.
/// </summary>
/// <param name="live">The connections.</param>
/// <param name="options">The limits.</param>
/// <param name="order">What was decided, as the journal keeps it.</param>
/// <param name="time">The clock.</param>
internal sealed class ClusterSteps(ClusterConnections live, FailoverOptions options, ClusterParameters order, TimeProvider time)
{
    private static readonly TimeSpan ComingBack = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MarkerLimit = TimeSpan.FromSeconds(10);

    private readonly OperationMarker _marker = new(order.Id, order.TakenOverFrom);

    private long _closed;
    private long _opened;

    /// <summary>What was decided.</summary>
    public ClusterParameters Order => order;

    /// <summary>The marker.</summary>
    public OperationMarker Marker => _marker;

    /// <summary>
    /// How far the old member had committed when no more writes were led to it; <see langword="null"/> if it could not be read.
    /// </summary>
    public string? Final { get; private set; }

    /// <summary>How far the new one had committed when writes were led to it.</summary>
    public string? Reached { get; private set; }

    /// <summary>From closing the endpoint to opening it again.</summary>
    public TimeSpan Closed => _opened == 0 ? TimeSpan.Zero : time.GetElapsedTime(_closed, _opened);

    /// <summary>When the endpoint was closed and opened again, as timestamps; <see langword="null"/> if it was not both.</summary>
    public (long From, long To)? Window => _opened == 0 ? null : (_closed, _opened);

    /// <summary>The canary, if there is one; it writes already.</summary>
    public WriteCanary? Canary { get; set; }

    private ClusterNode New => Node(order.New);

    private WriteEndpoint? Declared => live.Site.Site.Policy.Database!.WriteEndpoint;

    /// <summary>The plan.</summary>
    public Plan Plan() => new()
    {
        Kind = "failover",
        Title = $"Lead writes from {order.Old} to {order.New}",
        Parameters = order.ToParameters(),
        Steps =
        [
            .. ((IEnumerable<Step>)
            [
                Mark(),
                Settle(),
                CloseEndpoint(),
                .. order.Elects ? [Elect()] : Array.Empty<Step>(),
                CatchUp(),
                OpenEndpoint(),
                Verify(),
                Persist(),
                .. EndpointSurvey.Settle(live.Endpoint, order.New, order.Old),
                Complete(),
            ]).Select(
                Held),
        ],
    };

    private ClusterNode Node(string name) => ClusterNode.Of(order.Kind, live.Member(name).Session);

    // Each step looks first whether another operator has taken our place.
    private Step Held(Step step) => step with
    {
        Change = async token =>
        {
            await live.EnsureHeldAsync(token);
            await step.Change(token);
        },
        Undo = step.Undo is not { } undo ? null : async token =>
        {
            await live.EnsureHeldAsync(token);
            await undo(token);
        },
    };

    private Step Mark() => new()
    {
        Name = "mark",
        Description = "mark the operation on the cluster",
        Inverse = "mark it as undone",
        Server = order.Writer,
        Change = token => _marker.BeginAsync(live.Member(order.Writer).Member, order.ToParameters(), time.GetUtcNow(), token, order.Before),
        Verify = token => _marker.ArriveAsync(live.Member(order.New).Member, OperationState.Running, MarkerLimit, token),
        Undo = async token => await _marker.WithdrawAsync(live.Member(await WriterAsync(token)).Member, token),
    };

    // Nobody waits for writes meanwhile.
    private Step Settle() => new()
    {
        Name = "settle",
        Description = "see that the candidate can serve, and wait until it has applied what is committed",
        Server = order.New,
        Limit = options.DrainLimit + options.DrainLimit + MarkerLimit,
        Change = async token =>
        {
            await New.EnsureServesAsync(token);
            if (order.Elects)
            {
                await New.EnsureElectableAsync(options.DrainLimit, token);
            }

            string position = await Node(order.Writer).CommittedAsync(token);
            if (!await New.ReachAsync(position, options.DrainLimit, token))
            {
                throw TooFarBehind(options.DrainLimit);
            }
        },
    };

    private Step CloseEndpoint() => new()
    {
        Name = "close-endpoint",
        Description = order.Kind == ClusterKind.Galera
            ? $"let no connection through to {order.Old} at the {live.Endpoint.Name}, and end those that are there"
            : $"let no new connection through to {order.Old} at the {live.Endpoint.Name}",
        Inverse = $"let connections through to {order.Old}",
        Server = Declared?.Server,
        Swift = true,
        Limit = options.CatchUpLimit,
        Check = order.OldIsIn ? live.Endpoint.EnsureAllAsync : null,
        Change = async token =>
        {
            _closed = time.GetTimestamp();
            await (order.Kind == ClusterKind.Galera ? CloseOldAsync(token) : live.Endpoint.DrainAsync(order.Old, token));
            if (order.OldIsIn)
            {
                live.Endpoint.EnsureComplete();
            }
        },
        Undo = token =>
        {
            live.Endpoint.Readmit();
            return live.Endpoint.LeadAsync(order.Old, order.New, token);
        },
    };

    private Step Elect() => new()
    {
        Name = "elect",
        Description = $"let the group make {order.New} its primary (group_replication_set_as_primary)",
        Inverse = $"let it make {order.Writer} its primary again",
        Server = order.New,
        Swift = true,
        Limit = options.CatchUpLimit + options.CatchUpLimit,
        Change = token => New.ElectAsync(order.NewUuid!.Value, options.CatchUpLimit, token),
        Undo = token => order.WriterUuid is { } writer ? New.ElectAsync(writer, options.CatchUpLimit, token) : Task.CompletedTask,
    };

    // What was acknowledged is certified on every member; here it becomes visible too.
    private Step CatchUp() => new()
    {
        Name = "catch-up",
        Description = $"wait until {order.New} has applied all that {order.Old} has acknowledged",
        Server = order.New,
        Swift = true,
        Limit = options.CatchUpLimit + ComingBack,
        Change = async token =>
        {
            if (order.OldIsIn)
            {
                Final = await Node(order.Old).CommittedAsync(token);
                if (!await New.ReachAsync(Final, options.CatchUpLimit, token))
                {
                    throw TooFarBehind(options.CatchUpLimit);
                }
            }

            Reached = await New.CommittedAsync(token);
        },
    };

    private Step OpenEndpoint() => new()
    {
        Name = "open-endpoint",
        Description = $"let connections through to {order.New} at the {live.Endpoint.Name}, and none to {order.Old}",
        Server = Declared?.Server,
        Swift = true,
        PointOfNoReturn = true,
        Limit = options.CatchUpLimit,
        Change = async token =>
        {
            await New.EnsureServesAsync(token);
            await live.Endpoint.LeadAsync(order.New, order.Old, token);
            _opened = time.GetTimestamp();
            await CloseOldAsync(token);
        },
    };

    private Step Verify() => new()
    {
        Name = "verify",
        Description = $"write on {order.New} through the application's path",
        Server = order.New,
        Change = async token =>
        {
            Task written = Canary?.NextAsync(token) ?? Task.CompletedTask;
            await Task.WhenAny(written, Task.Delay(ComingBack, time, token));
            await new EndpointCheck(live, order.Old, live.Member(order.New)).VerifyAsync(token);
            await _marker.SetAsync(live.Member(order.New).Member, OperationState.Switched, token);
            await written;
        },
    };

    private Step Persist() => new()
    {
        Name = "persist",
        Description = "let the write endpoint lead there after a restart too",
        Server = Declared?.Server,
        Change = token => live.Endpoint.PersistAsync(order.New, order.Old, token),
    };

    private Step Complete() => new()
    {
        Name = "complete",
        Description = "mark it as completed",
        Server = order.New,
        Change = async token =>
        {
            await _marker.SetAsync(live.Member(order.New).Member, OperationState.Completed, token);
            if (order.OldIsIn)
            {
                await _marker.ArriveAsync(live.Member(order.Old).Member, OperationState.Completed, MarkerLimit, token);
            }
        },
    };

    private async Task CloseOldAsync(CancellationToken token)
    {
        await live.Endpoint.CloseAsync(order.Old, token);
        await live.Endpoint.EndSessionsAsync(order.Old, token);
    }

    // An undo may find the candidate elected, or not.
    private async Task<string> WriterAsync(CancellationToken token) =>
        order.Writer == order.New || await Node(order.Writer).TakesWritesAsync(token) ? order.Writer : order.New;

    private FoobarException TooFarBehind(TimeSpan limit) =>
        new(
            "CatchUpTimeout", ErrorKind.Timeout,
            FormattableString.Invariant($"{order.New}: it has not applied within {limit.TotalSeconds:0.#} s what is committed."))
        {
            Server = order.New,
            Recommendation = "Look at its queue (Get-FoobarReplication, Test-FoobarReplication -Control DB-037), and try again.",
        };
}
