using System.Globalization;
using System.Text.RegularExpressions;

namespace Foobar.Ops.Lab.Host;

/// <summary>One mount of this machine.</summary>
/// <param name="Point">Where it is mounted.</param>
/// <param name="Type">The file system's type.</param>
/// <param name="Source">What is mounted.</param>
/// <param name="SuperOptions">The options of the file system as a whole.</param>
internal sealed record MountEntry(string Point, string Type, string Source, string SuperOptions);

/// <summary>Reads what is mounted on this machine.</summary>
internal static partial class MountTable
{
    /// <summary>The mounts of this process's namespace.</summary>
    public static IReadOnlyList<MountEntry> Read() => Parse(File.ReadLines("/proc/self/mountinfo"));

    /// <summary>Reads the form of <c>/proc/PID/mountinfo</c> (proc_pid_mountinfo(5)).</summary>
    public static IReadOnlyList<MountEntry> Parse(IEnumerable<string> lines) =>
    [
        .. from line in lines
           let parts = line.Split(" - ", 2)
           let before = parts[0].Split(' ')
           let after = parts[^1].Split(' ')
           where parts.Length == 2 && before.Length >= 5 && after.Length >= 3
           select new MountEntry(Unescape(before[4]), after[0], Unescape(after[1]), after[2]),
    ];

    /// <summary>Unmounts a directory if something is mounted there; lazily where it is still in use.</summary>
    public static async Task UnmountAsync(string directory, CancellationToken cancel)
    {
        while (Read().Any(mount => mount.Point == directory))
        {
            ToolResult plain = await Tool.TryAsync("umount", [directory], cancel: cancel);
            if (!plain.Succeeded)
            {
                await Tool.RunAsync("umount", ["--lazy", directory], cancel: cancel);
            }
        }
    }

    /// <summary>Deletes a directory and all below it, but only if nothing is mounted there.</summary>
    /// <exception cref="LabException">Something is mounted there.</exception>
    public static void DeleteTree(string directory)
    {
        if (Read().FirstOrDefault(
            mount => mount.Point == directory || mount.Point.StartsWith(directory + "/", StringComparison.Ordinal)) is MountEntry mount)
        {
            throw LabException.Failed($"{directory} is not deleted: {mount.Point} is still mounted.");
        }

        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string Unescape(string text) =>
        Octal().Replace(text, match => ((char)Convert.ToInt32(match.Groups[1].Value, 8)).ToString(CultureInfo.InvariantCulture));

    [GeneratedRegex(@"\\([0-7]{3})")]
    private static partial Regex Octal();
}
