using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Planning;

/// <summary>Something a plan of five steps changes, which can fail, hang, cancel or be killed at any instant.</summary>
internal sealed class FakeWorld
{
    private static readonly string[] Names = ["mark", "fence", "promote", "endpoint", "clean"];

    private readonly CancellationTokenSource _cancel = new();
    private TaskCompletionSource _killed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _instant;
    private bool _failed;

    public FakeWorld() => Journal = new FakeJournal(Instant);

    public FakeJournal Journal { get; }

    public HashSet<string> Done { get; } = [];

    public List<string> UndoLog { get; } = [];

    public Dictionary<string, IReadOnlyCollection<string>> DurableWhenDone { get; } = [];

    public string? FailAt { get; set; }

    public bool FailsOnce { get; init; }

    public string? FailUndoAt { get; set; }

    /// <summary>How often the connection is lost as <see cref="FailUndoAt"/> is undone, before it can be.</summary>
    public int? LostWhenUndone { get; set; }

    /// <summary>The step before whose change or undo another one takes this one's place.</summary>
    public string? SupersededAt { get; init; }

    /// <summary>Whether that is before its undo.</summary>
    public bool SupersededWhenUndone { get; init; }

    /// <summary>The step on which others rely as soon as it is done.</summary>
    public string? ReliedOn { get; init; }

    public string? HangAt { get; init; }

    public string? CancelAt { get; init; }

    public int? KillAt { get; set; }

    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(30);

    public static int IndexOf(string step) => Array.IndexOf(Names, step);

    public Task<PlanResult> RunAsync() => new PlanRunner(Journal, TimeProvider.System).RunAsync(Plan(), _cancel.Token);

    public Task<PlanResult> ResumeAsync()
    {
        KillAt = null;
        return new PlanRunner(Journal, TimeProvider.System).ResumeAsync(Plan(), Journal.Replay(), CancellationToken.None);
    }

    /// <summary>Ends it on another machine, with no journal but the one that is made up.</summary>
    public async Task<(PlanResult Result, FakeJournal Journal)> TakeOverAsync(bool passed)
    {
        KillAt = null;
        FakeJournal journal = new(() => { });
        journal.Append(JournalReconstruction.Of(Plan(), passed, DateTimeOffset.UnixEpoch));
        return (await new PlanRunner(journal, TimeProvider.System).ResumeAsync(Plan(), journal.Replay(), CancellationToken.None), journal);
    }

    public Task<bool> RunUntilKilledAsync() => UntilKilledAsync(() => RunAsync());

    public Task<bool> ResumeUntilKilledAsync(int instant)
    {
        _instant = 0;
        _killed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        KillAt = instant;
        return Journal.Records.Count == 0
            ? Task.FromResult(false)
            : UntilKilledAsync(
                () => new PlanRunner(Journal, TimeProvider.System).ResumeAsync(Plan(), Journal.Replay(), CancellationToken.None));
    }

    private async Task<bool> UntilKilledAsync(Func<Task<PlanResult>> run)
    {
        // A thread of its own: it may be stopped for ever, and nothing in this world waits, so all of the run is on it.
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread process = new(() =>
        {
            run().GetAwaiter().GetResult();
            ended.SetResult();
        }) { IsBackground = true };
        process.Start();
        await Task.WhenAny(ended.Task, _killed.Task);
        return _killed.Task.IsCompleted;
    }

    public Plan Plan() => new() { Kind = "test", Title = "test", Steps = [.. Names.Select(StepOf)] };

    private Step StepOf(string name) => new()
    {
        Name = name,
        Description = name,
        Inverse = "not " + name,
        Limit = Limit,
        Swift = name is "fence" or "promote" or "endpoint",
        PointOfNoReturn = name == "endpoint",
        Change = token => ChangeAsync(name, token),
        Undo = _ => UndoAsync(name),
    };

    private async Task ChangeAsync(string name, CancellationToken token)
    {
        Instant();
        ThrowIfSuperseded(name, undo: false);
        DurableWhenDone[name] = [.. Journal.DurableWrites.SelectMany(write => write).Select(record => record.Name)];
        if (CancelAt == name)
        {
            await _cancel.CancelAsync();
            token.ThrowIfCancellationRequested();
        }

        if (HangAt == name)
        {
            await Task.Delay(Timeout.Infinite, token);
        }

        Done.Add(name);
        Instant();
        if (FailAt == name && !_failed)
        {
            _failed = FailsOnce;
            throw new InvalidOperationException(name + " broke");
        }
    }

    private void ThrowIfSuperseded(string name, bool undo)
    {
        if (SupersededAt == name && SupersededWhenUndone == undo)
        {
            throw new SupersededException("OperationSuperseded", Errors.ErrorKind.Refused, "somebody else has it");
        }
    }

    private Task UndoAsync(string name)
    {
        Instant();
        ThrowIfSuperseded(name, undo: true);
        if (FailUndoAt == name && LostWhenUndone is { } lost)
        {
            LostWhenUndone = lost - 1;
            if (lost > 0)
            {
                throw RemotingErrors.ConnectionLost("web-01", "the server does not answer any more");
            }
        }
        else if (FailUndoAt == name)
        {
            throw new InvalidOperationException(name + " cannot be undone");
        }

        if (ReliedOn == name && Done.Contains(name))
        {
            throw new PointOfNoReturnPassedException("AlreadyWritten", Errors.ErrorKind.Refused, name + " is relied on");
        }

        Done.Remove(name);
        UndoLog.Add(name);
        Instant();
        return Task.CompletedTask;
    }

    // A killed process does nothing more: this thread of it stops for ever.
    private void Instant()
    {
        if (_instant++ == KillAt)
        {
            _killed.SetResult();
            Thread.Sleep(Timeout.Infinite);
        }
    }
}

/// <summary>A journal in memory: what was written durably is what a resume sees.</summary>
internal sealed class FakeJournal(Action instant) : IJournal
{
    public List<IReadOnlyList<JournalRecord>> DurableWrites { get; } = [];

    public IReadOnlyList<JournalRecord> Records => [.. DurableWrites.SelectMany(write => write)];

    public void Append(IEnumerable<JournalRecord> records, bool durable = true)
    {
        List<JournalRecord> written = [.. records];
        if (Records.Count > 0 || written[0].Event != JournalEvent.Begin)
        {
            instant();
        }

        DurableWrites.Add(written);
        instant();
    }

    public JournalState Replay() => JournalState.Replay(Records, "test");
}
