using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory.Loading;

namespace Foobar.Ops.Inventory;

/// <summary>
/// Reads inventories: JSON as <c>docs/foobar.schema.json</c> describes it, with everything that is wrong reported at once.
/// </summary>
public static class InventoryLoader
{
    /// <summary>The largest inventory that is read, in bytes.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>The environment variable that names the inventory where no parameter does.</summary>
    public const string EnvironmentVariable = "FOOBAR_INVENTORY";

    /// <summary>The inventory's name in the current directory, where neither a parameter nor the environment names one.</summary>
    public const string DefaultName = "foobar.json";

    /// <summary>Chooses the inventory: the path given, else the environment's, else <c>foobar.json</c> in the current directory.</summary>
    /// <param name="path">The path given by the user, or <see langword="null"/>.</param>
    /// <param name="environment">The value of <see cref="EnvironmentVariable"/>, or <see langword="null"/>.</param>
    /// <param name="directory">The current directory, absolute.</param>
    /// <returns>An absolute path; whether the file exists is <see cref="Load"/>'s to say.</returns>
    public static string Locate(string? path, string? environment, string directory)
    {
        string chosen = !string.IsNullOrWhiteSpace(path) ? path : !string.IsNullOrWhiteSpace(environment) ? environment : DefaultName;
        return Path.GetFullPath(chosen, directory);
    }

    /// <summary>Reads an inventory from a file.</summary>
    /// <exception cref="FoobarException"><c>InventoryNotFound</c>: there is no such file, or it may not be read.</exception>
    /// <exception cref="InventoryException"><c>InventoryInvalid</c>: it is not a valid inventory.</exception>
    public static Site Load(string path)
    {
        byte[] bytes = ReadFile(path);
        try
        {
            return Parse(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes), path);
        }
        catch (DecoderFallbackException exception)
        {
            throw Whole(path, "the file is not UTF-8 text", "JSON in UTF-8", exception);
        }
    }

    /// <summary>Reads an inventory from text.</summary>
    /// <param name="text">The text; a byte order mark at its beginning is skipped.</param>
    /// <param name="path">The path that errors name and that relative paths in the inventory start from; need not exist.</param>
    /// <exception cref="InventoryException"><c>InventoryInvalid</c>: it is not a valid inventory.</exception>
    public static Site Parse(string text, string path) => Parse(text, path, isRecorded: false);

    /// <summary>Reads an inventory that a snapshot holds: nobody logs in by it any more.</summary>
    /// <inheritdoc cref="Parse(string, string)"/>
    internal static Site ParseRecorded(string text, string path) => Parse(text, path, isRecorded: true);

    private static Site Parse(string text, string path, bool isRecorded)
    {
        if (text.Length > MaxBytes)
        {
            throw Whole(path, "the file is too large", $"at most {MaxBytes / 1024 / 1024} MiB");
        }

        Problems problems = new(path);
        string directory = Path.GetDirectoryName(Path.GetFullPath(path)) ?? Path.GetFullPath(".");
        SourceValue? root = SourceReader.Read(text.TrimStart('\uFEFF'), problems);
        Site? site = root is null ? null : new SiteReader(problems, directory).Read(root);
        if (site is not null)
        {
            new SiteChecks(site, root!, problems).Run(isRecorded);
        }

        problems.ThrowIfAny();
        return site!;
    }

    private static byte[] ReadFile(string path)
    {
        try
        {
            FileInfo file = new(path);
            return file.Length <= MaxBytes
                ? File.ReadAllBytes(path)
                : throw Whole(path, "the file is too large", $"at most {MaxBytes / 1024 / 1024} MiB");
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            string problem = exception is FileNotFoundException or DirectoryNotFoundException
                ? "does not exist"
                : $"cannot be read: {exception.Message}";
            throw new FoobarException("InventoryNotFound", ErrorKind.NotFound, $"The inventory {path} {problem}.", exception)
            {
                Recommendation =
                    $"Name an inventory with -Inventory or ${EnvironmentVariable}, or keep one as ./{DefaultName}; docs/examples/ has "
                        + "several to begin from.",
            };
        }
    }

    private static InventoryException Whole(string path, string message, string expected, Exception? cause = null) =>
        new(path, [new InventoryProblem { File = path, Line = 0, Column = 0, Path = "$", Message = message, Expected = expected }], cause);
}
