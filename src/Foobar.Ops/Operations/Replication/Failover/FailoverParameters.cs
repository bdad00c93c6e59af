using System.Globalization;
using Foobar.Ops.Database;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Operations.Replication.Failover;

/// <summary>What an emergency failover was decided to do: enough to build its plan again after a kill.</summary>
internal sealed record FailoverParameters
{
    /// <summary>The operation's id.</summary>
    public required string Id { get; init; }

    /// <summary>The id under which another operator began it; <see langword="null"/> if it was begun here.</summary>
    public string? TakenOverFrom { get; init; }

    /// <summary>The id that the candidate's marker held before; empty for none.</summary>
    public string Before { get; init; } = "";

    /// <summary>Whether a guard began it, and no person.</summary>
    public bool Automatic { get; init; }

    /// <summary>The ids under which its marker may stand.</summary>
    public OperationIds Ids => new(Id, TakenOverFrom, Before);

    /// <summary>The dead primary.</summary>
    public required string Old { get; init; }

    /// <summary>The candidate.</summary>
    public required string New { get; init; }

    /// <summary>Whether the dead primary's machine answered over SSH.</summary>
    public bool MachineAnswers { get; init; }

    /// <summary>Whether what only the dead primary's log holds is fetched.</summary>
    public bool Salvage { get; init; }

    /// <summary>The dead primary's log with which to begin; <see langword="null"/> for all.</summary>
    public string? SourceFile { get; init; }

    /// <summary>What the candidate shall wait for at each commit, where a switchover that did not end left it otherwise.</summary>
    public Durability? Durability { get; init; }

    /// <summary>The scheduled events that shall run on the new primary.</summary>
    public IReadOnlyList<EventName> Events { get; init; } = [];

    /// <summary>Which other events may have run on the dead primary; <see langword="null"/> for none.</summary>
    public string? EventDoubt { get; init; }

    /// <summary>
    /// The other replicas of the dead primary, those whose way to it is cut, and those that can't be asked: they shall follow the new one.
    /// </summary>
    public IReadOnlyList<string> Others { get; init; } = [];

    /// <summary>The replicas that keep their source, which follows the new primary or is it.</summary>
    public IReadOnlyList<string> Kept { get; init; } = [];

    /// <summary>Those of which the candidate lacks what they received.</summary>
    public IReadOnlyList<string> Givers { get; init; } = [];

    /// <summary>The dead primary's address and port as the candidate knows it; <see langword="null"/> if it replicates from none.</summary>
    public (string Host, int Port)? Source { get; init; }

    /// <summary>How long the candidate may take to apply what it received.</summary>
    public TimeSpan CatchUpLimit { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>For the journal.</summary>
    public IReadOnlyDictionary<string, string> ToParameters() => new Dictionary<string, string>(OperationKeys.Write(Ids))
    {
        [OperationKeys.Mode] = OperationKeys.Emergency,
        [OperationKeys.Automatic] = Automatic ? "yes" : "no",
        [OperationKeys.Old] = Old,
        [OperationKeys.New] = New,
        ["machine"] = MachineAnswers ? "yes" : "no",
        ["salvage"] = Salvage ? "yes" : "no",
        ["file"] = SourceFile ?? "",
        ["durability"] = $"{Durability}",
        ["events"] = EventName.Write(Events),
        ["eventDoubt"] = EventDoubt ?? "",
        [OperationKeys.Others] = string.Join(',', Others),
        [OperationKeys.Kept] = string.Join(',', Kept),
        ["givers"] = string.Join(',', Givers),
        ["source"] = Source is { } from ? string.Create(CultureInfo.InvariantCulture, $"{from.Port} {from.Host}") : "",
    };

    /// <summary>From a journal.</summary>
    /// <exception cref="FoobarException"><c>OutputNotUnderstood</c>: a parameter is missing.</exception>
    public static FailoverParameters Of(
        IReadOnlyDictionary<string, string> parameters, TimeSpan catchUpLimit, string source = "the journal")
    {
        OperationIds ids = OperationKeys.ReadIds(parameters, source);
        return new()
        {
            Id = ids.Id,
            TakenOverFrom = ids.TakenOverFrom,
            Before = ids.Before,
            Automatic = parameters.GetValueOrDefault(OperationKeys.Automatic) == "yes",
            Old = Require(OperationKeys.Old),
            New = Require(OperationKeys.New),
            MachineAnswers = Require("machine") == "yes",
            Salvage = Require("salvage") == "yes",
            SourceFile = Require("file") is { Length: > 0 } file ? file : null,
            Durability = Durability.Parse(parameters.GetValueOrDefault("durability")),
            Events = EventName.Read(parameters.GetValueOrDefault("events"), source),
            EventDoubt = OperationKeys.Optional(parameters, "eventDoubt"),
            Others = OperationKeys.Names(parameters, OperationKeys.Others),
            Kept = OperationKeys.Names(parameters, OperationKeys.Kept),
            Givers = OperationKeys.Names(parameters, "givers"),
            Source = (parameters.GetValueOrDefault("source") ?? "").Split(' ') is [{ Length: > 0 } port, { } host]
                ? (host, int.TryParse(port, CultureInfo.InvariantCulture, out int number)
                    ? number
                    : throw new ParseException(null, source, 1, $"expected a port, found '{port}'."))
                : null,
            CatchUpLimit = catchUpLimit,
        };

        string Require(string name) => OperationKeys.Require(parameters, name, source);
    }
}
