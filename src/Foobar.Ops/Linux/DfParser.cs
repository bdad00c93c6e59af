using System.Globalization;

namespace Foobar.Ops.Linux;

/// <summary>Reads <c>df -P -k</c> and <c>df -P -i</c> (df(1p): the portable format has one line a file system).</summary>
public static class DfParser
{
    /// <summary>The command for space.</summary>
    public const string Source = "df -l -P -k";

    /// <summary>The command for inodes.</summary>
    public const string InodesSource = "df -l -P -i";

    /// <summary>Reads both outputs; the second may be empty (a df without <c>-i</c>).</summary>
    /// <exception cref="Errors.ParseException">A line is not of that form.</exception>
    public static IReadOnlyList<FileSystem> Parse(string space, string inodes)
    {
        Dictionary<string, (long? Total, long? Used)> counts = [];
        foreach (Row row in Rows(inodes, InodesSource))
        {
            counts[row.MountPoint] = (row.Total, row.Used);
        }

        return
        [
            .. Rows(space, Source)
                .Where(row => row.Total is > 0)
                .Select(row => ToFileSystem(row, counts.GetValueOrDefault(row.MountPoint))),
        ];
    }

    private static FileSystem ToFileSystem(Row row, (long? Total, long? Used) inodes) => new()
    {
        MountPoint = row.MountPoint,
        Device = row.Device,
        SizeBytes = Bytes(row.Total),
        UsedBytes = Bytes(row.Used),
        AvailableBytes = Bytes(row.Available),
        Inodes = inodes.Total is > 0 ? inodes.Total : null,
        InodesUsed = inodes.Total is > 0 ? inodes.Used : null,
    };

    private static long Bytes(long? kibibytes) => kibibytes is > 0 and < long.MaxValue / 1024 ? kibibytes.Value * 1024 : 0;

    private static IEnumerable<Row> Rows(string text, string source) =>
        Lines.Of(text)
            .Where(line => !line.Text.StartsWith("Filesystem", StringComparison.Ordinal))
            .Select(line => ParseRow(line.Number, line.Text, source));

    /// <summary>The device may hold blanks (a FUSE mount), so the numbers are looked for from the percent sign backwards.</summary>
    private static Row ParseRow(int number, string line, string source)
    {
        string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int percent = Array.FindIndex(fields, 4 <= fields.Length ? 4 : 0, field => field == "-" || field.EndsWith('%'));
        return percent < 4 || percent + 1 >= fields.Length
            ? throw Lines.Unexpected(source, number, "device, total, used, available, percent and mount point", line)
            : new Row(
                string.Join(' ', fields[..(percent - 3)]),
                Number(fields[percent - 3], number, line, source),
                Number(fields[percent - 2], number, line, source),
                Number(fields[percent - 1], number, line, source),
                string.Join(' ', fields[(percent + 1)..]));
    }

    private static long? Number(string text, int line, string whole, string source) => text == "-"
        ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw Lines.Unexpected(source, line, "a number", whole);

    private sealed record Row(string Device, long? Total, long? Used, long? Available, string MountPoint);
}
