using System.Runtime.CompilerServices;
using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Rejoin;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Guard;

/// <summary>
/// Watches a primary: asks it again and again, has it looked at from all sides as soon as it does not answer, tells what is
/// seen, and where that is asked for puts a replica in the place of a dead one, once, until a person has looked after it.
/// </summary>
public sealed class PrimaryWatch
{
    private static readonly TimeSpan RejoinPause = TimeSpan.FromSeconds(
        10), FinishPause = TimeSpan.FromSeconds(3), LongestPause = TimeSpan.FromSeconds(10);

    private const string NoOther =
        "No other failover is begun by itself until Resume-FoobarWatch says that a person has looked after this one.";

    private readonly IWatchedSite _site;
    private readonly WatchOptions _options;
    private readonly AutomaticFailover _policy;
    private readonly TimeProvider _time;

    private string _primary = "";
    private WatchStanding _standing = new();
    private (WatchEventKind Kind, string Why) _told;
    private string? _lost;
    private bool _writeless;
    private DateTimeOffset _rejoinAt, _finishAt;
    private bool _mayBeLeft = true;
    private string? _finishRefused;

    internal PrimaryWatch(IWatchedSite site, WatchOptions options, AutomaticFailover policy, TimeProvider time) =>
        (_site, _options, _policy, _time) = (site, options, policy, time);

    /// <summary>Watches the primary of a site until it is cancelled.</summary>
    /// <param name="session">The site's connections.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Ends the watch; a failover that has begun is undone or ends first.</param>
    /// <exception cref="FoobarException"><c>NoDatabase</c>, <c>PrimaryUnknown</c>, <c>WatchNotForClusters</c>: there is nothing to
    /// watch.</exception>
    public static async IAsyncEnumerable<WatchEvent> RunAsync(
        ISiteSession session, WatchOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using WatchedSite site = new(session, TimeProvider.System);
        PrimaryWatch watch = new(site, options, session.Site.Policy.Database?.Automatic ?? new(), TimeProvider.System);
        await foreach (WatchEvent each in watch.WatchAsync(cancellationToken))
        {
            yield return each;
        }
    }

    /// <summary>Watches.</summary>
    internal async IAsyncEnumerable<WatchEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        (WatchEvent begun, FoobarException? unwatched) = await BeginAsync(cancellationToken);
        yield return begun;
        if (unwatched is not null)
        {
            throw unwatched;
        }

        while (true)
        {
            FoobarException? failure = await AskAsync(cancellationToken);
            await foreach (WatchEvent each in failure is null ? HealthyAsync(cancellationToken) : DoubtAsync(failure, cancellationToken))
            {
                yield return each;
            }

            await Task.Delay(Pause(), _time, cancellationToken);
        }
    }

    // One that was killed in the middle of a failover finds no primary, or one to which nobody is led. A watch that can't begin is told
    // before it ends: nobody else may be watching.
    private async Task<(WatchEvent Event, FoobarException? Unwatched)> BeginAsync(CancellationToken cancellationToken)
    {
        if (_options.Failover && _site.FindLeft() is { MayDoAnew: true } left)
        {
            (_primary, _standing) = (left.Old, await _site.StandingAsync(cancellationToken));
            return (Tell(WatchEventKind.Suspected, "", $"A guard on this machine left a failover from {_primary} half done."), null);
        }

        try
        {
            _primary = await _site.FindPrimaryAsync(cancellationToken);
        }
        catch (FoobarException error) when (error.Kind != ErrorKind.InvalidInput && !cancellationToken.IsCancellationRequested)
        {
            WatchEvent told = Event(
                WatchEventKind.PrimaryUnknown, $"{error.Message.TrimEnd('.')}. The watch could not begin, and has ended.");
            return (
                told with
                {
                    Recommendation =
                        "Look at Get-FoobarReplication. If the primary is dead: Invoke-FoobarFailover -Emergency. Then start the "
                            + "watch again.",
                },
                error);
        }

        _told = (WatchEventKind.Healthy, "");
        return (Event(WatchEventKind.Healthy, $"{_primary} is the primary, and is watched."), null);
    }

    // Once it is told that nothing can be done, looking from all sides each second would only be a burden.
    private TimeSpan Pause() =>
        _told.Kind == WatchEventKind.Healthy
            ? _options.Interval
            : TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, _options.Interval.Ticks * 3));

    private async Task<FoobarException?> AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            PrimaryAnswer answer = await _site.AskAsync(_primary, cancellationToken);
            _standing = answer.Standing;
            return answer.TakesWrites ? null : await FollowAsync(cancellationToken);
        }
        catch (FoobarException error) when (!cancellationToken.IsCancellationRequested)
        {
            return error;
        }
    }

    // A switchover leaves it read-only for a moment before another member takes writes.
    private async Task<FoobarException?> FollowAsync(CancellationToken cancellationToken)
    {
        try
        {
            string primary = await _site.FindPrimaryAsync(cancellationToken);
            (_primary, _told) = primary == _primary ? (_primary, _told) : (primary, (WatchEventKind.PrimaryChanged, ""));
            _writeless = false;
            return null;
        }
        catch (FoobarException error) when (!_writeless && !cancellationToken.IsCancellationRequested && error.ErrorId == "PrimaryUnknown")
        {
            _writeless = true;
            return null;
        }
    }

    private async IAsyncEnumerable<WatchEvent> HealthyAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_options.Failover && await FinishAsync(cancellationToken) is { } finished)
        {
            yield return finished;
        }

        if (_told.Kind is not (WatchEventKind.Healthy or WatchEventKind.PrimaryChanged) && !await IsLedAsync(cancellationToken))
        {
            // A guard on another machine may have died in the middle of a failover, of which nothing else tells.
            if (IsNew(WatchEventKind.Suspected, "Endpoint"))
            {
                yield return Tell(
                    WatchEventKind.Suspected, "Endpoint",
                    $"{_primary} answers again, and the write endpoint leads nobody to it: a failover that was cut off may have closed it.") with
                {
                    Recommendation =
                        "See with Get-FoobarReplication that nobody is at work; then let connections through to it again: "
                            + "Set-FoobarBackend -State Ready -Persist.",
                };
            }

            yield break;
        }

        if (_told.Kind != WatchEventKind.Healthy)
        {
            yield return _told.Kind == WatchEventKind.PrimaryChanged
                ? Event(WatchEventKind.PrimaryChanged, $"Writes were moved: {_primary} is the primary now, and is watched.")
                : Event(WatchEventKind.Recovered, $"{_primary} answers again.");
            _told = (WatchEventKind.Healthy, "");
        }

        if (await RejoinAsync(cancellationToken) is { } rejoined)
        {
            yield return rejoined;
        }
    }

    // Where that can't be asked nothing is said of it.
    private async Task<bool> IsLedAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _site.IsLedToAsync(_primary, cancellationToken);
        }
        catch (FoobarException) when (!cancellationToken.IsCancellationRequested)
        {
            return true;
        }
    }

    // What another guard, or this one before it was started anew, left half done after writes were moved.
    private async Task<WatchEvent?> FinishAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset now = _time.GetUtcNow();
        OperationMark? mark = GuardRules.IsLeft(_standing.Last, _primary) ? _standing.Last : null;
        if ((mark is null && !_mayBeLeft) || now < _finishAt || GuardRules.IsSuspended(_standing, now))
        {
            return null;
        }

        _finishAt = now + FinishPause;
        try
        {
            FailoverResult? result = await _site.FinishAsync(GuardRules.Options(_options.Limits, _policy), mark, cancellationToken);
            (_mayBeLeft, _finishRefused) = (false, null);
            return result is null ? null : Finished(result);
        }
        catch (FoobarException error) when (!cancellationToken.IsCancellationRequested)
        {
            // The one that began it may be at it, or have ended it a moment ago.
            if (error.ErrorId is "OperationRunning" or "NothingToResume"
                || error.Kind is ErrorKind.Connection or ErrorKind.Timeout
                || error.ErrorId == _finishRefused)
            {
                return null;
            }

            _finishRefused = error.ErrorId;
            return Event(WatchEventKind.FailoverRefused, error.Message) with { Recommendation = error.Recommendation };
        }
    }

    private WatchEvent Finished(FailoverResult result)
    {
        string left = $"A guard left a failover from {result.OldPrimary} to {result.NewPrimary} half done";
        if (result.Outcome is not (PlanOutcome.Completed or PlanOutcome.Degraded))
        {
            return Event(
                result.Outcome == PlanOutcome.Undone ? WatchEventKind.Recovered : WatchEventKind.FailoverFailed,
                $"{left}; ending it ended as {result.Outcome}. {result.Error}".TrimEnd()) with
                {
                    Failover = result,
                    Recommendation = result.Recommendation,
                };
        }

        (_primary, _lost, _rejoinAt) = (result.NewPrimary, _options.Rejoin ? result.OldPrimary : null, _time.GetUtcNow() + RejoinPause);
        return Event(
            WatchEventKind.FailedOver,
            $"{left}; it was ended here: {result.NewPrimary} has taken the place of {result.OldPrimary}.{Rest(result)}") with
        {
            Failover = result,
            Recommendation = NoOther,
        };
    }

    private async IAsyncEnumerable<WatchEvent> DoubtAsync(
        FoobarException failure, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_told.Kind == WatchEventKind.Healthy)
        {
            yield return Tell(WatchEventKind.Suspected, "", $"{_primary} does not answer as a primary should: {failure.Message}");
        }
        else if (await ChangedAsync(cancellationToken))
        {
            yield break;
        }

        (WatchEventKind Kind, string Message, string Recommendation)? refusal = GuardRules.Refuse(
            _standing, _options.BlockFor, _time.GetUtcNow());
        FailoverPreview? seen = null;
        FailoverResult? result = null;
        FoobarException? error = null;
        DateTimeOffset at = default;
        FailoverOptions asked = GuardRules.Options(_options.Limits, _policy) with
        {
            Seen = preview => (seen, at) = (preview, _time.GetUtcNow()),
        };
        try
        {
            if (_options.Failover && refusal is null)
            {
                result = await _site.FailOverAsync(asked, cancellationToken);
            }
            else
            {
                (seen, at) = (await _site.LookAsync(asked, cancellationToken), _time.GetUtcNow());
            }
        }
        catch (FoobarException caught) when (!cancellationToken.IsCancellationRequested)
        {
            error = caught;
        }

        _mayBeLeft |= result is { Unfinished: true };
        foreach (WatchEvent each in Sum((seen, at), result, error, _options.Failover ? refusal : null))
        {
            yield return each;
        }
    }

    private IEnumerable<WatchEvent> Sum(
        (FailoverPreview? Preview, DateTimeOffset At) looked,
        FailoverResult? result,
        FoobarException? error,
        (WatchEventKind Kind, string Message, string Recommendation)? refusal)
    {
        // What was seen is told after what was done about it, with its own time.
        if (looked.Preview is not { Verdict: { } verdict } seen)
        {
            // Another guard or operator acts, or nobody could be asked.
            WatchEventKind kind = error is { Kind: ErrorKind.Refused, ErrorId: not "FailoverRefused" }
                ? WatchEventKind.FailoverRefused
                : WatchEventKind.Isolated;
            if (IsNew(kind, error?.ErrorId ?? ""))
            {
                yield return Tell(kind, error?.ErrorId ?? "", error?.Message ?? "Nobody could be asked.") with
                {
                    Recommendation = error?.Recommendation,
                };
            }

            yield break;
        }

        WatchEventKind judged = GuardRules.Judge(verdict);
        if (judged == WatchEventKind.Dead
            ? _told.Kind is WatchEventKind.Healthy or WatchEventKind.Suspected or WatchEventKind.Isolated
            : IsNew(judged, $"{verdict.Cause}"))
        {
            yield return Tell(judged, $"{verdict.Cause}", verdict.Reason) with { Time = looked.At, Verdict = verdict, Loss = seen.Loss };
        }

        if (result is not null)
        {
            yield return Ended(result);
        }
        else if (judged == WatchEventKind.Dead && (refusal ?? Refused(error)) is { } why && IsNew(why.Kind, Key(seen, why)))
        {
            yield return Tell(why.Kind, Key(seen, why), why.Message) with
            {
                Recommendation = why.Recommendation,
                Verdict = verdict,
                Loss = seen.Loss,
            };
        }
    }

    private static (WatchEventKind Kind, string Message, string Recommendation)? Refused(FoobarException? error) =>
        error is null ? null : (WatchEventKind.FailoverRefused, error.Message, error.Recommendation ?? "Look at Get-FoobarReplication.");

    // A refusal's words tell the time; what stands in the way is the same.
    private static string Key(FailoverPreview seen, (WatchEventKind Kind, string Message, string Recommendation) why) =>
        why.Kind == WatchEventKind.FailoverRefused
            ? string.Join(' ', seen.Blockers.Select(blocker => $"{blocker.Code}:{blocker.Server}"))
            : why.Message;

    private static string Rest(FailoverResult result) => result.Error is { Length: > 0 } left ? $" Still to do: {left}" : "";

    private WatchEvent Ended(FailoverResult result)
    {
        bool moved = result.Outcome is PlanOutcome.Completed or PlanOutcome.Degraded;
        string old = _primary;
        if (moved)
        {
            (_primary, _lost, _rejoinAt) = (result.NewPrimary, _options.Rejoin ? old : null, _time.GetUtcNow() + RejoinPause);
        }

        _told = (moved ? WatchEventKind.Healthy : WatchEventKind.FailoverFailed, result.Id);
        string after = result.WritableAfter is { } writable
            ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $" after {writable.TotalSeconds:0.0} s")
            : "";
        return Event(
            moved ? WatchEventKind.FailedOver : WatchEventKind.FailoverFailed,
            moved ? $"{result.NewPrimary} took the place of {old}, and the application can write again{after}.{Rest(result)}"
                : $"The failover from {old} to {result.NewPrimary} ended as {result.Outcome}: {result.Error}") with
        {
            Failover = result,
            Verdict = result.Verdict,
            Loss = result.Loss,
            Recommendation = moved ? NoOther : result.Recommendation,
        };
    }

    // While it is silent somebody may have moved writes by hand, or another guard.
    private async Task<bool> ChangedAsync(CancellationToken cancellationToken)
    {
        try
        {
            // One that was promoted and to which nobody is led yet is in the middle of a failover.
            string primary = await _site.FindPrimaryAsync(cancellationToken);
            return primary != _primary
                && await _site.IsLedToAsync(primary, cancellationToken)
                && await FollowAsync(cancellationToken) is null;
        }
        catch (FoobarException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task<WatchEvent?> RejoinAsync(CancellationToken cancellationToken)
    {
        if (_lost is not { } member || _time.GetUtcNow() < _rejoinAt)
        {
            return null;
        }

        _rejoinAt = _time.GetUtcNow() + RejoinPause;
        if (!await _site.IsBackAsync(member, cancellationToken))
        {
            return null;
        }

        try
        {
            RejoinResult repair = await _site.RejoinAsync(member, cancellationToken);
            _lost = null;
            return repair.Outcome == PlanOutcome.Completed
                ? Event(WatchEventKind.Rejoined, $"{member} replicates from {repair.Primary} again ({repair.Method}). {repair.Reason}") with
                {
                    Repair = repair,
                }
                : Event(WatchEventKind.RejoinRefused, $"{member} could not be made a replica: {repair.Error}") with
                {
                    Repair = repair,
                    Recommendation = repair.Recommendation,
                };
        }
        catch (FoobarException error) when (!cancellationToken.IsCancellationRequested)
        {
            if (error.Kind is ErrorKind.Connection or ErrorKind.Timeout)
            {
                return null;
            }

            _lost = null;
            return Event(WatchEventKind.RejoinRefused, error.Message) with { Recommendation = error.Recommendation };
        }
    }

    private bool IsNew(WatchEventKind kind, string why) => _told != (kind, why);

    private WatchEvent Tell(WatchEventKind kind, string why, string message)
    {
        _told = (kind, why);
        return Event(kind, message);
    }

    private WatchEvent Event(WatchEventKind kind, string message) =>
        new() { Time = _time.GetUtcNow(), Site = _site.Name, Kind = kind, Primary = _primary, Message = message };
}
