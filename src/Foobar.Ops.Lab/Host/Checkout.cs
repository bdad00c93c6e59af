namespace Foobar.Ops.Lab.Host;

/// <summary>The clone of the repository that this program was built in, and what the build put there.</summary>
internal static class Checkout
{
    private const string Manifest = "Foobar.Ops.psd1";

    /// <summary>Its root directory.</summary>
    /// <exception cref="LabException">The program was copied out of its clone.</exception>
    public static string Root => FindRoot() ?? throw LabException.NotFound(
        $"There is no clone of the repository above {AppContext.BaseDirectory}.",
        "Run the lab from a clone: dotnet run --project src/Foobar.Ops.Lab.");

    /// <summary>The directory of what the tests and the demonstration need beside the module.</summary>
    public static string Tools => Path.Combine(Root, ".tools");

    /// <summary>The manifest of the staged module, the latest if there are several versions.</summary>
    /// <exception cref="LabException">None is staged.</exception>
    public static string Module
    {
        get
        {
            string output = Path.Combine(Root, "output", "Foobar.Ops");
            string[] staged = Directory.Exists(output)
                ? [.. Directory.GetDirectories(output).Select(version => Path.Combine(version, Manifest)).Where(File.Exists)]
                : [];
            return staged.MaxBy(File.GetLastWriteTimeUtc)
                ?? throw LabException.NotFound($"No module is staged in {output}.", "Run dotnet build.");
        }
    }

    private static string? FindRoot()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, Manifest)))
        {
            directory = directory.Parent;
        }

        // A staged module has a manifest, too.
        return directory is not null && Directory.Exists(Path.Combine(directory.FullName, "src")) ? directory.FullName : null;
    }
}
