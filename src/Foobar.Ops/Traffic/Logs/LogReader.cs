using Foobar.Ops.Errors;

namespace Foobar.Ops.Traffic.Logs;

/// <summary>
/// Reads log files, plain ones in blocks by several threads at once, compressed ones each by one thread. Memory does not grow
/// with a file: each thread holds one block.
/// </summary>
internal static class LogReader
{
    private const int Block = 1 << 20, MostThreads = 8;

    /// <summary>Counts the lines of files.</summary>
    /// <exception cref="FoobarException"><c>LogUnreadable</c>: a file can't be read, or how it is compressed is not known.</exception>
    public static async Task<LogTally> ReadAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        LogFile[] files = [];
        try
        {
            files = [.. paths.Select(Open)];
            int threads = Math.Clamp(Environment.ProcessorCount, 1, MostThreads);
            LogTally[] tallies = await Task.WhenAll(
                Enumerable.Range(0, threads).Select(_ => Task.Run(() => Work(files, cancellationToken), cancellationToken)));
            LogTally sum = new();
            foreach (LogTally tally in tallies)
            {
                sum.Add(tally);
            }

            return sum;
        }
        finally
        {
            foreach (LogFile file in files)
            {
                file.Dispose();
            }
        }
    }

    private static LogTally Work(LogFile[] files, CancellationToken cancellationToken)
    {
        LogTally tally = new();
        byte[] buffer = new byte[Block + LogTally.LongestLine + 1];
        foreach (LogFile file in files)
        {
            try
            {
                if (file.Compression == LogCompression.None)
                {
                    while (file.TryTake(Block, out long start))
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        ReadBlock(file, start, buffer, tally);
                    }
                }
                else if (file.TryTakeWhole())
                {
                    ReadStream(file, buffer, tally, cancellationToken);
                }
            }
            catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                throw Unreadable(file.Path, error.Message, error);
            }
        }

        return tally;
    }

    /// <summary>Takes the lines that begin within a block; the last one may end behind it.</summary>
    private static void ReadBlock(LogFile file, long start, byte[] buffer, LogTally tally)
    {
        // Whether a line begins at the block's first byte is told by the byte before.
        long from = Math.Max(0, start - 1);
        int length = file.ReadAt(from, buffer);
        ReadOnlySpan<byte> text = buffer.AsSpan(0, length);
        int limit = (int)Math.Min(length, start + Block - from);
        int at = start == 0 ? 0 : text.IndexOf((byte)'\n') is var first && first < 0 ? limit : first + 1;
        while (at < limit)
        {
            int end = text[at..].IndexOf((byte)'\n');
            if (end < 0 && from + length < file.Length)
            {
                tally.TakeLong(text[at..], file.Path, from + at, file.LineLength(from + at));
                return;
            }

            end = end < 0 ? length - at : end;
            tally.Take(text.Slice(at, end), file.Path, from + at);
            at += end + 1;
        }
    }

    private static void ReadStream(LogFile file, byte[] buffer, LogTally tally, CancellationToken cancellationToken)
    {
        using Stream stream = file.OpenStream();
        long offset = 0, skipped = 0, skippedFrom = 0;
        byte[] beginning = [];
        int held = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int read = stream.Read(buffer, held, buffer.Length - held);
            ReadOnlySpan<byte> text = buffer.AsSpan(0, held + read);
            int at = 0;
            while (text[at..].IndexOf((byte)'\n') is >= 0 and var end)
            {
                if (skipped > 0)
                {
                    tally.TakeLong(beginning, file.Path, skippedFrom, skipped + end);
                    skipped = 0;
                }
                else
                {
                    tally.Take(text.Slice(at, end), file.Path, offset + at);
                }

                at += end + 1;
            }

            ReadOnlySpan<byte> rest = text[at..];
            if (read == 0)
            {
                if (skipped > 0)
                {
                    tally.TakeLong(beginning, file.Path, skippedFrom, skipped + rest.Length);
                }
                else
                {
                    tally.Take(rest, file.Path, offset + at);
                }

                return;
            }

            if (rest.Length > LogTally.LongestLine || skipped > 0)
            {
                // No line of use is that long: only its length is of interest.
                if (skipped == 0)
                {
                    (beginning, skippedFrom) = (rest[..1024].ToArray(), offset + at);
                }

                skipped += rest.Length;
                at = text.Length;
                rest = [];
            }

            rest.CopyTo(buffer);
            (held, offset) = (rest.Length, offset + at);
        }
    }

    private static LogFile Open(string path)
    {
        try
        {
            return new LogFile(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, error.Message, error);
        }
    }

    internal static FoobarException Unreadable(string path, string reason, Exception? cause) =>
        new(
            "LogUnreadable",
            cause is FileNotFoundException or DirectoryNotFoundException ? ErrorKind.NotFound : ErrorKind.InvalidInput,
            $"The log '{path}' can't be read: {reason}", cause)
        {
            Recommendation = "Name files of text, gzip or zstd that you may read.",
        };
}
