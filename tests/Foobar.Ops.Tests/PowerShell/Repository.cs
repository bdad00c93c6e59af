using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Foobar.Ops.Tests.PowerShell;

/// <summary>The files of the repository, as they lie beside the tests' sources.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>The quoted words of a list in the manifest.</summary>
    public static IReadOnlyList<string> ManifestList(string key)
    {
        string manifest = File.ReadAllText(PathOf("Foobar.Ops.psd1"));
        Match list = Regex.Match(manifest, key + @"\s*=\s*@\(([^)]*)\)", RegexOptions.None, TimeSpan.FromSeconds(5));
        Assert.True(list.Success, $"The manifest has no list {key}.");
        return
        [
            .. Regex.Matches(list.Groups[1].Value, "'([^']+)'", RegexOptions.None, TimeSpan.FromSeconds(5))
                .Select(word => word.Groups[1].Value),
        ];
    }

    private static string Find([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
