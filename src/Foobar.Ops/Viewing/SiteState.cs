using System.Collections.Immutable;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.Traffic;

namespace Foobar.Ops.Viewing;

/// <summary>What the operator wants done: the state of a server of a backend changed.</summary>
internal sealed record BackendWish(BackendServer Member, BackendTarget Target);

/// <summary>
/// All that a live view shows, and what its keys have set. Pure: a sample or a key gives the next state, and the state and the
/// size of a screen give the lines (<see cref="SiteLayout"/>).
/// </summary>
internal sealed record SiteState
{
    /// <summary>How many rates a sparkline holds.</summary>
    public const int Kept = 60;

    public required Site Site { get; init; }

    /// <summary>The newest of each part.</summary>
    public required SiteSample Sample { get; init; }

    /// <summary>The last rates of each counter, the oldest first; not a number where nothing was counted.</summary>
    public ImmutableDictionary<string, ImmutableList<double>> History { get; init; } =
        ImmutableDictionary<string, ImmutableList<double>>.Empty;

    /// <summary>What could not be read.</summary>
    public ImmutableSortedDictionary<string, string> Errors { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Which of the members is chosen, from 0.</summary>
    public int Chosen { get; init; }

    /// <summary>What lines must hold to be shown.</summary>
    public string Filter { get; init; } = "";

    /// <summary>Whether the filter is being typed.</summary>
    public bool IsTyping { get; init; }

    /// <summary>Whether the view is to end.</summary>
    public bool IsOver { get; init; }

    /// <summary>What is wanted done; <see langword="null"/> for nothing.</summary>
    public BackendWish? Wish { get; init; }

    /// <summary>The members of backends that the filter lets through.</summary>
    public IReadOnlyList<BackendServer> Members =>
        [.. (Sample.Backends ?? []).Where(member => Shows(member.Backend, member.Name, member.Server, member.State.ToString()))];

    /// <summary>The findings that are no pass and that the filter lets through, the worst first.</summary>
    public IReadOnlyList<Finding> Findings => [.. (Sample.Findings ?? [])
        .Where(
            finding =>
                finding.Suppressed is null
                    && finding.Status is FindingStatus.Fail or FindingStatus.Warning or FindingStatus.Unknown
                    && Shows(finding.ControlId, finding.Title, finding.Server, finding.Status.ToString()))
        .OrderByDescending(finding => finding.Severity).ThenBy(finding => finding.ControlId, StringComparer.Ordinal)];

    public static SiteState Of(Site site, DateTimeOffset time) => new() { Site = site, Sample = new SiteSample { Time = time } };

    /// <summary>Whether the filter lets a line through.</summary>
    public bool Shows(params ReadOnlySpan<string?> texts)
    {
        foreach (string? text in texts)
        {
            if (text?.Contains(Filter, StringComparison.OrdinalIgnoreCase) == true)
            {
                return true;
            }
        }

        return Filter.Length == 0;
    }

    /// <summary>Takes in a sample: its parts replace the earlier ones, its rates are added to the sparklines.</summary>
    public SiteState With(SiteSample sample)
    {
        SiteSample merged = new()
        {
            Time = sample.Time,
            Metrics = sample.Metrics ?? Sample.Metrics,
            Backends = sample.Backends ?? Sample.Backends,
            Rates = sample.Rates ?? Sample.Rates,
            Replication = sample.Replication ?? Sample.Replication,
            Agents = sample.Agents ?? Sample.Agents,
            Findings = sample.Findings ?? Sample.Findings,
        };
        ImmutableSortedDictionary<string, string> errors = Errors;
        foreach ((string subject, string? error) in sample.Errors)
        {
            errors = error is null ? errors.Remove(subject) : errors.SetItem(subject, error);
        }

        SiteState next = this with { Sample = merged, Errors = errors, History = sample.Rates is null ? History : Extend(sample.Rates) };
        return next with { Chosen = Math.Clamp(Chosen, 0, Math.Max(0, next.Members.Count - 1)) };
    }

    /// <summary>Takes in a key.</summary>
    public SiteState With(ConsoleKeyInfo key) =>
        key is { Key: ConsoleKey.C, Modifiers: ConsoleModifiers.Control } ? this with { IsOver = true }
        : IsTyping ? Type(key)
        : Press(key);

    /// <summary>The key of a counter's sparkline.</summary>
    public static string KeyOf(TrafficRate rate) => $"{rate.Server} {rate.Origin} {rate.Name}";

    private SiteState Type(ConsoleKeyInfo key) => key.Key switch
    {
        ConsoleKey.Enter => this with { IsTyping = false },
        ConsoleKey.Escape => this with { IsTyping = false, Filter = "", Chosen = 0 },
        ConsoleKey.Backspace => this with { Filter = Filter.Length > 0 ? Filter[..^1] : "", Chosen = 0 },
        _ => char.IsControl(key.KeyChar) ? this : this with { Filter = Filter + key.KeyChar, Chosen = 0 },
    };

    private SiteState Press(ConsoleKeyInfo key) => (key.Key, key.KeyChar) switch
    {
        (ConsoleKey.UpArrow, _) or (_, 'k') => this with { Chosen = Math.Max(0, Chosen - 1) },
        (ConsoleKey.DownArrow, _) or (_, 'j') => this with { Chosen = Math.Max(0, Math.Min(Chosen + 1, Members.Count - 1)) },
        (_, '/') => this with { IsTyping = true },
        (ConsoleKey.Escape, _) => this with { Filter = "", Chosen = 0 },
        (_, 'd') => Want(BackendTarget.Drain),
        (_, 'm') => Want(BackendTarget.Maint),
        (_, 'r') => Want(BackendTarget.Ready),
        (_, 'q') => this with { IsOver = true },
        _ => this,
    };

    private SiteState Want(BackendTarget target) =>
        Members.Count > Chosen ? this with { Wish = new BackendWish(Members[Chosen], target) } : this;

    private ImmutableDictionary<string, ImmutableList<double>> Extend(IReadOnlyList<TrafficRate> rates)
    {
        ImmutableDictionary<string, ImmutableList<double>> history = History;
        foreach (TrafficRate rate in rates)
        {
            ImmutableList<double> series = history.GetValueOrDefault(KeyOf(rate), []).Add(rate.Rate ?? double.NaN);
            history = history.SetItem(KeyOf(rate), series.Count > Kept ? series.RemoveRange(0, series.Count - Kept) : series);
        }

        return history;
    }
}
