using Foobar.Ops.Errors;

namespace Foobar.Ops.Planning;

/// <summary>What a journal says of an operation: how far it came.</summary>
public sealed record JournalState
{
    /// <summary>What kind of operation it is.</summary>
    public required string Kind { get; init; }

    /// <summary>When it began, in UTC.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>What its plan is built from.</summary>
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    /// <summary>The steps that were begun and neither undone nor known to be done.</summary>
    public required IReadOnlySet<string> Begun { get; init; }

    /// <summary>The steps that were done and verified.</summary>
    public required IReadOnlySet<string> Done { get; init; }

    /// <summary>Whether undoing had begun.</summary>
    public bool Undoing { get; init; }

    /// <summary>What was learnt on the way.</summary>
    public required IReadOnlyDictionary<string, string> Notes { get; init; }

    /// <summary>How it ended; <see langword="null"/> if it never did.</summary>
    public string? End { get; init; }

    /// <summary>Replays a journal.</summary>
    /// <param name="records">Its records, in order.</param>
    /// <param name="origin">What the records come from, for the error.</param>
    /// <exception cref="ParseException">The records do not start with a beginning.</exception>
    public static JournalState Replay(IReadOnlyList<JournalRecord> records, string origin)
    {
        if (records is not [{ Event: JournalEvent.Begin } begin, ..])
        {
            throw new ParseException(null, origin, 1, "expected the record that begins an operation.");
        }

        HashSet<string> begun = [];
        HashSet<string> done = [];
        Dictionary<string, string> notes = [];
        foreach (JournalRecord record in records)
        {
            Apply(record, begun, done, notes);
        }

        return new()
        {
            Kind = begin.Name,
            Since = begin.Time,
            Parameters = begin.Parameters ?? new Dictionary<string, string>(),
            Begun = begun,
            Done = done,
            Undoing = records.Any(record => record.Event is JournalEvent.UndoBegin),
            Notes = notes,
            End = records.LastOrDefault(record => record.Event == JournalEvent.End)?.Text,
        };
    }

    private static void Apply(JournalRecord record, HashSet<string> begun, HashSet<string> done, Dictionary<string, string> notes)
    {
        switch (record.Event)
        {
            case JournalEvent.StepBegin:
                begun.Add(record.Name);
                break;
            case JournalEvent.StepDone:
                begun.Remove(record.Name);
                done.Add(record.Name);
                break;
            case JournalEvent.UndoDone:
                begun.Remove(record.Name);
                done.Remove(record.Name);
                break;
            case JournalEvent.Note:
                notes[record.Name] = record.Text ?? "";
                break;
            default:
                break;
        }
    }
}
