using Foobar.Ops.Errors;

namespace Foobar.Ops.Planning;

/// <summary>
/// Runs a plan: each step is journalled with its inverse before it is done; a failed step, a limit or a cancellation
/// undoes in reverse order what was begun, as long as the point of no return is not passed.
/// </summary>
public sealed class PlanRunner
{
    private const int MostUndoAttempts = 3;

    private readonly IJournal _journal;
    private readonly TimeProvider _time;
    private readonly IProgress<StepResult>? _progress;
    private readonly List<JournalRecord> _later = [];

    /// <summary>Creates a runner.</summary>
    /// <param name="journal">Where it records.</param>
    /// <param name="time">The clock of the records and of the steps' limits.</param>
    /// <param name="progress">Told of every step that ended.</param>
    public PlanRunner(IJournal journal, TimeProvider time, IProgress<StepResult>? progress = null)
    {
        _journal = journal;
        _time = time;
        _progress = progress;
    }

    /// <summary>
    /// Whether an operation that came to its end, with or without a failed step, is recorded as ended by <see cref="Close"/>
    /// only: its caller has something to see to first, and a resume does the failed steps again until it has.
    /// </summary>
    public bool LeavesOpen { get; init; }

    /// <summary>Runs a plan from its beginning.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="cancellationToken">Before the point of no return: undoes. After it: is ignored.</param>
    public Task<PlanResult> RunAsync(Plan plan, CancellationToken cancellationToken)
    {
        _journal.Append([
            new()
            {
                Time = _time.GetUtcNow(),
                Event = JournalEvent.Begin,
                Name = plan.Kind,
                Text = plan.Title,
                Parameters = plan.Parameters,
            },
        ]);
        return ForwardAsync(plan, new([], new HashSet<string>(), Passed: false, Failure: null), cancellationToken);
    }

    /// <summary>
    /// Ends what an earlier run began: goes on if it had passed the point of no return, undoes it otherwise.
    /// </summary>
    /// <param name="plan">The plan, built again from the journal's parameters.</param>
    /// <param name="earlier">What the journal says.</param>
    /// <param name="cancellationToken">Is ignored: half an operation is what is being ended here.</param>
    public Task<PlanResult> ResumeAsync(Plan plan, JournalState earlier, CancellationToken cancellationToken)
    {
        Step? turn = plan.Steps.FirstOrDefault(static step => step.PointOfNoReturn);
        if (earlier.Undoing || turn is null || !(earlier.Begun.Contains(turn.Name) || earlier.Done.Contains(turn.Name)))
        {
            return BackAsync(plan, earlier);
        }

        // A swift step may be recorded as begun though an earlier one of its row was being done. Going on is right then too:
        // every step may be done twice, and what fails before the point of no return is still undone.
        bool passed = earlier.Done.Contains(turn.Name)
            || plan.Steps.TakeWhile(step => step != turn).All(step => earlier.Done.Contains(step.Name));
        return ForwardAsync(
            plan, new([], earlier.Done, passed, Failure: null) { Unsure = passed ? null : earlier }, CancellationToken.None);
    }

    /// <summary>Records something that a resume will need.</summary>
    public void Note(string name, string value, bool durable = true) =>
        _journal.Append([new() { Time = _time.GetUtcNow(), Event = JournalEvent.Note, Name = name, Text = value }], durable);

    // From the step that has no result yet.
    private async Task<PlanResult> ForwardAsync(Plan plan, Stand stand, CancellationToken cancellationToken)
    {
        (List<StepResult> results, IReadOnlySet<string> doneEarlier, bool passed, Exception? failure) = stand;
        bool swift = false;
        for (int index = results.Count; index < plan.Steps.Count; index++)
        {
            Step step = plan.Steps[index];
            passed |= step.PointOfNoReturn;
            if (doneEarlier.Contains(step.Name))
            {
                results.Add(Report(Of(step, StepOutcome.DoneEarlier)));
                continue;
            }

            swift = Begin(plan, index, swift);
            (StepResult result, Exception? error) = await DoAsync(step, passed ? CancellationToken.None : cancellationToken);
            failure ??= error;
            Record(error is null ? JournalEvent.StepDone : JournalEvent.StepFailed, step, error?.Message, later: swift);
            results.Add(Report(result));
            if (error is SupersededException)
            {
                return Supersede(plan, results, error);
            }

            if (error is not null && !passed)
            {
                Flush();
                return stand.Unsure is { } earlier
                    ? await BackAsync(plan, earlier, results, error)
                    : await UndoAsync(plan, index, results, error);
            }
        }

        Flush();
        return End(new() { Outcome = failure is null ? PlanOutcome.Completed : PlanOutcome.Degraded, Steps = results, Failure = failure });
    }

    // Undoes everything from the last step that was begun. What was planned after it was never begun.
    private Task<PlanResult> BackAsync(Plan plan, JournalState earlier, List<StepResult>? now = null, Exception? failure = null)
    {
        int last = plan.Steps.Count - 1;
        while (last >= 0 && !earlier.Begun.Contains(plan.Steps[last].Name) && !earlier.Done.Contains(plan.Steps[last].Name))
        {
            last--;
        }

        List<StepResult> results =
        [
            .. plan.Steps.Take(last + 1)
                .Select(
                    (step, index) =>
                        index < now?.Count
                            ? now[index]
                            : Of(
                                step,
                                earlier.Done.Contains(step.Name)
                                    ? StepOutcome.DoneEarlier
                                    : step.Undo is null ? StepOutcome.Skipped : StepOutcome.Failed)),
        ];
        return UndoAsync(plan, last, results, failure);
    }

    private bool Begin(Plan plan, int index, bool swift)
    {
        Step step = plan.Steps[index];
        if (step.Swift && swift)
        {
            return true;
        }

        Flush();
        IEnumerable<Step> begun = step.Swift ? plan.Steps.Skip(index).TakeWhile(next => next.Swift) : [step];
        _journal.Append(begun.Select(next => new JournalRecord
        {
            Time = _time.GetUtcNow(),
            Event = JournalEvent.StepBegin,
            Name = next.Name,
            Text = next.Description,
            Inverse = next.Inverse,
        }));
        return step.Swift;
    }

    private async Task<(StepResult Result, Exception? Error)> DoAsync(Step step, CancellationToken cancellationToken)
    {
        long started = _time.GetTimestamp();
        Exception? error = await LimitedAsync(step, cancellationToken, step.Check, step.Change, step.Verify);
        return (Of(step, error is null ? StepOutcome.Done : StepOutcome.Failed, error?.Message) with
        {
            Duration = _time.GetElapsedTime(started),
        }, error);
    }

    private async Task<PlanResult> UndoAsync(Plan plan, int from, List<StepResult> results, Exception? failure)
    {
        // What comes earlier relies on what comes later being undone: a primary must not be opened while the other still is.
        bool failed = false;
        for (int index = from; index >= 0 && !failed; index--)
        {
            Step step = plan.Steps[index];
            if (step.Undo is null)
            {
                continue;
            }

            Record(JournalEvent.UndoBegin, step, step.Inverse);
            Exception? error = await TakeBackAsync(step, step.Undo);
            Record(error is null ? JournalEvent.UndoDone : JournalEvent.UndoFailed, step, error?.Message);
            if (error is SupersededException)
            {
                return Supersede(plan, results, error);
            }

            if (error is PointOfNoReturnPassedException)
            {
                // Where nothing had failed (a resume only did not know how far the run had come), nothing is amiss.
                return await ForwardAsync(
                    plan, new(results[..index], new HashSet<string>(), Passed: true, failure), CancellationToken.None);
            }

            failed |= error is not null;
            failure ??= error;
            results[index] = Report(results[index] with
            {
                Outcome = error is null ? StepOutcome.Undone : StepOutcome.UndoFailed,
                Error = error?.Message ?? results[index].Error,
            });
        }

        results.AddRange(plan.Steps.Skip(results.Count).Select(step => Of(step, StepOutcome.Skipped)));
        return End(new() { Outcome = failed ? PlanOutcome.UndoFailed : PlanOutcome.Undone, Steps = results, Failure = failure });
    }

    // A connection may be lost because its server was too slow to end what was cancelled: a new one is made then. An undo may be
    // done twice.
    private async Task<Exception?> TakeBackAsync(Step step, Func<CancellationToken, Task> undo)
    {
        Exception? error = null;
        for (int attempt = 0; attempt < MostUndoAttempts; attempt++)
        {
            error = await LimitedAsync(step, CancellationToken.None, undo);
            if (error is not FoobarException { ErrorId: "ConnectionLost" })
            {
                break;
            }
        }

        return error;
    }

    private async Task<Exception?> LimitedAsync(
        Step step, CancellationToken cancellationToken, params Func<CancellationToken, Task>?[] parts)
    {
        using CancellationTokenSource timer = new(step.Limit, _time);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            foreach (Func<CancellationToken, Task>? part in parts)
            {
                limit.Token.ThrowIfCancellationRequested();
                await (part?.Invoke(limit.Token) ?? Task.CompletedTask).WaitAsync(limit.Token);
            }

            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && limit.IsCancellationRequested)
        {
            return new FoobarException(
                "StepTimeout", ErrorKind.Timeout,
                $"The step '{step.Name}' ({step.Description}) did not end within {step.Limit.TotalSeconds:0.###} s.")
            {
                Server = step.Server,
                Recommendation = $"See what holds up {step.Server ?? "the server"}, then try again.",
            };
        }
#pragma warning disable CA1031 // Whatever a step throws, what was begun has to be undone.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return error is FoobarException or OperationCanceledException
                ? error
                : new FoobarException(
                    "StepFailed", ErrorKind.Failed,
                    $"The step '{step.Name}' ({step.Description}) failed: {error.Message}",
                    error) { Server = step.Server };
        }
    }

    /// <summary>Records that the operation has ended, where the runner has left that to the caller.</summary>
    public void Close(PlanOutcome outcome) =>
        _journal.Append([new() { Time = _time.GetUtcNow(), Event = JournalEvent.End, Name = "end", Text = outcome.ToString() }]);

    // An operation whose undo failed stays unfinished, so that a resume can try again.
    private PlanResult End(PlanResult result)
    {
        if (result.Outcome != PlanOutcome.UndoFailed && !(LeavesOpen && result.Outcome is PlanOutcome.Completed or PlanOutcome.Degraded))
        {
            Close(result.Outcome);
        }

        return result;
    }

    // What is there now is the other one's.
    private PlanResult Supersede(Plan plan, List<StepResult> results, Exception error)
    {
        Flush();
        results.AddRange(plan.Steps.Skip(results.Count).Select(step => Of(step, StepOutcome.Skipped)));
        return End(new() { Outcome = PlanOutcome.Superseded, Steps = results, Failure = error });
    }

    private void Record(JournalEvent what, Step step, string? text, bool later = false)
    {
        _later.Add(new() { Time = _time.GetUtcNow(), Event = what, Name = step.Name, Text = text });
        if (!later)
        {
            Flush();
        }
    }

    private void Flush()
    {
        if (_later.Count > 0)
        {
            _journal.Append(_later);
            _later.Clear();
        }
    }

    private StepResult Report(StepResult result)
    {
        _progress?.Report(result);
        return result;
    }

    /// <summary>How far a plan came.</summary>
    /// <param name="Results">Of the steps so far, in order.</param>
    /// <param name="DoneEarlier">The steps that an earlier run did.</param>
    /// <param name="Passed">Whether there is no way back any more.</param>
    /// <param name="Failure">What went wrong first.</param>
    private sealed record Stand(List<StepResult> Results, IReadOnlySet<string> DoneEarlier, bool Passed, Exception? Failure)
    {
        /// <summary>
        /// What the journal says, where it does not tell whether the point of no return was passed; <see langword="null"/> where it does.
        /// </summary>
        public JournalState? Unsure { get; init; }
    }

    private static StepResult Of(Step step, StepOutcome outcome, string? error = null) =>
        new() { Step = step.Name, Description = step.Description, Server = step.Server, Outcome = outcome, Error = error };
}
