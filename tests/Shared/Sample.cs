namespace Foobar.Ops.Testing;

/// <summary>
/// How much of what could be tried a run tries: all of it if FOOBAR_LAB_THOROUGH is 1, else a share that the seed chooses.
/// </summary>
internal static class Sample
{
    /// <summary>Whether all is wanted.</summary>
    public static bool IsAll => Environment.GetEnvironmentVariable("FOOBAR_LAB_THOROUGH") == "1";

    /// <summary>Whether one of several is tried in this run.</summary>
    /// <param name="index">Which one it is, from 0.</param>
    /// <param name="of">One of how many is tried.</param>
    public static bool Has(int index, int of) => IsAll || index % of == TestSeed.Value % of;

    /// <summary>Those that are tried in this run.</summary>
    /// <inheritdoc cref="Has"/>
    public static IEnumerable<T> Of<T>(IEnumerable<T> all, int of) =>
        all.Index().Where(one => Has(one.Index, of)).Select(static one => one.Item);
}
