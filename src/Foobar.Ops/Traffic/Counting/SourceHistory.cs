using Foobar.Ops.Traffic.Sources;

namespace Foobar.Ops.Traffic.Counting;

/// <summary>All counters of one source over time, and the rates of a window. Readings are taken in the order of time.</summary>
internal sealed class SourceHistory(string server)
{
    private readonly Dictionary<(TrafficOrigin Origin, string Name), CountTrack> _tracks = [];
    private readonly List<CountPoint> _readings = [];
    private string? _note;

    /// <summary>Takes the next reading.</summary>
    public void Take(TimedReading reading)
    {
        var counters = new[] { reading.Reading }.Concat(reading.Reading.Older)
            .SelectMany(each => each.Counters.Select(counter => (each.Epoch, Counter: counter)))
            .GroupBy(each => (each.Counter.Origin, each.Counter.Name))
            .ToDictionary(
                group => group.Key, group => group.DistinctBy(each => each.Epoch).ToDictionary(each => each.Epoch, each => each.Counter));
        foreach (var (key, epochs) in counters)
        {
            if (!_tracks.TryGetValue(key, out CountTrack? track))
            {
                _tracks[key] = track = new CountTrack(epochs.Values.First(), reading.Reading.Resets, _readings);
            }

            track.Take(reading, epochs);
        }

        foreach (var key in _tracks.Keys.Except(counters.Keys))
        {
            _tracks[key].Take(reading, new Dictionary<string, Counter>());
        }

        _note = reading.Reading.Note;
        _readings.Add(new CountPoint(reading.Asked, reading.Answered, 0, TimeSpan.Zero, 0, 0, []));
    }

    /// <summary>The rates of a window; of what was read before it began.</summary>
    public IEnumerable<TrafficRate> Within(TrafficWindow window) =>
        _tracks.Values.Select(track => ToRate(track, window)).OfType<TrafficRate>();

    /// <summary>Forgets what no window needs that begins at this moment or later.</summary>
    public void Forget(TimeSpan before)
    {
        foreach (CountTrack track in _tracks.Values)
        {
            track.Forget(before);
        }

        _readings.RemoveRange(0, Math.Max(0, _readings.FindLastIndex(point => point.Answered <= before)));
    }

    private TrafficRate? ToRate(CountTrack track, TrafficWindow window)
    {
        Counter counter = track.Latest;
        TrafficRate rate = new()
        {
            Server = server,
            Origin = counter.Origin,
            Name = counter.Name,
            Unit = counter.Unit,
            Start = window.Start,
            End = window.End,
            WindowSeconds = window.Length.TotalSeconds,
        };
        if (counter.Uncountable is { } reason)
        {
            return rate with { Note = reason };
        }

        if (track.Within(window.From, window.To) is not { } range)
        {
            return null;
        }

        return rate with
        {
            Count = (long)range.Best,
            CountLower = range.Lower,
            CountUpper = double.IsPositiveInfinity(range.Upper) ? null : range.Upper,
            Breakdown = Breakdowns.Of(counter.Now, part => track.Part(part, window.From, window.To)),
            Note = string.Join(' ', [.. track.EventsWithin(window.From, window.To), .. new[] { counter.Note, _note }.OfType<string>()])
                is { Length: > 0 } note ? note : null,
        };
    }
}
