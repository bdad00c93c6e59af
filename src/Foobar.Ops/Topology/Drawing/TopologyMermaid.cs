using System.Globalization;
using System.Text;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Topology.Drawing;

/// <summary>
/// Writes a topology as a Mermaid flowchart (mermaid.js.org, flowchart syntax), which GitHub, GitLab and Azure DevOps draw in
/// Markdown.
/// </summary>
public static class TopologyMermaid
{
    private static readonly (PictureTone Tone, string Name, string Box, string Line)[] Styles =
    [
        (PictureTone.NotJudged, "neutral", "stroke:#7b8a97,stroke-width:1px", "stroke:#7b8a97,stroke-width:2px"),
        (PictureTone.Good, "good", "stroke:#1f7a4d,stroke-width:1px", "stroke:#1f7a4d,stroke-width:2px"),
        (
            PictureTone.Unknown, "unknown",
            "stroke:#6b4fa0,stroke-width:2px,stroke-dasharray:2 4",
            "stroke:#6b4fa0,stroke-width:2px,stroke-dasharray:2 4"),
        (PictureTone.Warning, "warning", "stroke:#a86200,stroke-width:2px", "stroke:#a86200,stroke-width:2px,stroke-dasharray:9 4"),
        (PictureTone.Bad, "bad", "stroke:#b3261e,stroke-width:3px", "stroke:#b3261e,stroke-width:4px"),
    ];

    /// <summary>Writes it.</summary>
    /// <param name="topology">The setup as found.</param>
    /// <param name="findings">What was found of it, passes too; the worst on each server and flow gives its colour.</param>
    public static string Draw(SiteTopology topology, IReadOnlyList<Finding> findings)
    {
        Picture picture = PictureMaker.Make(topology, findings);
        Dictionary<string, string> ids = picture.Nodes.Index().ToDictionary(
            static node => node.Item.Name, static node => string.Create(CultureInfo.InvariantCulture, $"n{node.Index}"));
        StringBuilder text = new("flowchart TB\n");
        text.Append(CultureInfo.InvariantCulture, $"  accTitle: {OneLine(picture.Title)}\n  accDescr: {OneLine(picture.Description)}\n");
        foreach (PictureNode node in picture.Nodes)
        {
            string label = string.Join(
                "<br/>",
                ((string[])
                [
                    $"<b>{Escape(node.Title)}</b>",
                    Escape(node.Subtitle),
                    .. node.Lines.Select(static line => Mark(line.Tone) + Escape(line.Text)),
                ])
                    .Where(static line => line.Length > 0));
            (string open, string close) = node.IsOutside ? ("([\"", "\"])") : ("[\"", "\"]");
            text.Append(CultureInfo.InvariantCulture, $"  {ids[node.Name]}{open}{label}{close}\n");
        }

        foreach (PictureEdge edge in picture.Edges)
        {
            string arrow = (edge.IsBoth ? "<" : "") + (edge.IsSupport ? "-.->" : "-->");
            text.Append(
                CultureInfo.InvariantCulture,
                $"  {ids[edge.From]} {arrow}|\"{string.Join("<br/>", PictureLayout.Fit(edge.Label).Select(Escape))}\"| {ids[edge.To]}\n");
        }

        foreach ((PictureTone tone, string name, string box, string line) in Styles)
        {
            string[] nodes = [.. picture.Nodes.Where(node => node.Tone == tone).Select(node => ids[node.Name])];
            string[] edges =
            [
                .. picture.Edges.Index()
                    .Where(edge => edge.Item.Tone == tone)
                    .Select(static edge => edge.Index.ToString(CultureInfo.InvariantCulture)),
            ];
            text.Append(nodes.Length > 0 ? $"  classDef {name} {box}\n  class {string.Join(',', nodes)} {name}\n" : "");
            text.Append(edges.Length > 0 ? $"  linkStyle {string.Join(',', edges)} {line}\n" : "");
        }

        return text.ToString();
    }

    // A colour alone tells nobody who can't see it.
    private static string Mark(PictureTone tone) => tone switch
    {
        PictureTone.Bad => "✗ ",
        PictureTone.Warning => "! ",
        PictureTone.Unknown => "? ",
        _ => "",
    };

    // Mermaid takes entities by number between # and ; (flowchart syntax, "Entity codes to escape characters"): whatever has a
    // meaning to it, to Markdown or to HTML becomes one.
    private static string Escape(string text) => string.Concat(text.Select(static character =>
        char.IsAsciiLetterOrDigit(character) || character is ' ' or '-' or '.' or ',' or ':' or '/' or '…' ? character.ToString()
        : char.IsControl(character) || char.IsSurrogate(character) ? "\uFFFD"
        : string.Create(CultureInfo.InvariantCulture, $"#{(int)character};")));

    // The rest of the line is text; a brace would begin a block, and a semicolon end the line.
    private static string OneLine(string text) => string.Concat(text.Select(static character =>
        char.IsControl(character) || character is '{' or '}' or ';' or '#' or '%' or '<' or '>' ? ' ' : character));
}
