using Foobar.Ops.Auditing;

namespace Foobar.Ops.Tests.Auditing;

/// <summary>
/// Snapshots as earlier versions of the module wrote them, of a clean lab; most units and mounts were left out. A version that
/// changes facts adds its own beside these, and must still read them all.
/// </summary>
internal static class RecordedSnapshots
{
    /// <summary>The files' names.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Directory.GetFiles(Folder, "*.json").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private static string Folder => Repository.File("tests", "Foobar.Ops.Tests", "Auditing", "Recorded");

    /// <summary>The text of one.</summary>
    public static string Text(string name) => File.ReadAllText(Path.Combine(Folder, name));

    /// <summary>One, loaded.</summary>
    public static Snapshot Load(string name) => SnapshotFile.Load(Path.Combine(Folder, name));
}
