using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Foobar.Ops.HelpBuilder;

/// <summary>
/// Reads help sources. Their form is a part of platyPS's: a title, then the second-level headings SYNOPSIS, DESCRIPTION,
/// PARAMETERS (a third-level heading <c>-Name</c> each), EXAMPLES (one each, with a code block of PowerShell, and perhaps one of
/// what it writes), INPUTS, OUTPUTS, NOTES and RELATED LINKS. Syntax, types and positions are not written: the compiled cmdlet knows them.
/// </summary>
internal static class HelpSourceReader
{
    /// <summary>The sources in a folder: one file a cmdlet, and <c>Common-Parameters.md</c> for what many cmdlets share.</summary>
    public static IReadOnlyList<HelpSource> ReadFolder(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*-*.md").Order(StringComparer.Ordinal).Select(path => Read(path, File.ReadAllText(path)))];

    /// <summary>Reads one source.</summary>
    public static HelpSource Read(string path, string markdown)
    {
        Dictionary<string, IReadOnlyList<string>> sections = [];
        Dictionary<string, HelpPart> parameters = new(StringComparer.OrdinalIgnoreCase);
        List<HelpPart> examples = [];
        (string Text, string Target)[] links = [];
        MarkdownDocument document = Markdown.Parse(markdown);
        string section = string.Empty;
        foreach ((HeadingBlock heading, List<Block> body) in Parts(document))
        {
            string title = PlainText.Of(heading.Inline);
            section = heading.Level == 2 ? title : section;
            HelpPart part = new(title, heading.Line + 1, CodeOf(body), PlainText.Paragraphs(body));
            switch (heading.Level, section)
            {
                case (2, "RELATED LINKS"): links = LinksOf(body); break;
                case (2, _): sections[title] = part.Paragraphs; break;
                case (3, "PARAMETERS"): parameters[title.TrimStart('-')] = part; break;
                case (3, "EXAMPLES"): examples.Add(part); break;
                case (3, _): sections[section] = [.. sections[section], title, .. part.Paragraphs]; break;
            }
        }

        return new()
        {
            Path = path,
            Name = document.OfType<HeadingBlock>().FirstOrDefault(heading => heading.Level == 1) is { } top
                ? PlainText.Of(top.Inline)
                : string.Empty,
            Sections = sections,
            Parameters = parameters,
            Examples = examples,
            Links = links,
        };
    }

    private static IEnumerable<(HeadingBlock Heading, List<Block> Body)> Parts(MarkdownDocument document)
    {
        HeadingBlock? heading = null;
        List<Block> body = [];
        foreach (Block block in document)
        {
            if (block is not HeadingBlock next)
            {
                body.Add(block);
                continue;
            }

            if (heading is not null)
            {
                yield return (heading, body);
            }

            (heading, body) = (next, []);
        }

        if (heading is not null)
        {
            yield return (heading, body);
        }
    }

    private static string CodeOf(IEnumerable<Block> body) => string.Join(
        "\n\n", body.OfType<FencedCodeBlock>()
            .Where(static code => code.Info == PlainText.CommandLanguage)
            .Select(static code => code.Lines.ToString()));

    private static (string Text, string Target)[] LinksOf(IEnumerable<Block> body) =>
        [.. body.SelectMany(block => block.Descendants<LinkInline>()).Select(link => (PlainText.Of(link), link.Url ?? string.Empty))];
}
