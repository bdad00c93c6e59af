namespace Foobar.Ops.Traffic.Sources;

/// <summary>A place that nginx logs requests to (ngx_http_log_module, access_log).</summary>
/// <param name="Path">The file, or another place in nginx's words (<c>syslog:server=192.0.2.1</c>).</param>
internal sealed record NginxLog(string Path)
{
    /// <summary>Whether it is a file of one name, whose lines can be counted.</summary>
    public bool IsFile => Path.StartsWith('/') && !Path.Contains('$', StringComparison.Ordinal) && Doubt is null;

    /// <summary>Why its lines can't be counted: compression, a parameter that is not known; <see langword="null"/> if they can.</summary>
    public string? Doubt { get; init; }

    /// <summary>
    /// How many bytes each worker holds back before it writes them; <see langword="null"/> for none, each request is written
    /// at once.
    /// </summary>
    public string? Buffer { get; init; }

    /// <summary>How long it holds them back; <see langword="null"/> for as long as the buffer is not full.</summary>
    public TimeSpan? Flush { get; init; }

    /// <summary>The name of its format; <c>combined</c> if left out.</summary>
    public string Format { get; init; } = "combined";

    /// <summary>Whether the status follows the quoted request in each line, so that answers can be counted by class.</summary>
    public bool HasStatus { get; init; }

    /// <summary>How many bytes each worker holds back at most; <see langword="null"/> for none, or where it can't be told.</summary>
    public long? BufferBytes =>
        Buffer is { Length: > 0 } text && long.TryParse(text.TrimEnd('k', 'K', 'm', 'M'), out long number) && number < 1 << 30
            ? number * (text[^1] is 'k' or 'K' ? 1024 : text[^1] is 'm' or 'M' ? 1024 * 1024 : 1)
            : null;

    /// <summary>Why requests may be missing from it: only some are logged here.</summary>
    public string? Partial { get; init; }

    /// <summary>What to know about a count of its lines; <see langword="null"/> for nothing.</summary>
    public string? Note => string.Join(' ', new[] { Bursts, Partial }.OfType<string>()) is { Length: > 0 } note ? note : null;

    private string? Bursts => Buffer is null ? null : Flush is { } flush
        ? FormattableString.Invariant(
            $"This log is written in bursts of up to {Buffer} a worker or {flush.TotalSeconds:0.###} s; measure for longer than that.")
        : $"This log is written in bursts of up to {Buffer} a worker, whenever those are full; what is held back is not counted.";
}
