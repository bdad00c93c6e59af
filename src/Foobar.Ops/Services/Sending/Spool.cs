using System.Globalization;
using System.Text;
using System.Text.Json;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Services.Sending;

/// <summary>
/// Batches that wait to be taken by a service, a file each: what was to be sent is here before it is sent, and leaves when it
/// was taken, so that a killed process loses nothing. A file appears whole or not at all (written beside, flushed, renamed),
/// holds no secret, and can be read by this user only. Two processes never send the same file at once.
/// </summary>
internal sealed class Spool
{
    private const string Waiting = ".batch";
    private const string SetAside = ".refused";
    private const string Begun = ".tmp";

    private readonly string _directory;
    private readonly long _mostBytes;

    /// <summary>The spool of a service.</summary>
    /// <param name="directory">The directory, which is made where it is missing.</param>
    /// <param name="mostBytes">How many bytes it may hold; the oldest batches give way.</param>
    public Spool(string directory, long mostBytes)
    {
        _directory = directory;
        _mostBytes = mostBytes;
    }

    /// <summary>The directory.</summary>
    public string Folder => _directory;

    /// <summary>Keeps a batch.</summary>
    /// <returns>The entries that had to give way, of older batches.</returns>
    /// <exception cref="FoobarException"><c>SpoolUnusable</c>: it can't be kept.</exception>
    public int Keep(OutgoingBatch batch, DateTimeOffset now)
    {
        try
        {
            Create();
            string name = string.Create(CultureInfo.InvariantCulture, $"{now.UtcDateTime:yyyyMMdd'T'HHmmss'.'fffffff}-{batch.Id}");
            string begun = Path.Combine(_directory, name + Begun);
            FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            byte[] content = Write(batch);
            int gaveWay = MakeRoom(content.Length);
            using (FileStream file = new(begun, options))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            File.Move(begun, Path.Combine(_directory, name + Waiting));
            return gaveWay;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FoobarException(
                "SpoolUnusable",
                ErrorKind.Failed,
                $"{_directory}: what is to be sent can't be kept here until it was: {error.Message} Nothing was sent.",
                error)
            {
                Recommendation = "See the rights and the free space of the directory; -SpoolPath names another.",
            };
        }
    }

    /// <summary>The files that wait, the oldest first. What a killed process left half written is removed after a day.</summary>
    public IReadOnlyList<string> Files()
    {
        if (!Directory.Exists(_directory))
        {
            return [];
        }

        foreach (string begun in Directory.EnumerateFiles(_directory, "*" + Begun)
            .Where(static file => File.GetLastWriteTimeUtc(file) < DateTime.UtcNow.AddDays(-1)))
        {
            File.Delete(begun);
        }

        return [.. Directory.EnumerateFiles(_directory, "*" + Waiting).Order(StringComparer.Ordinal)];
    }

    /// <summary>Takes a file to send it; <see langword="null"/> if it is gone or another process has it.</summary>
    public static SpooledBatch? Claim(string file)
    {
        try
        {
            // The lock goes with the process.
            FileStream claim = new(
                file, FileMode.Open, FileAccess.ReadWrite, OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None);

            // Another process may have sent and removed it between our opening and our lock.
            if (File.Exists(file))
            {
                return SpooledBatch.Read(claim, file);
            }

            claim.Dispose();
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>How many entries wait.</summary>
    /// <param name="besides">A file that is not counted: one that is claimed may not be readable.</param>
    public int Entries(string? besides = null) => Files().Where(file => file != besides).Sum(static file => SpooledBatch.EntriesOf(file));

    /// <summary>The name under which a refused batch stays for the operator to see.</summary>
    public static string AsideOf(string file) => Path.ChangeExtension(file, SetAside);

    private static byte[] Write(OutgoingBatch batch)
    {
        using MemoryStream content = new();
        JsonSerializer.Serialize(
            content,
            new BatchHead(
                batch.Id, batch.Door, batch.Path, batch.ContentType,
                [.. batch.Headers.Select(static header => new[] { header.Name, header.Value })],
                batch.Entries, batch.Oldest, batch.Newest, batch.MaximumAge?.TotalSeconds));
        content.WriteByte((byte)'\n');
        content.Write(batch.Body.Span);
        return content.ToArray();
    }

    private int MakeRoom(long needed)
    {
        FileInfo[] files = [.. new DirectoryInfo(_directory).EnumerateFiles().Where(static file => file.Extension is Waiting or SetAside)
            .OrderBy(static file => file.Extension == Waiting).ThenBy(static file => file.Name, StringComparer.Ordinal)];
        long total = files.Sum(static file => file.Length) + needed;
        int gaveWay = 0;
        foreach (FileInfo file in files.TakeWhile(_ => total > _mostBytes))
        {
            if (Claim(file.FullName) is { } batch)
            {
                using (batch)
                {
                    total -= file.Length;
                    gaveWay += file.Extension == Waiting ? batch.Batch.Entries : 0;
                    batch.Remove();
                }
            }
        }

        return gaveWay;
    }

    private void Create()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(_directory);
        }
        else
        {
            // The mode is that of the last directory only: that of the site, and of all sites, are made one by one.
            string?[] levels = [Path.GetDirectoryName(Path.GetDirectoryName(_directory)), Path.GetDirectoryName(_directory), _directory];
            foreach (string level in levels.OfType<string>())
            {
                Directory.CreateDirectory(level, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
    }
}

/// <summary>The first line of a file of the spool; the body follows.</summary>
internal sealed record BatchHead(
    string Id,
    string Door,
    string Path,
    string ContentType,
    string[][] Headers,
    int Entries,
    DateTimeOffset Oldest,
    DateTimeOffset Newest,
    double? MaximumAgeSeconds)
{
    /// <summary>Reads the first line; <see langword="null"/> if it is none of ours.</summary>
    public static BatchHead? Read(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize<BatchHead>(
                line) is { Id: not null, Path: not null, ContentType: not null, Headers: not null, Door: not null } head
                ? head
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>A file of the spool that this process is sending.</summary>
internal sealed class SpooledBatch : IDisposable
{
    private readonly FileStream _claim;
    private readonly string _file;

    private SpooledBatch(FileStream claim, string file, OutgoingBatch batch, bool isReadable)
    {
        _claim = claim;
        _file = file;
        Batch = batch;
        IsReadable = isReadable;
    }

    /// <summary>The file.</summary>
    public string File => _file;

    /// <summary>What it holds.</summary>
    public OutgoingBatch Batch { get; }

    /// <summary>Whether it is one of ours; what something else wrote there is set aside.</summary>
    public bool IsReadable { get; }

    /// <summary>When it was kept.</summary>
    public DateTimeOffset Kept => new(System.IO.File.GetLastWriteTimeUtc(_file), TimeSpan.Zero);

    /// <summary>Reads the file.</summary>
    public static SpooledBatch Read(FileStream claim, string file)
    {
        byte[] content = new byte[claim.Length];
        claim.ReadExactly(content);
        int end = content.AsSpan().IndexOf((byte)'\n');
        BatchHead? head = end < 0 ? null : BatchHead.Read(content.AsSpan(0, end));
        OutgoingBatch batch = head is null
            ? new OutgoingBatch(string.Empty, string.Empty, string.Empty, 0, default, default)
            : new OutgoingBatch(head.Id, head.Path, head.ContentType, head.Entries, head.Oldest, content.AsMemory(end + 1))
            {
                Door = head.Door,
                Newest = head.Newest,
                MaximumAge = head.MaximumAgeSeconds is > 0 and < 1e9 and double seconds ? TimeSpan.FromSeconds(seconds) : null,
                Headers = [.. head.Headers.Where(static header => header.Length == 2).Select(static header => (header[0], header[1]))],
            };
        return new SpooledBatch(claim, file, batch, head is not null);
    }

    /// <summary>How many entries a file holds; 0 if that can't be told.</summary>
    public static int EntriesOf(string file)
    {
        try
        {
            using StreamReader reader = new(
                new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), Encoding.UTF8);
            return reader.ReadLine() is { } line && BatchHead.Read(Encoding.UTF8.GetBytes(line)) is { } head ? head.Entries : 0;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>Removes it: it was taken, or is too old to be.</summary>
    public void Remove() => System.IO.File.Delete(_file);

    /// <summary>Sets it aside: the service will never take it.</summary>
    public string Refuse()
    {
        string aside = Spool.AsideOf(_file);
        System.IO.File.Move(_file, aside, overwrite: true);
        return aside;
    }

    /// <inheritdoc/>
    public void Dispose() => _claim.Dispose();
}
