using System.Text.Json.Serialization;

namespace Foobar.Ops.Planning;

/// <summary>What a journal's record tells.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<JournalEvent>))]
public enum JournalEvent
{
    /// <summary>An operation begins.</summary>
    Begin,

    /// <summary>A step is about to be done.</summary>
    StepBegin,

    /// <summary>A step was done and verified.</summary>
    StepDone,

    /// <summary>A step failed.</summary>
    StepFailed,

    /// <summary>A step is about to be undone.</summary>
    UndoBegin,

    /// <summary>A step was undone.</summary>
    UndoDone,

    /// <summary>Undoing a step failed.</summary>
    UndoFailed,

    /// <summary>Something learnt on the way that a resume needs: a name and a value.</summary>
    Note,

    /// <summary>The operation ended; a resume has nothing to do.</summary>
    End,
}

/// <summary>One line of a journal.</summary>
public sealed record JournalRecord
{
    /// <summary>When, in UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>What it tells.</summary>
    public required JournalEvent Event { get; init; }

    /// <summary>The step it is about; the name of a <see cref="JournalEvent.Note"/>; the kind of operation at the beginning.</summary>
    public required string Name { get; init; }

    /// <summary>What the step does, why it failed, the value of a note, how the operation ended.</summary>
    public string? Text { get; init; }

    /// <summary>What undoes the step.</summary>
    public string? Inverse { get; init; }

    /// <summary>At the beginning: what the plan is built from.</summary>
    public IReadOnlyDictionary<string, string>? Parameters { get; init; }
}
