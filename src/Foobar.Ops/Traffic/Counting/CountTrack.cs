using Foobar.Ops.Traffic.Sources;

namespace Foobar.Ops.Traffic.Counting;

/// <summary>
/// One counter over time, past restarts and reloads: what it is known to have counted, and what it may have counted unseen.
/// A window's bounds hold whatever happened between readings: at its beginning and at its end stand a reading that was
/// answered before and one that was asked for after, and the counter was between the two.
/// </summary>
/// <remarks>
/// What a process counted between its last reading and its end is not known. It is bounded by twice the highest rate that
/// this counter was seen at, for that long, and the note says so.
/// </remarks>
internal sealed class CountTrack
{
    /// <summary>Shorter gaps between readings say nothing about a rate.</summary>
    private static readonly TimeSpan ShortestRate = TimeSpan.FromMilliseconds(200);

    private const double PeakFactor = 2, LeastPeak = 1;

    private readonly Dictionary<string, EpochCounter> _epochs = [];
    private readonly Dictionary<TrafficPart, long> _endedParts = [];
    private readonly List<CountPoint> _points = [];
    private readonly List<UnseenTime> _events = [];
    private Counter _latest;
    private TimeSpan _unseen;
    private double _besides, _doubtful, _peak = LeastPeak;
    private long _ended, _own;
    private int _resets;

    /// <summary>Begins with a counter's first reading.</summary>
    /// <param name="counter">The counter.</param>
    /// <param name="resets">How often its source was set back before.</param>
    /// <param name="without">The readings of its source without it, if there were any: then it began after those, at 0.</param>
    public CountTrack(Counter counter, int resets, IEnumerable<CountPoint> without)
    {
        _latest = counter;
        _resets = resets;
        _points.AddRange(without);
    }

    /// <summary>The counter as it was last read.</summary>
    public Counter Latest => _latest;

    /// <summary>The highest rate a second that is taken as possible while nobody looks.</summary>
    private double PossibleRate => PeakFactor * Math.Max(_peak, _latest.PeakPerSecond);

    /// <summary>Takes the next reading: this counter in its present epoch and in older ones that still count.</summary>
    public void Take(TimedReading reading, IReadOnlyDictionary<string, Counter> counters)
    {
        bool mayBeReset = reading.Reading.Resets > _resets;
        _resets = reading.Reading.Resets;
        foreach ((string epoch, Counter counter) in counters)
        {
            Take(epoch, counter, reading, mayBeReset);
        }

        if (counters.TryGetValue(reading.Reading.Epoch, out Counter? latest))
        {
            _latest = latest;
        }

        string[] ended = [.. _epochs.Keys.Except(counters.Keys)];
        if (ended.Length > 0)
        {
            End(ended, reading);
        }

        _own += _latest.OwnPerReading;
        _doubtful += _latest.OwnPerReading > 0 ? reading.Failed + reading.Reading.Doubtful : 0;
        Add(reading);
    }

    /// <summary>What was counted within a window, or <see langword="null"/> if it was not read before the window began.</summary>
    public CountRange? Within(TimeSpan start, TimeSpan end)
    {
        int before = _points.FindLastIndex(point => point.Answered <= start);
        int last = _points.FindLastIndex(point => point.Answered <= end);
        if (before < 0)
        {
            return null;
        }

        CountPoint from = _points[before];
        int after = _points.FindIndex(point => point.Asked >= start), beyond = _points.FindIndex(point => point.Asked >= end);
        CountPoint to = beyond >= 0 ? _points[beyond] : _points[^1].Until(end);
        double held = HeldBack();
        double known = after >= 0 && last >= after ? _points[last].Counted - _points[after].Counted : 0;
        double lower = Math.Max(0, known - (to.Doubtful - from.Doubtful) - held);
        double unseen = (to.Unseen - from.Unseen).TotalSeconds;
        double upper = to.Counted - from.Counted + (unseen > 0 ? unseen * PossibleRate : 0) + to.Besides - from.Besides + held;
        upper = Math.Max(lower, upper);
        double least = Math.Ceiling(lower);
        return new CountRange(Math.Clamp(Math.Round(At(end) - At(start)), least, Math.Max(least, upper)), lower, upper);
    }

    /// <summary>A part of what was counted within a window: the best figure.</summary>
    public long? Part(TrafficPart part, TimeSpan start, TimeSpan end) => !_points[^1].Parts.ContainsKey(part)
        ? null
        : Math.Max(0, (long)Math.Round(At(end, part) - At(start, part)));

    /// <summary>What happened within a window that its bounds allow for.</summary>
    public IEnumerable<string> EventsWithin(TimeSpan start, TimeSpan end) =>
        _events.Where(each => each.To > start && each.From < end).Select(each => each.Describe(PossibleRate))
            .Concat(_points[^1].Asked >= end
                ? []
                : [new UnseenTime(_points[^1].Asked, end, "It was not read after the window").Describe(PossibleRate)]);

    /// <summary>Forgets what no later window needs.</summary>
    public void Forget(TimeSpan before)
    {
        int keep = _points.FindLastIndex(point => point.Answered <= before);
        if (keep > 0)
        {
            _points.RemoveRange(0, keep);
        }

        _events.RemoveAll(each => each.To <= before);
    }

    private void Take(string epoch, Counter counter, TimedReading reading, bool mayBeReset)
    {
        if (!_epochs.TryGetValue(epoch, out EpochCounter? known))
        {
            _epochs[epoch] = new EpochCounter(counter, reading.Asked, fromZero: _points.Count > 0);
            return;
        }

        (TimeSpan seen, long before) = (known.Seen, known.Last);
        if (known.Take(counter, reading.Asked))
        {
            Miss(seen, reading.Answered, "The counter was set back");
        }
        else if (mayBeReset)
        {
            // It may have been set back and have grown past its old value since.
            _besides += before;
            Miss(seen, reading.Answered, "The counters may have been set back");
        }
    }

    /// <summary>Keeps what epochs counted that have ended. The rate that is taken as possible is that of all together.</summary>
    private void End(string[] epochs, TimedReading reading)
    {
        TimeSpan seen = epochs.Min(epoch => _epochs[epoch].Seen);
        foreach (string epoch in epochs)
        {
            _epochs.Remove(epoch, out EpochCounter? counter);
            _ended += counter!.Grown;
            foreach ((TrafficPart part, long value) in counter.Parts)
            {
                _endedParts[part] = _endedParts.GetValueOrDefault(part) + value;
            }
        }

        // Where the old process must have ended before the new one began, it counted no longer than that.
        TimeSpan end = reading.Answered;
        if (!reading.Reading.Overlaps && reading.Reading.Uptime is { } uptime && uptime >= TimeSpan.Zero)
        {
            TimeSpan began = reading.Answered - uptime + reading.Reading.UptimeResolution;
            end = began < end ? began : end;
        }

        Miss(seen, end > seen ? end : seen, $"The counters of {string.Join(" and ", epochs)} ended");
    }

    private void Miss(TimeSpan from, TimeSpan to, string what)
    {
        _unseen += to - from;
        _events.Add(new UnseenTime(from, to, what));
    }

    private void Add(TimedReading reading)
    {
        Dictionary<TrafficPart, long> parts = new(_endedParts);
        foreach ((TrafficPart part, long value) in _epochs.Values.SelectMany(epoch => epoch.Parts))
        {
            parts[part] = parts.GetValueOrDefault(part) + value;
        }

        long counted = _ended + _epochs.Values.Sum(epoch => epoch.Grown) - _own;
        CountPoint point = new(reading.Asked, reading.Answered, counted, _unseen + _latest.Unseen, _besides, _doubtful, parts);
        int before = _points.FindLastIndex(each => point.Asked - each.Answered >= ShortestRate);
        if (before >= 0)
        {
            _peak = Math.Max(_peak, (point.Counted - _points[before].Counted) / (point.Asked - _points[before].Answered).TotalSeconds);
        }

        _points.Add(point);
    }

    private double HeldBack() => !_latest.IsHeldBack ? 0 : Math.Min(
        _latest.MostHeldBack ?? double.PositiveInfinity,
        _latest.HeldBack is { } limit ? PossibleRate * limit.TotalSeconds : double.PositiveInfinity);

    /// <summary>The count, or that of a part, at a moment, on a line between the readings around it.</summary>
    private double At(TimeSpan moment, TrafficPart? part = null)
    {
        double Value(int index) => part is { } of ? _points[index].Parts.GetValueOrDefault(of) : _points[index].Counted;
        int after = _points.FindIndex(point => point.Middle > moment);
        return after switch
        {
            < 0 => Value(_points.Count - 1),
            0 => Value(0),
            _ => Value(after - 1) + ((Value(after) - Value(after - 1))
                * ((moment - _points[after - 1].Middle) / (_points[after].Middle - _points[after - 1].Middle))),
        };
    }

    /// <summary>A time in which a counter may have counted unseen.</summary>
    private readonly record struct UnseenTime(TimeSpan From, TimeSpan To, string What)
    {
        public string Describe(double possibleRate) => FormattableString.Invariant(
            $"{What}: {(To - From).TotalSeconds:0.00} s were not seen; Upper allows twice the highest rate seen ({possibleRate:0.#}/s) there.");
    }
}
