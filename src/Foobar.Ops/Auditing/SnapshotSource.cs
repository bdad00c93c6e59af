using Foobar.Ops.Errors;

namespace Foobar.Ops.Auditing;

/// <summary>A snapshot at hand, or where one is to be had from; what is wrong with it shows when it is loaded.</summary>
public sealed class SnapshotSource
{
    private readonly Func<Snapshot> _load;

    private SnapshotSource(Func<Snapshot> load) => _load = load;

    /// <summary>A snapshot at hand.</summary>
    public static SnapshotSource Of(Snapshot snapshot) => new(() => snapshot);

    /// <summary>A file that <see cref="SnapshotFile"/> wrote.</summary>
    public static SnapshotSource File(string path) => new(() => SnapshotFile.Load(path));

    /// <summary>Something else, which is no snapshot.</summary>
    /// <param name="what">What it is, in a sentence.</param>
    public static SnapshotSource Unusable(string what) =>
        new(() => throw new FoobarException("SnapshotInvalid", ErrorKind.InvalidInput, what)
        {
            Recommendation = "Give what Export-FoobarSnapshot returned in this PowerShell, or the path of the file it wrote.",
        });

    /// <summary>The snapshot.</summary>
    /// <exception cref="FoobarException"><c>SnapshotNotFound</c>, <c>SnapshotInvalid</c>.</exception>
    public Snapshot Load() => _load();
}
