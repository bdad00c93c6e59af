using System.Security.Cryptography;
using System.Text;

namespace Foobar.Ops.Services.Sending;

/// <summary>A measured value on its way to a service.</summary>
/// <param name="Name">The name, in words with dots: <c>foobar.cpu.user_percent</c>.</param>
/// <param name="Value">The value.</param>
/// <param name="Time">When it was measured; of a count, when its interval ended.</param>
/// <param name="Labels">What it is of: <c>server</c>, <c>disk</c> ...</param>
internal sealed record OutgoingMetric(string Name, double Value, DateTimeOffset Time, IReadOnlyDictionary<string, string> Labels)
{
    /// <summary>The interval that it counts over; <see langword="null"/> for a value at one time.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>The unit by UCUM, as OTLP wants it: <c>%</c>, <c>By</c>, <c>s</c>, <c>1/s</c>; empty for none.</summary>
    public string Unit { get; init; } = string.Empty;

    /// <summary>The server it is of; empty for the site as a whole.</summary>
    public string Server => Labels.GetValueOrDefault("server", string.Empty);
}

/// <summary>How much an event matters.</summary>
internal enum EventLevel
{
    /// <summary>All is well.</summary>
    Info,

    /// <summary>Something to look at.</summary>
    Warning,

    /// <summary>Something is wrong.</summary>
    Error,
}

/// <summary>Something that was found, on its way to a service.</summary>
/// <param name="Title">What it is, in one line.</param>
/// <param name="Time">When it was found.</param>
/// <param name="Level">How much it matters.</param>
/// <param name="Attributes">All about it, by name; none is empty.</param>
internal sealed record OutgoingEvent(string Title, DateTimeOffset Time, EventLevel Level, IReadOnlyDictionary<string, string> Attributes)
{
    /// <summary>The same for the same event however often it is sent, so that a receiver can tell a second copy.</summary>
    public string Id => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Join(
            '\0',
            Attributes.OrderBy(static pair => pair.Key, StringComparer.Ordinal)
                .Select(static pair => $"{pair.Key}={pair.Value}")
                .Append(Time.ToString("O")))))
                .AsSpan(0, 16));
}

/// <summary>What one request carries, as it is sent and as it is kept until it was. Holds no secret.</summary>
/// <param name="Id">An id of its own, the same each time it is sent.</param>
/// <param name="Path">Where it goes, below the service's address; empty for the address itself.</param>
/// <param name="ContentType">The type of the body.</param>
/// <param name="Entries">How many metrics or events it holds.</param>
/// <param name="Oldest">The time of the oldest of them.</param>
/// <param name="Body">The body.</param>
internal sealed record OutgoingBatch(
    string Id, string Path, string ContentType, int Entries, DateTimeOffset Oldest, ReadOnlyMemory<byte> Body)
{
    /// <summary>Which of a service's hosts it goes to, where it has several: <c>metrics</c>, <c>logs</c>, <c>events</c>.</summary>
    public string Door { get; init; } = string.Empty;

    /// <summary>The time of the newest of them.</summary>
    public DateTimeOffset Newest { get; init; }

    /// <summary>How old an entry may be for the service to keep it; <see langword="null"/> if it takes any.</summary>
    public TimeSpan? MaximumAge { get; init; }

    /// <summary>Headers without a secret.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];
}
