using System.Text.Json.Serialization;

namespace Foobar.Ops.Operations.Replication.Detection;

/// <summary>From where a primary is looked at.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Observer>))]
public enum Observer : long
{
    /// <summary>The operator's machine, over SSH.</summary>
    Operator,

    /// <summary>A replica: its receiving thread, and a fresh connection from its server.</summary>
    Replica,

    /// <summary>The write endpoint's load balancer: its health check, and a fresh connection from its server.</summary>
    Balancer,
}

/// <summary>What an observer saw of a database.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ProbeOutcome>))]
public enum ProbeOutcome : long
{
    /// <summary>It could not look: the observer itself could not be reached or does not know.</summary>
    Blind,

    /// <summary>The database greeted a fresh connection, or sent something new.</summary>
    Answers,

    /// <summary>The machine refused the connection: nothing listens there.</summary>
    Refused,

    /// <summary>No greeting came within the limit: the machine can't be reached, or the process does nothing.</summary>
    Silent,
}

/// <summary>One observer's report on a primary.</summary>
public sealed record ObserverReport
{
    /// <summary>From where.</summary>
    public required Observer Observer { get; init; }

    /// <summary>The server the look was taken from; <see langword="null"/> for the operator's machine.</summary>
    public string? Server { get; init; }

    /// <summary>What was seen.</summary>
    public required ProbeOutcome ProbeOutcome { get; init; }

    /// <summary>What was done and what came back, in one line.</summary>
    public required string Evidence { get; init; }

    /// <summary>How long it was looked for.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>The report in one line.</summary>
    public override string ToString() => $"{Server ?? "this machine"}: {ProbeOutcome}: {Evidence}";
}
