using System.Text.RegularExpressions;

namespace Foobar.Ops.Tests.PowerShell;

/// <summary>Holds docs/errors.md against the sources.</summary>
public sealed class ErrorListTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    [Fact]
    public void Every_error_id_in_the_sources_is_listed_and_every_listed_one_is_in_the_sources()
    {
        SortedSet<string> thrown = [.. new[] { "Foobar.Ops", "Foobar.Ops.Drivers", "Foobar.Ops.PowerShell" }
            .SelectMany(project => Directory.EnumerateFiles(Repository.PathOf("src", project), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(file => Thrown(File.ReadAllText(file)))];
        SortedSet<string> listed =
        [
            .. Regex.Matches(
                File.ReadAllText(Repository.PathOf("docs", "errors.md")), @"^\| `([A-Z][A-Za-z]+)`", RegexOptions.Multiline, Limit)
                .Select(match => match.Groups[1].Value),
        ];

        Assert.Equal(
            "not listed:  listed but not thrown: ",
            $"not listed: {string.Join(", ", thrown.Except(listed))} listed but not thrown: {string.Join(", ", listed.Except(thrown))}");
    }

    /// <summary>The ids before a kind, written out or as a constant of the same file.</summary>
    private static IEnumerable<string> Thrown(string source)
    {
        Dictionary<string, string> constants = Regex.Matches(
            source, @"const string ([A-Z][A-Za-z]+) = ""([A-Z][A-Za-z]+)"";", RegexOptions.None, Limit)
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
        return Regex.Matches(
            source, @"\(\s*""([A-Z][A-Za-z]+)"",\s*Error(?:Kind|Category)\.|, ([A-Z][A-Za-z]+), Error(?:Kind|Category)\.",
            RegexOptions.None, Limit)
            .Select(match => match.Groups[1].Success ? match.Groups[1].Value : constants.GetValueOrDefault(match.Groups[2].Value))
            .OfType<string>();
    }
}
