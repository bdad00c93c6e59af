using System.Xml.Linq;

namespace Foobar.Ops.HelpBuilder;

/// <summary>
/// Writes PowerShell's help format (MAML; Microsoft Learn, "Writing PowerShell Cmdlet Help"): names as in the schema that
/// ships with PowerShell.
/// </summary>
internal static class MamlWriter
{
    private static readonly XNamespace Items = "http://msh";
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Command_ = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    private static readonly (string Name, string Text)[] ShouldProcess =
    [
        ("WhatIf", "Shows what would be done, and does nothing."),
        ("Confirm", "Asks before each change."),
    ];

    /// <summary>The file around the commands.</summary>
    public static XDocument Document(IEnumerable<XElement> commands) => new(
        new XElement(Items + "helpItems", new XAttribute("schema", "maml"), commands));

    /// <summary>The help of one cmdlet.</summary>
    /// <param name="cmdlet">The cmdlet as compiled.</param>
    /// <param name="source">Its text.</param>
    /// <param name="text">The paragraphs about a parameter.</param>
    public static XElement Command(CmdletShape cmdlet, HelpSource source, Func<string, IReadOnlyList<string>> text) => new(
        Command_ + "command",
        new XAttribute(XNamespace.Xmlns + "maml", Maml),
        new XAttribute(XNamespace.Xmlns + "command", Command_),
        new XAttribute(XNamespace.Xmlns + "dev", Dev),
        new XElement(
            Command_ + "details",
            new XElement(Command_ + "name", cmdlet.Name),
            new XElement(Command_ + "verb", cmdlet.Name.Split('-')[0]),
            new XElement(Command_ + "noun", cmdlet.Name.Split('-')[1]),
            Paragraphs(Maml + "description", source.Section("SYNOPSIS"))),
        Paragraphs(Maml + "description", source.Section("DESCRIPTION")),
        new XElement(Command_ + "syntax", cmdlet.Sets.Select(set => Syntax(cmdlet, set, text))),
        new XElement(
            Command_ + "parameters",
            Ordered(cmdlet, ParameterShape.AllSets).Select(one => Parameter(one.Parameter, one.Place, text)),
            Extras(cmdlet)),
        new XElement(
            Command_ + "inputTypes",
            new XElement(Command_ + "inputType", Type(string.Join(' ', source.Section("INPUTS").DefaultIfEmpty("None"))))),
        new XElement(
            Command_ + "returnValues",
            cmdlet.OutputTypes.Select(
                type => new XElement(Command_ + "returnValue", Type(type), Paragraphs(Maml + "description", source.Section("OUTPUTS"))))),
        source.Section("NOTES").Count == 0 ? null : new XElement(Maml + "alertSet", Paragraphs(Maml + "alert", source.Section("NOTES"))),
        new XElement(Command_ + "examples", source.Examples.Select(Example)),
        new XElement(Command_ + "relatedLinks", source.Links.Select(Link)));

    private static XElement Syntax(CmdletShape cmdlet, string set, Func<string, IReadOnlyList<string>> text) => new(
        Command_ + "syntaxItem",
        new XElement(Maml + "name", cmdlet.Name),
        Ordered(cmdlet, set).Select(one => Parameter(one.Parameter, one.Place, text)),
        Extras(cmdlet));

    // Positional ones first, in their order; then mandatory ones; then as declared.
    private static IEnumerable<(ParameterShape Parameter, PlaceShape Place)> Ordered(CmdletShape cmdlet, string set) =>
        from parameter in cmdlet.Parameters
        let place = set == ParameterShape.AllSets ? parameter.Places.Values.First() : parameter.In(set)
        where place is not null
        orderby place.Position ?? int.MaxValue, place.Mandatory ? 0 : 1
        select (parameter, place);

    private static XElement Parameter(ParameterShape parameter, PlaceShape place, Func<string, IReadOnlyList<string>> text) => new(
        Command_ + "parameter",
        new XAttribute("required", place.Mandatory ? "true" : "false"),
        new XAttribute("variableLength", parameter.Type.EndsWith("[]", StringComparison.Ordinal) ? "true" : "false"),
        new XAttribute("globbing", parameter.Globbing ? "true" : "false"),
        new XAttribute("pipelineInput", place.PipelineText),
        new XAttribute("position", place.PositionText),
        new XAttribute("aliases", parameter.Aliases.Count == 0 ? "none" : string.Join(", ", parameter.Aliases)),
        new XElement(Maml + "name", parameter.Name),
        Paragraphs(Maml + "description", [.. text(parameter.Name), .. ValuesText(parameter)]),
        parameter.IsSwitch
            ? null
            : new XElement(
                Command_ + "parameterValue", new XAttribute("required", "true"), new XAttribute("variableLength", "false"), parameter.Type),
        new XElement(Dev + "type", new XElement(Maml + "name", parameter.Type), new XElement(Maml + "uri")),
        new XElement(Dev + "defaultValue", "None"));

    private static string[] ValuesText(ParameterShape parameter) =>
        parameter.Values.Count == 0 ? [] : [$"Values: {string.Join(", ", parameter.Values)}."];

    private static IEnumerable<XElement> Extras(CmdletShape cmdlet) => cmdlet.SupportsShouldProcess
        ? ShouldProcess.Select(extra => Parameter(
            new()
            {
                Name = extra.Name,
                Type = "SwitchParameter",
                IsSwitch = true,
                Globbing = false,
                Aliases = [],
                Values = [],
                Places = new Dictionary<string, PlaceShape>(),
            },
            new(false, null, false, false),
            _ => [extra.Text]))
        : [];

    private static XElement Type(string name) => new(Dev + "type", new XElement(Maml + "name", name));

    private static XElement Example(HelpPart example, int index) => new(
        Command_ + "example",
        new XElement(Maml + "title", $"-------- {example.Title} --------"),
        new XElement(Dev + "code", example.Code),
        // The empty ones part an example from the next on the terminal.
        Paragraphs(Dev + "remarks", [.. example.Paragraphs, string.Empty, string.Empty]));

    private static XElement Link((string Text, string Target) link) => new(
        Maml + "navigationLink",
        new XElement(Maml + "linkText", link.Text),
        new XElement(Maml + "uri", link.Target.Contains("://", StringComparison.Ordinal) ? link.Target : string.Empty));

    private static XElement Paragraphs(XName name, IReadOnlyList<string> paragraphs) =>
        new(name, paragraphs.Select(paragraph => new XElement(Maml + "para", paragraph)));
}
