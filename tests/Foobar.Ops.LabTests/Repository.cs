namespace Foobar.Ops.LabTests;

/// <summary>Files of the repository, which tests hold against what they see.</summary>
internal static class Repository
{
    /// <summary>The repository's root directory.</summary>
    public static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Foobar.Ops.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException($"No Foobar.Ops.sln above {AppContext.BaseDirectory}.");
    }
}
