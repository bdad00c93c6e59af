using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Operations.Replication.Machines;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Failover;

/// <summary>The steps of an emergency failover over live connections to the candidate and the endpoint.</summary>
/// <param name="live">The connections; none to the old primary's database.</param>
/// <param name="parameters">What was decided, as the journal keeps it.</param>
/// <param name="time">The clock.</param>
internal sealed class FailoverSteps(FailoverConnections live, FailoverParameters parameters, TimeProvider time)
{
    private static readonly TimeSpan SalvageLimit = TimeSpan.FromMinutes(5);

    private readonly OperationMarker _marker = new(parameters.Id, parameters.TakenOverFrom);
    private readonly CandidateCatchUp _catchUp = new(live);
    private readonly OtherReplicas _others = new(live, parameters.Others, parameters.Kept);
    private readonly List<string> _advice = [];
    private readonly long _started = time.GetTimestamp();

    /// <summary>The transactions that were fetched from the dead primary's log.</summary>
    public BinlogDump? Salvaged { get; private set; }

    /// <summary>What became of fencing the old primary on its machine, in one line.</summary>
    public string Fenced { get; private set; } = "its machine could not be reached, so it is fenced at the write endpoint only";

    /// <summary>
    /// From the start of the steps to when the application's path led to the new primary; <see langword="null"/> if there was none.
    /// </summary>
    public TimeSpan? Writable { get; private set; }

    /// <summary>What is left to a person to do.</summary>
    public IReadOnlyList<string> Advice => _advice;

    /// <summary>Whether the new primary's marker says how it ended.</summary>
    public bool IsMarked { get; private set; }

    private DatabaseMember New => live.Candidate.Member;

    private string Endpoint => live.Endpoint.Name;

    /// <summary>The plan.</summary>
    public Plan Plan() => new()
    {
        Kind = "failover",
        Title = $"Move writes from {live.OldName}, which is dead, to {live.Candidate.Name}",
        Parameters = parameters.ToParameters(),
        Steps =
        [
            .. ((Step[])
            [
                CloseEndpoint(),
                Fence(),
                CatchUp(),
                .. parameters.Others.Count > 0 ? [Take()] : Array.Empty<Step>(),
                .. parameters.Salvage ? [Salvage()] : Array.Empty<Step>(),
                Promote(),
                OpenEndpoint(),
                VerifyWrite(),
                .. parameters.MachineAnswers ? [HoldFence()] : Array.Empty<Step>(),
                KeepLogin(),
                DetachNew(),
                PersistNew(),
                .. EndpointSurvey.Settle(live.Endpoint, live.Candidate.Name, live.OldName),
                .. _others.Steps(),
                .. parameters.Others.Count + parameters.Kept.Count > 0 ? [SemiSync()] : Array.Empty<Step>(),
                .. parameters.Events.Count > 0 || parameters.EventDoubt is not null ? [MoveEvents()] : Array.Empty<Step>(),
                Redundancy(),
            ]).Select(
                Held),
        ],
    };

    // Each step looks first whether another operator has taken our place.
    private Step Held(Step step) => step with
    {
        Change = async token =>
        {
            await live.EnsureHeldAsync(token);
            await step.Change(token);
        },
        Undo = step.Undo is null ? null : async token =>
        {
            await live.EnsureHeldAsync(token);
            await step.Undo(token);
        },
    };

    private Step CloseEndpoint() => new()
    {
        Name = "close-endpoint",
        Description = $"let no connection through to {live.OldName} at the {Endpoint}, and end those that are open",
        Inverse = "let new connections through to it",
        Server = live.Policy.WriteEndpoint?.Server,
        Limit = TimeSpan.FromSeconds(5),
        Change = async token =>
        {
            await live.Endpoint.CloseAsync(live.OldName, token);
            await live.Endpoint.EndSessionsAsync(live.OldName, token);
        },
        Verify = new EndpointCheck(live, live.OldName, live.Candidate).EnsureClosedAsync,
        Undo = token =>
        {
            live.Endpoint.Readmit();
            return live.Endpoint.LeadAsync(live.OldName, live.Candidate.Name, token);
        },
    };

    // Both at once: the endpoint must not lead to the old primary again when its load balancer restarts, and that is
    // settled before anything is promoted.
    private Step Fence() => new()
    {
        Name = "fence-old",
        Description =
            $"{(parameters.MachineAnswers ? $"end {live.OldName}'s database and keep it from starting, and " : "")}let the {Endpoint} lead "
                + $"to {live.Candidate.Name} alone after a restart",
        Inverse = $"let {live.OldName}'s database start again, and the endpoint lead to it alone after a restart",
        Server = live.OldName,
        Limit = TimeSpan.FromSeconds(15),
        Change = async token => await Task.WhenAll(
            FenceMachineAsync(token),
            live.Endpoint.PersistAsync(live.Candidate.Name, live.OldName, token)),
        Undo = async token =>
        {
            live.Endpoint.Readmit();
            await live.Endpoint.PersistAsync(live.OldName, live.Candidate.Name, token);
            if (parameters.MachineAnswers)
            {
                await MachineFence.LiftAsync(await live.Site.GetServerAsync(live.OldName, token), start: true, token);
            }
        },
    };

    private Step CatchUp() => new()
    {
        Name = "catch-up",
        Description = "wait until the candidate has applied all it received, and stop its replication",
        Inverse = "let it replicate again",
        Server = live.Candidate.Name,
        Limit = parameters.CatchUpLimit,
        Change = _catchUp.RunAsync,
        Undo = New.ResumeReplicatingAsync,
    };

    private Step Take() => new()
    {
        Name = "take",
        Description = parameters.Givers.Count > 0
            ? $"let the candidate take from {string.Join(" and ", parameters.Givers)} what it lacks of what they received"
            : "see that the candidate lacks nothing of what the other replicas received; else let it take that from them",
        Inverse = "let it replicate from the old primary again",
        Server = live.Candidate.Name,
        Limit = parameters.CatchUpLimit + CandidateIntake.Overhead,
        Change = token => new CandidateIntake(live, parameters, _catchUp).RunAsync(token),
        Undo = token => CandidateIntake.UndoAsync(live, parameters, token),
    };

    private Step Salvage() => new()
    {
        Name = "salvage",
        Description = $"fetch the transactions that only {live.OldName}'s binary log holds, and commit them on the candidate",
        Inverse = "let the candidate refuse all writes again",
        Server = live.Candidate.Name,
        Limit = SalvageLimit,
        Change = async token =>
        {
            BinlogDump dump = await ReadOldLogAsync(token);
            await New.AdmitOperatorsAsync(token);
            await BinlogPlayer.PlayAsync(live.Candidate.Machine, dump, SalvageLimit, token);
            Salvaged = dump;
        },
        Verify = async token =>
        {
            if (Salvaged?.Missing(New.Flavor, await New.HoldsAsync(token)) is { Count: > 0 } missing)
            {
                throw new FoobarException(
                    "SalvageFailed", ErrorKind.Failed,
                    $"{live.Candidate.Name}: it still lacks {string.Join(", ", missing)} after the dead primary's transactions were "
                        + "committed on it.")
                    {
                        Server = live.Candidate.Name,
                    };
            }
        },
        Undo = New.FenceAsync,
    };

    private Step Promote() => new()
    {
        Name = "promote",
        Description = "let the candidate take writes, without waiting for a replica that is not there",
        Inverse = "let the candidate refuse writes",
        Server = live.Candidate.Name,
        Limit = TimeSpan.FromSeconds(10),
        Change = async token =>
        {
            await New.SetSemiSyncSourceAsync(false, token);
            if (parameters.Durability is { } durability)
            {
                await New.SetDurabilityAsync(durability, token);
            }

            await New.UnfenceAsync(token);
        },
        Undo = New.FenceAsync,
    };

    private Step OpenEndpoint() => new()
    {
        Name = EarlierFailover.Opening,
        Description = $"let connections through to the new primary at the {Endpoint}",
        Server = live.Policy.WriteEndpoint?.Server,
        Limit = TimeSpan.FromSeconds(10),
        PointOfNoReturn = true,

        // From here on another machine can finish it, by the marker.
        Change = token => Task.WhenAll(
            live.Endpoint.LeadAsync(live.Candidate.Name, live.OldName, token),
            _marker.ReplaceAsync(live.Candidate.Member, parameters.ToParameters(), time.GetUtcNow(), token)),
    };

    private Step VerifyWrite() => new()
    {
        Name = "verify",
        Description = "write on the new primary, and follow the application's path to it",
        Server = live.Candidate.Name,
        Change = async token =>
        {
            await New.UnfenceAsync(token);
            await new EndpointCheck(live, live.OldName, live.Candidate).VerifyAsync(token);
            Writable = time.GetElapsedTime(_started);
        },
    };

    private Step HoldFence() => new()
    {
        Name = "hold-fence",
        Description = $"have systemd refuse to start {live.OldName}'s database",
        Server = live.OldName,
        Change = async token => await MachineFence.HoldAsync(await live.Site.GetServerAsync(live.OldName, token), token),
    };

    private Step KeepLogin() => new()
    {
        Name = "keep-login",
        Description = "keep how members log in at each other, for the old primary's return",
        Server = live.Candidate.Name,
        Change = async token =>
        {
            if (!await New.IsReplicaAsync(token))
            {
                return;
            }

            Server old = live.Site.Site.Find(live.OldName)!;
            ReplicationSource source = await live.Candidate.Member.ReverseSourceAsync(
                live.Candidate.Machine, old.Name, live.Policy.Port, token);
            using (source.Password)
            {
                await ReplicationLogin.SaveAsync(live.Candidate.Machine, source, token);
            }
        },
    };

    private Step DetachNew() => new()
    {
        Name = "detach-new",
        Description = "let the new primary replicate from none",
        Server = live.Candidate.Name,
        Change = async token =>
        {
            await _catchUp.Stopping.WaitAsync(token);
            await New.DetachAsync(token);
            await New.HastenStopAsync(false, token);
        },
    };

    private Step PersistNew() => new()
    {
        Name = "persist-new",
        Description = "let the new primary take writes after a restart",
        Server = live.Candidate.Name,
        Change = async token =>
        {
            await New.PersistRoleAsync(false, live.Candidate.Machine, token);

            // It may have been started anew since it was promoted.
            await New.UnfenceAsync(token);
        },
    };

    private Step SemiSync() => new()
    {
        Name = "semi-sync",
        Description = "let commits wait for the replicas that follow, where that is declared or configured",
        Server = live.Candidate.Name,
        Change = async token =>
        {
            bool wanted = live.Policy.SemiSync || await SemiSyncConfigured.AskAsync(New, live.Candidate.Machine, token);
            if (wanted
                && await _others.AcknowledgingAsync(token) is > 0 and var replicas
                && replicas >= await New.SemiSyncWaitCountAsync(token))
            {
                await New.SetSemiSyncSourceAsync(true, token);
            }
        },
    };

    private Step MoveEvents() => new()
    {
        Name = "move-events",
        Description =
            "enable the scheduled events on the new primary: "
                + $"{(parameters.Events.Count > 0 ? string.Join(", ", parameters.Events) : "none is known to have run on the old one")}",
        Server = live.Candidate.Name,
        Change = token => LeftAsync(async () =>
        {
            await new EventSwitch(live, parameters.Events).EnableAsync(token);
            if (parameters.EventDoubt is { } doubt)
            {
                throw new FoobarException(
                    "EventsNotMoved", ErrorKind.Failed, $"{live.Candidate.Name}: {doubt}.")
                    {
                        Server = live.Candidate.Name,
                        Recommendation = EventSwitch.Advice,
                    };
            }
        }),
    };

    // Always left to do: the result must say so.
    private Step Redundancy() => new()
    {
        Name = "redundancy",
        Description = "see that a replica follows the new primary",
        Server = live.OldName,
        Change = token => LeftAsync(async () =>
        {
            await _marker.SetAsync(live.Candidate.Member, OperationState.Degraded, token);
            IsMarked = true;
            throw new FoobarException(
                "RedundancyMissing", ErrorKind.Failed,
                $"{(parameters.Others.Count + parameters.Kept.Count > 0 ? $"{live.OldName} does not replicate" : "nothing replicates")} "
                    + $"from {live.Candidate.Name} yet; {live.OldName}: {Fenced}.")
            {
                Server = live.OldName,
                Recommendation = $"Run Repair-FoobarReplication {live.OldName} as soon as its machine answers.",
            };
        }),
    };

    private async Task LeftAsync(Func<Task> change)
    {
        try
        {
            await change();
        }
        catch (FoobarException error) when (error.Recommendation is not null)
        {
            _advice.Add(error.Recommendation);
            throw;
        }
    }

    private async Task FenceMachineAsync(CancellationToken token)
    {
        if (parameters.MachineAnswers)
        {
            Fenced = await MachineFence.FenceAsync(await live.Site.GetServerAsync(live.OldName, token), token);
        }
    }

    private async Task<BinlogDump> ReadOldLogAsync(CancellationToken token)
    {
        IServerSession machine = await live.Site.GetServerAsync(live.OldName, token);
        return await BinlogReader.ReadAsync(machine, New.Flavor, await New.HoldsAsync(token), parameters.SourceFile, SalvageLimit, token);
    }
}
