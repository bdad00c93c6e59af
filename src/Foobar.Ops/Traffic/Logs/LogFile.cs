using System.IO.Compression;
using Foobar.Ops.Remoting.Drivers;
using Microsoft.Win32.SafeHandles;

namespace Foobar.Ops.Traffic.Logs;

/// <summary>How a file is compressed, by its first bytes.</summary>
internal enum LogCompression
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>gzip (RFC 1952).</summary>
    Gzip,

    /// <summary>zstd (RFC 8878).</summary>
    Zstd,
}

/// <summary>A log file that several threads share.</summary>
internal sealed class LogFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private long _next;
    private int _isTaken;

    /// <exception cref="IOException">It can't be opened, or is compressed in a way that is not known.</exception>
    public LogFile(string path)
    {
        Path = path;
        _handle = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        Length = RandomAccess.GetLength(_handle);
        byte[] magic = new byte[6];
        int read = ReadAt(0, magic);
        Compression = Of(magic.AsSpan(0, read));
    }

    /// <summary>Its path.</summary>
    public string Path { get; }

    /// <summary>How long it was when it was opened.</summary>
    public long Length { get; }

    /// <summary>How it is compressed.</summary>
    public LogCompression Compression { get; }

    /// <summary>Takes the next block, which no other thread takes.</summary>
    public bool TryTake(int block, out long start) => (start = Interlocked.Add(ref _next, block) - block) < Length;

    /// <summary>Takes the whole file, which no other thread takes.</summary>
    public bool TryTakeWhole() => Interlocked.Exchange(ref _isTaken, 1) == 0;

    /// <summary>Fills a buffer from an offset on, as far as the file goes.</summary>
    public int ReadAt(long offset, Span<byte> buffer)
    {
        int most = (int)Math.Min(buffer.Length, Math.Max(0, Length - offset)), filled = 0;
        while (filled < most && RandomAccess.Read(_handle, buffer[filled..most], offset + filled) is > 0 and var read)
        {
            filled += read;
        }

        return filled;
    }

    /// <summary>How long the line is that begins at an offset.</summary>
    public long LineLength(long offset)
    {
        byte[] buffer = new byte[1 << 16];
        for (long length = 0; ;)
        {
            int read = ReadAt(offset + length, buffer), end = buffer.AsSpan(0, read).IndexOf((byte)'\n');
            length += end < 0 ? read : end;
            if (end >= 0 || read == 0)
            {
                return length;
            }
        }
    }

    /// <summary>What it holds, decompressed.</summary>
    public Stream OpenStream()
    {
        FileStream file = new(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16);
        return Compression == LogCompression.Gzip
            ? new GZipStream(file, CompressionMode.Decompress)
            : LoadedDrivers.Compression.OpenZstd(file);
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private static LogCompression Of(ReadOnlySpan<byte> magic) =>
        magic.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]) ? LogCompression.Gzip
        : magic.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]) ? LogCompression.Zstd
        : magic.StartsWith("BZh"u8) ? throw new IOException("it is compressed by bzip2, which is not read; decompress it.")
        : magic.StartsWith((ReadOnlySpan<byte>)[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])
            ? throw new IOException("it is compressed by xz, which is not read; decompress it.")
        : LogCompression.None;
}
