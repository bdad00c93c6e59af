using System.Xml.Linq;
using Foobar.Ops.HelpBuilder;
using Foobar.Ops.PowerShell.Cmdlets;

namespace Foobar.Ops.Tests.PowerShell;

public sealed class HelpBuilderTests
{
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    private const string Whole = """
        # Get-Thing

        ## SYNOPSIS
        Gets a `thing`.

        ## DESCRIPTION
        First & foremost.

        - one
        - two

        ## PARAMETERS

        ### -Name
        The name of it.

        ## EXAMPLES

        ### Example 1: Short
        ```powershell
        Get-Thing a
        ```
        ```text
        Name  Size
        a        1
        ```
        Says *this*.

        ### Example 2: Longer
        ```powershell
        Get-Thing b |
            Out-Null
        ```

        ## RELATED LINKS
        - [The manual](https://example.org/manual)
        """;

    private static readonly CmdletShape Thing = new()
    {
        Name = "Get-Thing",
        SupportsShouldProcess = true,
        OutputTypes = ["Foobar.Thing"],
        Sets = [ParameterShape.AllSets],
        Parameters =
        [
            new()
            {
                Name = "Name",
                Type = "String[]",
                IsSwitch = false,
                Globbing = true,
                Aliases = [],
                Values = ["a", "b"],
                Places = new Dictionary<string, PlaceShape> { [ParameterShape.AllSets] = new(true, 0, true, false) },
            },
        ],
    };

    [Fact]
    public void A_whole_source_becomes_help_without_a_problem()
    {
        HelpBuild build = Build(Whole);

        Assert.Empty(build.Problems);
        XElement command = build.Maml.Descendants(Command + "command").Single();
        Assert.Equal("Gets a thing.", command.Element(Command + "details")!.Element(Maml + "description")!.Value);
        Assert.Equal(["First & foremost.", "- one", "- two"], command.Element(Maml + "description")!.Elements().Select(para => para.Value));
        Assert.Equal(["Get-Thing a", "Get-Thing b |\n    Out-Null"], command.Descendants(Dev + "code").Select(code => code.Value));
        Assert.Equal(
            ["Name  Size\na        1", "Says this."],
            command.Descendants(Dev + "remarks").First().Elements().Select(para => para.Value).Where(text => text.Length > 0));
        Assert.Equal("https://example.org/manual", command.Descendants(Maml + "uri").Last().Value);
        Assert.Equal(
            ["Name", "WhatIf", "Confirm"],
            command.Element(Command + "parameters")!.Elements().Select(parameter => parameter.Element(Maml + "name")!.Value));
    }

    [Fact]
    public void A_parameter_s_place_comes_from_the_cmdlet()
    {
        XElement parameter = Build(Whole).Maml.Descendants(Command + "parameter").First();

        Assert.Equal(["true", "true", "true", "True (ByValue)", "0", "none"], parameter.Attributes().Select(attribute => attribute.Value));
        Assert.Contains("Values: a, b.", parameter.Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("## SYNOPSIS\nGets a `thing`.", "", "SYNOPSIS")]
    [InlineData("## DESCRIPTION", "## NOTES", "DESCRIPTION")]
    [InlineData("### -Name", "### -Nmae", "-Name is not described")]
    [InlineData("### -Name", "### -Nmae", "no parameter -Nmae")]
    [InlineData("Get-Thing b", "Get-Other b", "at least 2 examples")]
    [InlineData("# Get-Thing", "# Get-Thong", "title must be")]
    public void What_is_missing_or_wrong_is_a_problem(string text, string instead, string problem) =>
        Assert.Contains(
            Build(Whole.Replace(text, instead, StringComparison.Ordinal)).Problems,
            found => found.Message.Contains(problem, StringComparison.Ordinal));

    [Fact]
    public void A_cmdlet_without_a_source_and_a_source_without_a_cmdlet_are_problems()
    {
        Assert.Contains("has no help source", HelpBuild.Of([Thing], []).Problems.Single().Message, StringComparison.Ordinal);
        Assert.Contains("no cmdlet", HelpBuild.Of([], [Source(Whole)]).Problems.Single().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shared_description_stands_in_for_a_missing_one()
    {
        HelpSource common = HelpSourceReader.Read(
            "docs/en-US/Common-Parameters.md", "# Common-Parameters\n## PARAMETERS\n### -Name\nThe common text.\n");
        HelpSource own = Source(Whole.Replace("### -Name\nThe name of it.", "", StringComparison.Ordinal));

        HelpBuild build = HelpBuild.Of([Thing], [common, own]);

        Assert.Empty(build.Problems);
        Assert.Contains("The common text.", build.Maml.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Real_cmdlets_are_read_with_what_they_inherit()
    {
        CmdletShape cmdlet = CmdletReader.Read(typeof(GetFoobarServer).Assembly).Single(one => one.Name == "Get-FoobarServer");

        ParameterShape server = cmdlet.Parameters.Single(parameter => parameter.Name == "Server");
        Assert.Equal(("String[]", true), (server.Type, server.Globbing));
        Assert.Equal(new PlaceShape(false, 0, true, true), server.In(ParameterShape.AllSets));
        Assert.Contains("LoadBalancer", cmdlet.Parameters.Single(parameter => parameter.Name == "Role").Values);
    }

    private static HelpBuild Build(string markdown) => HelpBuild.Of([Thing], [Source(markdown)]);

    private static HelpSource Source(string markdown) => HelpSourceReader.Read("docs/en-US/Get-Thing.md", markdown);
}
