namespace Foobar.Ops.Traffic;

/// <summary>What was read of log files.</summary>
public sealed record TrafficLog
{
    /// <summary>The formats found in the lines, the most frequent first.</summary>
    public required IReadOnlyList<string> Formats { get; init; }

    /// <summary>The lines read.</summary>
    public required long Lines { get; init; }

    /// <summary>Lines that are no request as far as can be told: broken off, too long, binary, of an unknown format.</summary>
    public required long Unparsed { get; init; }

    /// <summary>The first of those lines.</summary>
    public required IReadOnlyList<UnparsedLine> UnparsedLines { get; init; }
}

/// <summary>A line of a log file that was not understood.</summary>
/// <param name="Path">The file.</param>
/// <param name="Offset">Where the line begins in it (once decompressed), in bytes.</param>
/// <param name="Length">How long it is, in bytes.</param>
/// <param name="Reason">Why it was not understood.</param>
/// <param name="Text">Its beginning; what can't be printed is written as <c>\xNN</c>.</param>
public sealed record UnparsedLine(string Path, long Offset, long Length, string Reason, string Text);
