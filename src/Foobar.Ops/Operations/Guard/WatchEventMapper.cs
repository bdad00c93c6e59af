using Foobar.Ops.Services.Sending;

namespace Foobar.Ops.Operations.Guard;

/// <summary>From events of a guard to the events that are sent.</summary>
internal static class WatchEventMapper
{
    /// <summary>The event.</summary>
    /// <param name="each">What a guard saw or did.</param>
    public static OutgoingEvent Map(WatchEvent each)
    {
        Dictionary<string, string> attributes = new(StringComparer.Ordinal)
        {
            ["kind"] = each.Kind.ToString(),
        };
        (string Name, string? Value)[] more =
            [
                ("server", each.Primary),
                ("cause", each.Verdict?.Cause.ToString()),
                ("loss", each.Loss?.Reason),
                ("recommendation", each.Recommendation),
                ("journal", each.Failover?.Journal),
            ];
        foreach ((string name, string? value) in more.Where(static one => !string.IsNullOrEmpty(one.Value)))
        {
            attributes[name] = value!;
        }

        return new OutgoingEvent($"{each.Kind}: {each.Message}", each.Time, LevelOf(each.Kind), attributes);
    }

    private static EventLevel LevelOf(WatchEventKind kind) => kind switch
    {
        WatchEventKind.Healthy or WatchEventKind.Recovered or WatchEventKind.Rejoined => EventLevel.Info,
        WatchEventKind.Suspected or WatchEventKind.Isolated or WatchEventKind.PrimaryChanged => EventLevel.Warning,
        _ => EventLevel.Error,
    };
}
