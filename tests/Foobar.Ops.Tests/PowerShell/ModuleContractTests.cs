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
            Directory.EnumerateFiles(Repository.PathOf("module", "Formats"), "*.ps1xml")
                .Select(file => "Formats/" + Path.GetFileName(file))
                .Order(StringComparer.Ordinal),
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

    // There are several logins: SSH's, the database's, the canary's. A bare -Credential would leave open which is meant.
    [Fact]
    public void Every_login_says_whose_it_is()
    {
        ParameterShape[] logins = [.. Cmdlets.SelectMany(cmdlet => cmdlet.Parameters).Where(parameter => parameter.Type == "PSCredential")];

        Assert.Contains(logins, login => login.Name == "DatabaseCredential");
        Assert.All(logins, login => Assert.Matches("^[A-Z][a-z]+Credential$", login.Name));
        Assert.All(Cmdlets.SelectMany(cmdlet => cmdlet.Parameters), parameter => Assert.DoesNotContain("Credential", parameter.Aliases));
    }

    // Measure-FoobarWrite (Get-Credential canary): the account that writes is the one that can't be left out.
    [Fact]
    public void A_login_without_a_name_is_the_canary_s()
    {
        CmdletShape measure = Cmdlets.Single(cmdlet => cmdlet.Name == "Measure-FoobarWrite");

        Assert.Equal(
            ["CanaryCredential"],
            measure.Parameters.Where(parameter => parameter.In(ParameterShape.AllSets)?.Position is not null)
                .Select(parameter => parameter.Name));
    }

    private static IEnumerable<string> Views() =>
        Directory.EnumerateFiles(Repository.PathOf("module", "Formats"), "*.ps1xml")
            .SelectMany(file => XDocument.Load(file).Descendants("ViewSelectedBy").Descendants("TypeName")).Select(name => name.Value);

    private static bool IsPlain(string type) => type.StartsWith("System.", StringComparison.Ordinal);
}
