using Foobar.Ops.Database;
using Foobar.Ops.Database.Gtids;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Canary;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;
using static System.FormattableString;

namespace Foobar.Ops.Operations.Replication.Switchover;

/// <summary>The steps of a planned switchover over live connections.</summary>
/// <param name="live">The connections.</param>
/// <param name="options">The limits.</param>
/// <param name="parameters">What was decided, as the journal keeps it.</param>
/// <param name="durability">What the candidate waits for at each commit when it is a primary.</param>
/// <param name="fence">The old primary's fence.</param>
/// <param name="reverse">The old primary's replication from the candidate.</param>
/// <param name="time">The clock.</param>
internal sealed class SwitchoverSteps(
    SwitchoverConnections live,
    FailoverOptions options,
    SwitchoverParameters parameters,
    Durability durability,
    WriteFence fence,
    ReverseLink reverse,
    TimeProvider time)
{
    private static readonly TimeSpan ComingBack = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MarkerLimit = TimeSpan.FromSeconds(10);

    // What a step does besides waiting for a replica.
    private static readonly TimeSpan Overhead = TimeSpan.FromSeconds(30);

    private readonly OperationMarker _marker = new(parameters.Id, parameters.TakenOverFrom);
    private readonly EventHandover _events = new(live, parameters.Events);
    private readonly OtherReplicas _others = new(live, parameters.Others, parameters.Kept);
    private readonly BacklogDrain _drain = new(live.OldPrimary.Member, live.Candidate.Member, options, durability);

    private long _closed;
    private long _opened;
    private Task _closing = Task.CompletedTask;

    /// <summary>The operation's id.</summary>
    public string Id => parameters.Id;

    /// <summary>What the old primary held when it was fenced.</summary>
    public string? FinalExecuted => fence.Executed;

    /// <summary>From closing the endpoint to opening it again.</summary>
    public TimeSpan Closed => _opened == 0 ? TimeSpan.Zero : time.GetElapsedTime(_closed, _opened);

    /// <summary>When the endpoint was closed and opened again, as timestamps; <see langword="null"/> if it was not both.</summary>
    public (long From, long To)? Window => _opened == 0 ? null : (_closed, _opened);

    /// <summary>What kept writes out of the old primary's log, as far as it is known.</summary>
    public IReadOnlyList<string> Unlogged { get; init; } = [];

    /// <summary>The canary, if there is one; it writes already.</summary>
    public WriteCanary? Canary { get; init; }

    // A replica that is behind gets the marker after all that it lacks; nobody waits for writes meanwhile.
    private TimeSpan Arrival => options.DrainLimit > MarkerLimit ? options.DrainLimit : MarkerLimit;

    private DatabaseMember Old => live.OldPrimary.Member;

    private DatabaseMember New => live.Candidate.Member;

    /// <summary>The plan.</summary>
    public Plan Plan() => new()
    {
        Kind = "failover",
        Title = $"Move writes from {live.OldName} to {live.Candidate.Name}",
        Parameters = parameters.ToParameters(),
        Steps =
        [
            Held(
                Mark()), Held(
                    PersistOld()), Held(
                        AttachOld()), Held(
                            Drain()), .. OnlyWithEvents(
                                StopEvents(), both: true), Held(CloseEndpoint()), Fence(), CatchUp(), Held(Promote()),
            Held(
                OpenEndpoint(), both: false), Held(
                    VerifyWrite(), both: false), Held(
                        DetachNew(), both: false), Held(
                            PersistNew(), both: false), .. EndpointSurvey.Settle(live.Endpoint, live.Candidate.Name, live.OldName)
                .Select(
                    step => Held(step, both: false)), .. _others.Steps().Select(
                        step => Held(step, both: false)), .. OnlyWithEvents(MoveEvents(), both: false), Held(Redundancy(), both: false),
        ],
    };

    private IEnumerable<Step> OnlyWithEvents(Step step, bool both) => parameters.Events.Count > 0 ? [Held(step, both)] : [];

    /// <summary>The marker.</summary>
    public OperationMarker Marker => _marker;

    // Each step looks first whether another operator has taken our place. The fence and what waits for it change only what is
    // on the connections that hold the locks; their undo is done much later.
    private Step Held(Step step, bool both = true) => step with
    {
        Change = async token =>
        {
            await (both ? live.EnsureAllHeldAsync(token) : live.EnsureHeldAsync(token));
            await step.Change(token);
        },
        Undo = HeldUndo(step.Undo),
    };

    private Func<CancellationToken, Task>? HeldUndo(Func<CancellationToken, Task>? undo) => undo is null ? null : async token =>
    {
        await live.EnsureAllHeldAsync(token);
        await undo(token);
    };

    private Step Mark() => new()
    {
        Name = "mark",
        Description = "mark the operation on both databases",
        Inverse = "mark it as undone",
        Server = live.OldName,
        Limit = Arrival + Overhead,
        Change = token => _marker.BeginAsync(live.OldPrimary.Member, parameters.ToParameters(), time.GetUtcNow(), token, parameters.Before),
        Verify = token => _marker.ArriveAsync(live.Candidate.Member, OperationState.Running, Arrival, token),
        Undo = token => _marker.WithdrawAsync(live.OldPrimary.Member, token),
    };

    private Step PersistOld() => new()
    {
        Name = "persist-old",
        Description = "let the old primary refuse writes after a restart",
        Inverse = "let it take writes after a restart",
        Server = live.OldName,
        Change = token => Old.PersistRoleAsync(true, live.OldPrimary.Machine, token),
        Undo = async token =>
        {
            // Whose operation this took over may have gone on with it since, to its end.
            if (!await New.IsFencedAsync(token))
            {
                throw new PointOfNoReturnPassedException(
                    "AlreadyWritten", ErrorKind.Refused,
                    $"{live.Candidate.Name}: it takes writes already, so the old primary must not take any more.")
                    {
                        Server = live.Candidate.Name,
                    };
            }

            await Old.PersistRoleAsync(false, live.OldPrimary.Machine, token);

            // Started anew meanwhile, it refuses writes though it was never fenced.
            await Old.UnfenceAsync(token);
        },
    };

    // The way back is proved while nothing depends on it: firewall, grants, certificates and names are used for real, and
    // the new primary has its replica from its first write on.
    private Step AttachOld() => new()
    {
        Name = "attach-old",
        Description = "let the old primary replicate from the candidate too",
        Inverse = "stop that",
        Server = live.OldName,
        Change = reverse.AttachAsync,
        Verify = reverse.WaitUntilRunningAsync,
        Undo = reverse.DetachAsync,
    };

    private Step Drain() => new()
    {
        Name = "drain",
        Description = "wait until the candidate lacks next to nothing; if it stays behind, it does not wait for its disk meanwhile",
        Inverse = "let the candidate wait for its disk as it did",
        Server = live.Candidate.Name,
        Limit = options.DrainLimit,
        Change = _drain.RunAsync,
        Undo = _drain.SteadyAsync,
    };

    private Step StopEvents() => new()
    {
        Name = "stop-events",
        Description = $"let the old primary run no scheduled event any more ({parameters.Events.Count})",
        Inverse = "let it run them",
        Server = live.OldName,
        Change = _events.StopAsync,
        Undo = _events.StartAsync,
    };

    private Step MoveEvents() => new()
    {
        Name = "move-events",
        Description = $"enable the scheduled events on the new primary: {string.Join(", ", parameters.Events)}",
        Server = live.Candidate.Name,
        Change = _events.MoveAsync,
    };

    private Step CloseEndpoint() => new()
    {
        Name = "close-endpoint",
        Description = $"let no new connection through to the old primary at the {live.Endpoint.Name}",
        Inverse = "let new connections through to the old primary",
        Server = live.Policy.WriteEndpoint?.Server,
        Swift = true,
        Limit = options.CatchUpLimit,

        Check = live.Endpoint.EnsureAllAsync,

        // The fence goes out at once behind it; its step waits for both answers. Connections that are there go on writing until
        // the fence holds: a proxy may end them when a member is closed (HAProxy's on-marked-down shutdown-sessions).
        Change = token =>
        {
            _closed = time.GetTimestamp();
            _closing = live.Endpoint.DrainAsync(live.OldName, token);
            return Task.CompletedTask;
        },
        Undo = token =>
        {
            live.Endpoint.Readmit();
            return live.Endpoint.LeadAsync(live.OldName, live.Candidate.Name, token);
        },
    };

    private Step Fence() => new()
    {
        Name = "fence",
        Description = "let the old primary refuse writes, and read what it holds",
        Inverse = "let the old primary take writes",
        Server = live.OldName,
        Swift = true,
        Limit = options.CatchUpLimit,
        Change = async token =>
        {
            await Task.WhenAll(fence.CloseAsync(token), _closing);

            // Nothing is at the candidate yet. From its promotion on a load balancer that fails is left behind, and told.
            live.Endpoint.EnsureComplete();
        },
        Undo = HeldUndo(Old.UnfenceAsync),
    };

    private Step CatchUp() => new()
    {
        Name = "catch-up",
        Description = "wait until the candidate holds all that the old primary held",
        Server = live.Candidate.Name,
        Swift = true,
        Limit = options.CatchUpLimit,
        Change = token => fence.CatchUpAsync(options.CatchUpLimit, token),
    };

    private Step Promote() => new()
    {
        Name = "promote",
        Description =
            $"let the candidate take writes, and new connections through to it at the {live.Endpoint.Name}; end those to the old primary",
        Inverse = "let no new connection through to the candidate, and let it refuse writes, unless it has taken some",
        Server = live.Candidate.Name,
        Swift = true,
        Limit = options.CatchUpLimit,
        Change = async token =>
        {
            if (reverse.SemiSync)
            {
                await New.SetSemiSyncSourceAsync(true, token);
            }

            await _drain.SteadyAsync(token);

            // It holds all that the old primary has: nobody reads too old a state there, and to log in takes a client longer
            // than this takes.
            fence.EndClients(token);
            await Task.WhenAll(New.UnfenceAsync(token), OpenAsync(token));
        },
        Undo = DemoteAsync,
    };

    private Step OpenEndpoint() => new()
    {
        Name = "open-endpoint",
        Description = $"close the old primary and end the connections through to it at the {live.Endpoint.Name}",
        Server = live.Policy.WriteEndpoint?.Server,
        Swift = true,
        PointOfNoReturn = true,
        Change = async token =>
        {
            // A resume may begin here.
            await (_opened == 0 ? OpenAsync(token) : Task.CompletedTask);
            await live.Endpoint.CloseAsync(live.OldName, token);
            await live.Endpoint.EndSessionsAsync(live.OldName, token);
            await fence.ClientsEndedAsync();
        },
    };

    private Step VerifyWrite() => new()
    {
        Name = "verify",
        Description = "write on the new primary through the application's path",
        Server = live.Candidate.Name,
        Change = async token =>
        {
            // To look closer takes time from the clients, who are just coming back.
            // It may have been started anew since it was promoted.
            await New.UnfenceAsync(token);
            Task written = Canary?.NextAsync(token) ?? Task.CompletedTask;
            await Task.WhenAny(written, time.PauseAsync(ComingBack, token));
            await new EndpointCheck(live, live.OldName, live.Candidate).VerifyAsync(token);
            await _marker.SetAsync(live.Candidate.Member, OperationState.Switched, token);
            await written;
        },
    };

    private Step DetachNew() => new()
    {
        Name = "detach-new",
        Description = "let the new primary replicate from none",
        Server = live.Candidate.Name,
        Change = New.DetachAsync,
    };

    private Step PersistNew() => new()
    {
        Name = "persist-new",
        Description = "let the new primary take writes after a restart, and the write endpoint lead to it after one",
        Server = live.Candidate.Name,
        Change = async token =>
        {
            await New.PersistRoleAsync(false, live.Candidate.Machine, token);

            // Both may have been started anew since, as they were before.
            await New.UnfenceAsync(token);
            await live.Endpoint.PersistAsync(live.Candidate.Name, live.OldName, token);
            await new EndpointCheck(live, live.OldName, live.Candidate).LeadAsync(token);
        },
    };

    private Step Redundancy() => new()
    {
        Name = "redundancy",
        Description = "see that the old primary follows the new one",
        Server = live.OldName,
        Limit = Arrival + Overhead,
        Change = async token =>
        {
            await reverse.WaitUntilRunningAsync(token);

            // Else what it applies first waits until a replica of its own would have acknowledged.
            await Old.SetSemiSyncSourceAsync(false, token);
            await _marker.SetAsync(live.Candidate.Member, OperationState.Completed, token);
            string position = await New.PositionAsync(token);
            if (!await Old.WaitForAsync(position, Arrival, token))
            {
                throw new FoobarException(
                    "RedundancyMissing", ErrorKind.Failed,
                    Invariant($"{live.OldName}: it has not applied the new primary's transactions within {Arrival.TotalSeconds:0.#} s."))
                    {
                        Server = live.OldName,
                    };
            }

            await _marker.ArriveAsync(live.OldPrimary.Member, OperationState.Completed, MarkerLimit, token);
        },
    };

    private async Task OpenAsync(CancellationToken token)
    {
        await live.Endpoint.OpenAsync(live.Candidate.Name, token);
        _opened = time.GetTimestamp();
    }

    private async Task DemoteAsync(CancellationToken token)
    {
        await RefuseIfWrittenAsync(token);
        live.Endpoint.Readmit();
        await live.Endpoint.CloseAsync(live.Candidate.Name, token);
        await New.FenceAsync(token);
        await live.Endpoint.EndSessionsAsync(live.Candidate.Name, token);
        await RefuseIfWrittenAsync(token);
        if (reverse.SemiSync)
        {
            await New.SetSemiSyncSourceAsync(false, token);
        }
    }

    private async Task RefuseIfWrittenAsync(CancellationToken token)
    {
        string own = GtidComparison.Errant(New.Flavor, await New.ExecutedAsync(token), await Old.ExecutedAsync(token));
        if (own.Length > 0)
        {
            throw new PointOfNoReturnPassedException(
                "AlreadyWritten", ErrorKind.Refused,
                $"{live.Candidate.Name}: it has taken writes already ({own}), so the old primary must not take any more.")
                {
                    Server = live.Candidate.Name,
                };
        }
    }
}
