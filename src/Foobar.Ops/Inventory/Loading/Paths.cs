namespace Foobar.Ops.Inventory.Loading;

/// <summary>Readers of paths on the operator's machine.</summary>
internal static class Paths
{
    /// <summary>A path on the operator's machine; made absolute from the inventory's directory unless it begins with <c>~/</c>.</summary>
    public static Read<string?> Local(string directory) => (value, problems) =>
    {
        const string Expected = "the path of a file, absolute, below ~/ or relative to the inventory";
        if (!Scalars.Text(value, problems, Expected).TryGet(out string text))
        {
            return default;
        }

        bool home = text.StartsWith("~/", StringComparison.Ordinal);
        return Scalars.Check(home || text[0] is not ('-' or '~'), value, problems, Expected)
            ? (home ? text : Path.GetFullPath(text, directory))
            : default(Parsed<string?>);
    };

    /// <summary>A value that may be left out.</summary>
    public static Read<T?> Optional<T>(Read<T> read)
        where T : struct => (value, problems) => read(value, problems).TryGet(out T one) ? (T?)one : default(Parsed<T?>);
}
