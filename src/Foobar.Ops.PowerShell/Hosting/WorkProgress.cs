namespace Foobar.Ops.PowerShell.Hosting;

/// <summary>
/// How far the work of one cmdlet is. Workers say so from any thread; the pump asks on the pipeline thread, and shows
/// nothing for work that is done before anyone would wonder.
/// </summary>
internal sealed class WorkProgress(string activity)
{
    /// <summary>Work shorter than this shows no progress.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly List<string> _waiting = [];
    private string? _status;
    private int _total;
    private bool _shown;

    /// <summary>Says in words what is being done; for work that is not counted.</summary>
    public void Report(string status)
    {
        lock (_gate)
        {
            _status = status;
        }
    }

    /// <summary>Says what the work consists of.</summary>
    public void Expect(IEnumerable<string> parts)
    {
        lock (_gate)
        {
            _waiting.AddRange(parts);
            _total = _waiting.Count;
        }
    }

    /// <summary>Says that one part is over, well or not.</summary>
    public void Done(string part)
    {
        lock (_gate)
        {
            _waiting.Remove(part);
        }
    }

    /// <summary>What to show after so long, or <see langword="null"/>.</summary>
    public CmdletRecord.Progress? Show(TimeSpan elapsed)
    {
        lock (_gate)
        {
            if (elapsed < Patience || (_total == 0 && _status is null))
            {
                return null;
            }

            _shown = true;
            return _total == 0
                ? new(activity, _status!, -1, Completed: false)
                : new(
                    activity,
                    $"{_total - _waiting.Count} of {_total} done; waiting for {string.Join(", ", _waiting)}",
                    (_total - _waiting.Count) * 100 / _total, Completed: false);
        }
    }

    /// <summary>What takes the bar away, or <see langword="null"/> if there is none.</summary>
    public CmdletRecord.Progress? End()
    {
        lock (_gate)
        {
            return _shown ? new(activity, "Done", 100, Completed: true) : null;
        }
    }
}
