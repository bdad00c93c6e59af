using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Foobar.Ops.HelpBuilder;

/// <summary>Takes text out of its Markdown, for a terminal.</summary>
internal static class PlainText
{
    /// <summary>The language of the code blocks that are commands; others show what a command writes.</summary>
    public const string CommandLanguage = "powershell";

    /// <summary>The paragraphs of blocks; a list is one a line, commands are left to their own place.</summary>
    public static IReadOnlyList<string> Paragraphs(IEnumerable<Block> blocks) => [.. blocks.SelectMany(Of).Where(text => text.Length > 0)];

    /// <summary>The text of inlines.</summary>
    public static string Of(ContainerInline? container) => container is null ? string.Empty : string.Concat(container.Select(Of));

    private static IEnumerable<string> Of(Block block) => block switch
    {
        ParagraphBlock paragraph => [Of(paragraph.Inline)],
        ListBlock list => list.OfType<ListItemBlock>()
            .Select((item, index) => $"{(list.IsOrdered ? $"{index + 1}." : "-")} {string.Join(' ', item.SelectMany(Of))}"),
        FencedCodeBlock { Info: CommandLanguage } => [],
        CodeBlock code => [code.Lines.ToString()],
        QuoteBlock quote => quote.SelectMany(Of),
        _ => [],
    };

    private static string Of(Inline inline) => inline switch
    {
        LiteralInline literal => literal.Content.ToString(),
        CodeInline code => code.Content,
        LineBreakInline => " ",
        AutolinkInline link => link.Url,
        HtmlEntityInline entity => entity.Transcoded.ToString(),
        ContainerInline container => Of(container),
        _ => string.Empty,
    };
}
