namespace Foobar.Ops.Tests;

/// <summary>Files of the repository, which tests hold against the code.</summary>
internal static class Repository
{
    /// <summary>The repository's root directory.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The absolute path of a file of the repository.</summary>
    public static string File(params string[] path) => Path.Combine([Root, .. path]);

    private static string FindRoot()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (System.IO.File.Exists(Path.Combine(directory.FullName, "Foobar.Ops.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException($"No Foobar.Ops.sln above {AppContext.BaseDirectory}.");
    }
}
