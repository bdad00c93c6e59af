using System.Text;

namespace Foobar.Ops.Linux;

/// <summary>Reads <c>/proc/self/mountinfo</c> (proc_pid_mountinfo(5)) and <c>/etc/fstab</c> (fstab(5)).</summary>
public static class MountParser
{
    /// <summary>The file the mounts are read from.</summary>
    public const string Source = "/proc/self/mountinfo";

    /// <summary>Reads the mounts; a later mount on the same point hides an earlier one.</summary>
    /// <param name="mountInfo">The text of /proc/self/mountinfo.</param>
    /// <param name="fstab">The text of /etc/fstab, or nothing.</param>
    /// <exception cref="Errors.ParseException">A line of mountinfo is not of its form.</exception>
    public static IReadOnlyList<Mount> Parse(string mountInfo, string fstab)
    {
        HashSet<string> declared = DeclaredReadOnly(fstab);
        Dictionary<string, Mount> mounts = [];
        foreach ((int number, string line) in Lines.Of(mountInfo))
        {
            Mount mount = ParseLine(number, line);
            mounts[mount.MountPoint] = mount with { DeclaredReadOnly = declared.Contains(mount.MountPoint) };
        }

        return [.. mounts.Values];
    }

    /// <summary>36 35 98:0 /root /mount/point rw,noatime master:1 - ext3 /dev/root rw,errors=continue.</summary>
    private static Mount ParseLine(int number, string line)
    {
        string[] fields = line.Split(' ');
        int dash = Array.IndexOf(fields, "-");
        return dash < 6 || fields.Length < dash + 4
            ? throw Lines.Unexpected(Source, number, "mount ids, root, mount point, options, '-', type, source and options", line)
            : new Mount
            {
                MountPoint = Unescape(fields[4]),
                Type = fields[dash + 1],
                Device = Unescape(fields[dash + 2]),
                IsReadOnly = HasOption(fields[5], "ro") || HasOption(fields[dash + 3], "ro"),
            };
    }

    private static HashSet<string> DeclaredReadOnly(string fstab) =>
    [
        .. Lines.Of(fstab)
            .Select(line => Lines.Fields(line.Text))
            .Where(fields => fields.Length >= 4 && fields[0][0] != '#' && HasOption(fields[3], "ro"))
            .Select(fields => Unescape(fields[1])),
    ];

    private static bool HasOption(string options, string option) => options.Split(',').Contains(option);

    /// <summary>Blanks, tabs, newlines and backslashes stand as octal escapes: <c>\040</c>.</summary>
    private static string Unescape(string text)
    {
        StringBuilder plain = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length && IsOctal(text.AsSpan(i + 1, 3)))
            {
                plain.Append((char)Convert.ToInt32(text.Substring(i + 1, 3), 8));
                i += 3;
            }
            else
            {
                plain.Append(text[i]);
            }
        }

        return plain.ToString();
    }

    private static bool IsOctal(ReadOnlySpan<char> digits) =>
        digits[0] is >= '0' and <= '3' && digits[1] is >= '0' and <= '7' && digits[2] is >= '0' and <= '7';
}
