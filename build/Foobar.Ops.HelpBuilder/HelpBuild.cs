using System.Xml.Linq;

namespace Foobar.Ops.HelpBuilder;

/// <summary>The help of all cmdlets, or what keeps it from being whole.</summary>
/// <param name="Maml">PowerShell's help file.</param>
/// <param name="Problems">What is missing or wrong; the help file counts only if there is none.</param>
internal sealed record HelpBuild(XDocument Maml, IReadOnlyList<HelpProblem> Problems)
{
    private const string Common = "Common-Parameters";
    private const int ExamplesWanted = 2;
    private static readonly string[] SectionsWanted = ["SYNOPSIS", "DESCRIPTION"];

    /// <summary>Joins cmdlets and sources.</summary>
    public static HelpBuild Of(IReadOnlyList<CmdletShape> cmdlets, IReadOnlyList<HelpSource> sources)
    {
        HelpSource? common = sources.FirstOrDefault(source => source.Name == Common);
        string folder = Path.GetDirectoryName(sources is [HelpSource first, ..] ? first.Path : null) ?? "docs/en-US";
        Dictionary<string, HelpSource> byName = sources.Where(source => source != common)
            .ToDictionary(source => source.Name, StringComparer.OrdinalIgnoreCase);
        List<HelpProblem> problems = [.. sources.SelectMany(Misnamed)];
        List<XElement> commands = [];
        foreach (CmdletShape cmdlet in cmdlets)
        {
            if (!byName.Remove(cmdlet.Name, out HelpSource? source))
            {
                problems.Add(new(Path.Combine(folder, cmdlet.Name + ".md"), 1, $"{cmdlet.Name} has no help source; write this file."));
                continue;
            }

            problems.AddRange(Check(cmdlet, source, common));
            commands.Add(MamlWriter.Command(cmdlet, source, parameter => TextOf(parameter, source, common)));
        }

        problems.AddRange(byName.Values.Select(source => new HelpProblem(source.Path, 1, $"There is no cmdlet {source.Name}.")));
        return new(MamlWriter.Document(commands), problems);
    }

    private static IReadOnlyList<string> TextOf(string parameter, HelpSource source, HelpSource? common) =>
        (source.Parameters.GetValueOrDefault(parameter) ?? common?.Parameters.GetValueOrDefault(parameter))?.Paragraphs ?? [];

    private static IEnumerable<HelpProblem> Misnamed(HelpSource source)
    {
        string file = Path.GetFileNameWithoutExtension(source.Path);
        if (source.Name != file)
        {
            yield return new(source.Path, 1, $"The title must be the file's name, '# {file}'.");
        }
    }

    private static IEnumerable<HelpProblem> Check(CmdletShape cmdlet, HelpSource source, HelpSource? common)
    {
        foreach (string section in SectionsWanted.Where(section => source.Section(section).Count == 0))
        {
            yield return new(source.Path, 1, $"{cmdlet.Name}: '## {section}' is missing or empty.");
        }

        foreach (ParameterShape parameter in cmdlet.Parameters.Where(parameter => TextOf(parameter.Name, source, common).Count == 0))
        {
            yield return new(
                source.Path, 1,
                $"{cmdlet.Name}: the parameter -{parameter.Name} is not described: write '### -{parameter.Name}' under '## PARAMETERS'.");
        }

        foreach (HelpPart part in source.Parameters.Values.Where(
            part => cmdlet.Parameters.All(
                parameter => !string.Equals(parameter.Name, part.Title.TrimStart('-'), StringComparison.OrdinalIgnoreCase))))
        {
            yield return new(source.Path, part.Line, $"{cmdlet.Name} has no parameter {part.Title}.");
        }

        if (source.Examples.Count(example => example.Code.Contains(cmdlet.Name, StringComparison.OrdinalIgnoreCase)) < ExamplesWanted)
        {
            yield return new(
                source.Path, 1, $"{cmdlet.Name}: at least {ExamplesWanted} examples with a code block that uses the cmdlet are wanted.");
        }
    }
}
