using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Database;

/// <summary>The file systems under a database server.</summary>
public sealed record DatabaseStorage
{
    /// <summary>The data directory.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The directory of the binary logs.</summary>
    public required string BinlogDirectory { get; init; }

    /// <summary>Bytes left for data.</summary>
    [Measurement]
    public required long DataAvailableBytes { get; init; }

    /// <summary>Bytes left for binary logs.</summary>
    [Measurement]
    public required long BinlogAvailableBytes { get; init; }

    /// <summary>How full the binary logs' file system is, in percent.</summary>
    [Measurement]
    public required double BinlogUsedPercent { get; init; }

    /// <summary>Whether a file system under it is mounted read-only.</summary>
    public required bool ReadOnly { get; init; }

    /// <summary>The script whose output is read; its arguments are the two directories.</summary>
    internal const string Script = """df -P -k -- "$1" && printf '==\n' && df -P -k -- "$2" && printf '==\n' && cat /proc/self/mountinfo""";

    /// <summary>Reads the script's output.</summary>
    /// <exception cref="ParseException">The output is not as expected.</exception>
    internal static DatabaseStorage Parse(string text, string data, string binlogs)
    {
        string[] parts = text.Split("\n==\n");
        if (parts.Length != 3)
        {
            throw new ParseException(
                null, "df -P -k", 0, "expected the file systems of the data and binary log directories, and the mounts.");
        }

        FileSystem dataDisk = One(parts[0]);
        FileSystem binlogDisk = One(parts[1]);
        IReadOnlyList<Mount> mounts = MountParser.Parse(parts[2], "");
        return new()
        {
            DataDirectory = data,
            BinlogDirectory = binlogs,
            DataAvailableBytes = dataDisk.AvailableBytes,
            BinlogAvailableBytes = binlogDisk.AvailableBytes,
            BinlogUsedPercent = binlogDisk.UsedPercent,
            ReadOnly = mounts.Any(
                mount => mount.IsReadOnly && (mount.MountPoint == dataDisk.MountPoint || mount.MountPoint == binlogDisk.MountPoint)),
        };
    }

    private static FileSystem One(string text) => DfParser.Parse(text, "") is [FileSystem only]
        ? only
        : throw new ParseException(null, "df -P -k", 0, "expected one file system a directory.");
}
