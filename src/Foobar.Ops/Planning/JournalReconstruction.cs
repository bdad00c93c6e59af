namespace Foobar.Ops.Planning;

/// <summary>The journal of an operation whose own is out of reach, written anew from the little that is known. Pure.</summary>
public static class JournalReconstruction
{
    /// <summary>
    /// Makes one from which a resume ends the operation: finishes it if it had passed the point of no return; else undoes
    /// every step that may have been begun, which each step stands whether it was or not.
    /// </summary>
    /// <param name="plan">The operation's plan.</param>
    /// <param name="passed">Whether it is known to have passed the point of no return.</param>
    /// <param name="time">The time now.</param>
    public static IReadOnlyList<JournalRecord> Of(Plan plan, bool passed, DateTimeOffset time)
    {
        List<JournalRecord> records =
        [
            new() { Time = time, Event = JournalEvent.Begin, Name = plan.Kind, Text = plan.Title, Parameters = plan.Parameters },
        ];
        Step[] before = [.. plan.Steps.TakeWhile(step => !step.PointOfNoReturn)];
        foreach (Step step in before)
        {
            records.Add(Record(JournalEvent.StepBegin, step, step.Description, step.Inverse));
            if (passed)
            {
                records.Add(Record(JournalEvent.StepDone, step));
            }
        }

        Step? turn = plan.Steps.FirstOrDefault(step => step.PointOfNoReturn);
        if (passed && turn is not null)
        {
            records.Add(Record(JournalEvent.StepBegin, turn, turn.Description, turn.Inverse));
        }
        else if (before is [.., { } last])
        {
            records.Add(Record(JournalEvent.UndoBegin, last, last.Inverse));
        }

        return records;

        JournalRecord Record(JournalEvent what, Step step, string? text = null, string? inverse = null) =>
            new() { Time = time, Event = what, Name = step.Name, Text = text, Inverse = inverse };
    }
}
