using Foobar.Ops.Errors;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Servers;

/// <summary>The small files of the kernel, and /etc/fstab, read by one process: starting one costs more than reading them all.</summary>
internal static class KernelFiles
{
    private const string Mounts = MountParser.Source, Declared = "/etc/fstab";

    /// <summary>tail(1) writes each name between arrows; a file that is not there it leaves out.</summary>
    public const string Script = $"tail -n +1 -- {EphemeralPorts.Source} {MemoryUse.Source} {Mounts} {Declared} 2>/dev/null || true";

    /// <summary>The text of one of them.</summary>
    /// <exception cref="ParseException">It is missing or can't be read.</exception>
    public static string Of(string text, string path) =>
        Find(text, path) ?? throw new ParseException(null, path, 0, "the file is missing or can't be read.");

    /// <summary>The mounts, beside what /etc/fstab wants of them.</summary>
    /// <exception cref="ParseException">They can't be read, or a line is not of its form.</exception>
    public static IReadOnlyList<Mount> MountsOf(string text) => MountParser.Parse(Of(text, Mounts), Find(text, Declared) ?? "");

    private static string? Find(string text, string path) => Sections.Parse(text).GetValueOrDefault($"{path} <==");
}
