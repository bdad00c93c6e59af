using Foobar.Ops.Database;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Operations.Replication.Switchover;

/// <summary>What a switchover was decided to do: enough to build its plan again after a kill, from its journal or its marker.</summary>
internal sealed record SwitchoverParameters
{
    /// <summary>The operation's id.</summary>
    public required string Id { get; init; }

    /// <summary>The id under which another operator began it; <see langword="null"/> if it was begun here.</summary>
    public string? TakenOverFrom { get; init; }

    /// <summary>The id that the marker held before; empty for none.</summary>
    public string Before { get; init; } = "";

    /// <summary>The ids under which its marker may stand.</summary>
    public OperationIds Ids => new(Id, TakenOverFrom, Before);

    /// <summary>The old primary.</summary>
    public required string Old { get; init; }

    /// <summary>The candidate.</summary>
    public required string New { get; init; }

    /// <summary>What the candidate waited for at each commit before; <see langword="null"/> if not known.</summary>
    public Durability? Durability { get; init; }

    /// <summary>Whether commits shall wait for a replica after the switch; <see langword="null"/> if not known.</summary>
    public bool? SemiSync { get; init; }

    /// <summary>The scheduled events that run on the old primary, and shall run on the new one.</summary>
    public IReadOnlyList<EventName> Events { get; init; } = [];

    /// <summary>The other replicas of the old primary, and those between it and the candidate, which shall follow the new one.</summary>
    public IReadOnlyList<string> Others { get; init; } = [];

    /// <summary>The replicas that keep their source, which follows the new primary or is it.</summary>
    public IReadOnlyList<string> Kept { get; init; } = [];

    /// <summary>Of a preflight.</summary>
    /// <param name="id">The operation's id.</param>
    /// <param name="move">Who hands over to whom.</param>
    /// <param name="preflight">What was judged.</param>
    public static SwitchoverParameters Of(string id, ConfirmedMove move, SwitchoverPreflight preflight) => new()
    {
        Id = id,
        Old = move.OldPrimary,
        New = move.NewPrimary,
        Events = [.. preflight.Events.Select(one => new EventName(one.Schema, one.Name))],
        Others = preflight.Followers,
        Kept = preflight.Kept,
    };

    /// <summary>For the journal and the marker.</summary>
    public IReadOnlyDictionary<string, string> ToParameters() => new Dictionary<string, string>(OperationKeys.Write(Ids))
    {
        [OperationKeys.Old] = Old,
        [OperationKeys.New] = New,
        ["durability"] = $"{Durability}",
        ["semiSync"] = $"{SemiSync}",
        ["events"] = EventName.Write(Events),
        [OperationKeys.Others] = string.Join(',', Others),
        [OperationKeys.Kept] = string.Join(',', Kept),
    };

    /// <summary>From a journal or a marker.</summary>
    /// <exception cref="FoobarException"><c>OutputNotUnderstood</c>: a parameter is missing.</exception>
    public static SwitchoverParameters Of(IReadOnlyDictionary<string, string> parameters, string source = "the journal")
    {
        OperationIds ids = OperationKeys.ReadIds(parameters, source);
        return new()
        {
            Id = ids.Id,
            TakenOverFrom = ids.TakenOverFrom,
            Before = ids.Before,
            Old = OperationKeys.Require(parameters, OperationKeys.Old, source),
            New = OperationKeys.Require(parameters, OperationKeys.New, source),
            Durability = Durability.Parse(parameters.GetValueOrDefault("durability")),
            Events = EventName.Read(parameters.GetValueOrDefault("events"), source),
            Others = OperationKeys.Names(parameters, OperationKeys.Others),
            Kept = OperationKeys.Names(parameters, OperationKeys.Kept),
            SemiSync = bool.TryParse(parameters.GetValueOrDefault("semiSync"), out bool semiSync) ? semiSync : null,
        };
    }
}
