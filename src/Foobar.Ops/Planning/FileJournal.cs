using System.Text.Json;
using System.Text.Json.Serialization;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Planning;

/// <summary>A journal in a file that only grows: one JSON object a line.</summary>
public sealed class FileJournal : IJournal, IDisposable
{
    private static readonly JsonSerializerOptions Format = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly Stream _file;

    private FileJournal(string path, Stream file) => (Path, _file) = (path, file);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Opens a journal for appending; creates it, readable by its owner only, if there is none.</summary>
    public static FileJournal Open(string path) => Open(path, new DiskFiles());

    internal static FileJournal Open(string path, IStateFiles files)
    {
        FileJournal journal = new(path, files.Open(path, FileMode.OpenOrCreate, FileShare.ReadWrite));
        journal.CutTornLine();
        return journal;
    }

    /// <summary>Reads a journal. A last line without its end was being written when its writer died, and is left out.</summary>
    /// <exception cref="ParseException">A line is no record.</exception>
    public static IReadOnlyList<JournalRecord> Read(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using StreamReader reader = new(file);
        return Parse(reader.ReadToEnd(), path);
    }

    /// <summary>Reads a journal's text.</summary>
    /// <inheritdoc cref="Read"/>
    public static IReadOnlyList<JournalRecord> Parse(string text, string origin)
    {
        string[] lines = text.Split('\n');
        List<JournalRecord> records = [];
        for (int index = 0; index < lines.Length - 1; index++)
        {
            records.Add(Record(lines[index], origin, index + 1));
        }

        return records;
    }

    /// <inheritdoc/>
    public void Append(IEnumerable<JournalRecord> records, bool durable = true)
    {
        using MemoryStream lines = new();
        foreach (JournalRecord record in records)
        {
            JsonSerializer.Serialize(lines, record, Format);
            lines.WriteByte((byte)'\n');
        }

        _file.Write(lines.GetBuffer().AsSpan(0, (int)lines.Length));
        if (_file is FileStream onDisk)
        {
            onDisk.Flush(flushToDisk: durable);
        }
        else
        {
            _file.Flush();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static JournalRecord Record(string line, string origin, int number)
    {
        try
        {
            return JsonSerializer.Deserialize<JournalRecord>(line, Format) ?? throw new JsonException("null is no record");
        }
        catch (JsonException error)
        {
            throw new ParseException(null, origin, number, $"expected a journal's record (a JSON object): {error.Message}", error);
        }
    }

    // What a killed writer left behind must not become the beginning of our first record.
    private void CutTornLine()
    {
        long end = _file.Length;
        while (end > 0)
        {
            _file.Position = end - 1;
            if (_file.ReadByte() == '\n')
            {
                break;
            }

            end--;
        }

        _file.SetLength(end);
        _file.Position = end;
    }
}
