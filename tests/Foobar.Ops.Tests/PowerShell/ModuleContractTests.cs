using System.Xml.Linq;
using Foobar.Ops.HelpBuilder;
using Foobar.Ops.PowerShell.Cmdlets;

namespace Foobar.Ops.Tests.PowerShell;

/// <summary>Holds together what ships: manifest, cmdlets, help sources, views and error ids.</summary>
public sealed class ModuleContractTests
{
    private static readonly IReadOnlyList<CmdletShape> Cmdlets = CmdletReader.Read(typeof(GetFoobarServer).Assembly);

    [Fact]
    public void The_manifest_exports_exactly_the_compiled_cmdlets_in_order() =>
        Assert.Equal(Cmdlets.Select(cmdlet => cmdlet.Name), Repository.ManifestList("CmdletsToExport"));

    [Fact]
    public void The_manifest_lists_exactly_the_format_files() =>
        Assert.Equal(
            Directory.EnumerateFiles(Repository.PathOf("module", "Formats"), "*.ps1xml").Select(file => "Formats/" + Path.GetFileName(file)).Order(StringComparer.Ordinal),
            Repository.ManifestList("FormatsToProcess"));

    [Fact]
    public void Every_output_type_has_a_view()
    {
        string[] views = [.. Views()];

        Assert.All(Cmdlets, cmdlet => Assert.NotEmpty(cmdlet.OutputTypes));
        Assert.All(Cmdlets.SelectMany(cmdlet => cmdlet.OutputTypes).Where(type => !IsPlain(type)), type => Assert.Contains(type, views));
    }

    [Fact]
    public void Every_view_is_of_a_type_that_exists() =>
        Assert.All(Views(), name => Assert.NotNull(typeof(Findings.Finding).Assembly.GetType(name)));

    [Fact]
    public void Every_cmdlet_has_the_module_s_noun() =>
        Assert.All(Cmdlets, cmdlet => Assert.Contains("-Foobar", cmdlet.Name, StringComparison.Ordinal));

    [Fact]
    public void Every_cmdlet_s_help_is_whole() =>
        Assert.Empty(HelpBuild.Of(Cmdlets, HelpSourceReader.ReadFolder(Repository.PathOf("docs", "en-US"))).Problems);

    private static IEnumerable<string> Views() =>
        Directory.EnumerateFiles(Repository.PathOf("module", "Formats"), "*.ps1xml")
            .SelectMany(file => XDocument.Load(file).Descendants("ViewSelectedBy").Descendants("TypeName")).Select(name => name.Value);

    private static bool IsPlain(string type) => type.StartsWith("System.", StringComparison.Ordinal);
}
