using System.Globalization;
using System.Text;
using System.Xml;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Topology.Drawing;

/// <summary>
/// Draws a topology as one SVG element (SVG 1.1, with a style sheet of its own under the class <c>fbt</c>): for a file, or within
/// an HTML page. It asks nothing from anywhere, follows the reader's choice of dark or light, and tells by dashes what it tells by
/// colours.
/// </summary>
public static class TopologySvg
{
    private const double Legend = 72;

    private const string Style = """
        .fbt { font-family: system-ui, "Segoe UI", "DejaVu Sans", sans-serif; font-size: 12px; }
        .fbt .paper { fill: #ffffff; }
        .fbt text { fill: #1b2733; }
        .fbt .title { font-size: 14px; font-weight: 600; }
        .fbt .dim { fill: #51606e; font-size: 11px; }
        .fbt .box { fill: #f5f7f9; stroke: #7b8a97; stroke-width: 1.2; }
        .fbt .box.outside { fill: #ffffff; stroke-dasharray: 5 3; }
        .fbt .box.good { stroke: #1f7a4d; }
        .fbt .box.unknown { stroke: #6b4fa0; stroke-width: 2; stroke-dasharray: 2 4; }
        .fbt .box.warning { stroke: #a86200; stroke-width: 2; }
        .fbt .box.bad { stroke: #b3261e; stroke-width: 3; }
        .fbt .edge { fill: none; stroke: #1f7a4d; stroke-width: 2; }
        .fbt .edge.neutral { stroke: #7b8a97; }
        .fbt .edge.unknown { stroke: #6b4fa0; stroke-dasharray: 2 4; }
        .fbt .edge.warning { stroke: #a86200; stroke-dasharray: 9 4; }
        .fbt .edge.bad { stroke: #b3261e; stroke-width: 3.4; }
        .fbt .edge.support { stroke-width: 1; }
        .fbt .edge.good.support { stroke: #7b8a97; }
        .fbt .tip { stroke: none; fill: #1f7a4d; }
        .fbt .tip.good.support, .fbt .tip.neutral { fill: #7b8a97; }
        .fbt .tip.unknown, .fbt .text.unknown { fill: #6b4fa0; }
        .fbt .tip.warning, .fbt .text.warning { fill: #a86200; }
        .fbt .tip.bad, .fbt .text.bad { fill: #b3261e; font-weight: 600; }
        .fbt .label { font-size: 10.5px; text-anchor: middle; }
        .fbt .back { fill: #ffffff; fill-opacity: 0.92; }
        @media screen and (prefers-color-scheme: dark) {
          .fbt .paper { fill: #12181f; }
          .fbt text { fill: #e6ebf0; }
          .fbt .dim { fill: #a3b1be; }
          .fbt .box { fill: #1c252f; stroke: #8595a3; }
          .fbt .box.outside { fill: #12181f; }
          .fbt .box.good { stroke: #55c98d; }
          .fbt .box.unknown, .fbt .edge.unknown { stroke: #bba4ee; }
          .fbt .box.warning, .fbt .edge.warning { stroke: #f0ab3c; }
          .fbt .box.bad, .fbt .edge.bad { stroke: #ff8178; }
          .fbt .edge { stroke: #55c98d; }
          .fbt .edge.good.support, .fbt .edge.neutral { stroke: #8595a3; }
          .fbt .tip { fill: #55c98d; }
          .fbt .tip.good.support, .fbt .tip.neutral { fill: #8595a3; }
          .fbt .tip.unknown, .fbt .text.unknown { fill: #bba4ee; }
          .fbt .tip.warning, .fbt .text.warning { fill: #f0ab3c; }
          .fbt .tip.bad, .fbt .text.bad { fill: #ff8178; }
          .fbt .back { fill: #12181f; }
        }
        """;

    /// <summary>Draws it.</summary>
    /// <param name="topology">The setup as found.</param>
    /// <param name="findings">What was found of it, passes too; the worst on each server and flow gives its colour.</param>
    /// <returns>An <c>svg</c> element with the namespace, without a declaration.</returns>
    public static string Draw(SiteTopology topology, IReadOnlyList<Finding> findings)
    {
        PictureLayout layout = PictureLayout.Of(PictureMaker.Make(topology, findings));
        double width = Math.Max(layout.Width, 560), height = layout.Height + Legend;
        StringBuilder svg = new();
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"fbt\" role=\"img\" aria-labelledby=\"fbt-title fbt-desc\" viewBox=\"0 0 {width:0} {height:0}\" width=\"{width:0}\" height=\"{height:0}\">\n");
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<title id=\"fbt-title\">{Escape(layout.Picture.Title)}</title>\n<desc id=\"fbt-desc\">{Escape(layout.Picture.Description)}</desc>\n<style>\n{Style}\n</style>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"paper\" width=\"{width:0}\" height=\"{height:0}\"/>\n");
        foreach (PlacedEdge edge in layout.Edges.Reverse())
        {
            Arrow(svg, edge);
        }

        foreach (PictureNode node in layout.Picture.Nodes)
        {
            Node(svg, node, layout[node]);
        }

        // Over all arrows, or one would run through another's label.
        foreach (PlacedEdge edge in layout.Edges.Reverse())
        {
            Label(svg, edge);
        }

        Key(svg, layout.Height, width);
        return svg.Append("</svg>\n").ToString();
    }

    /// <summary>Text as it may stand in an element or an attribute of XML; what XML can't hold is replaced.</summary>
    internal static string Escape(string text)
    {
        StringBuilder escaped = new(text.Length);
        for (int at = 0; at < text.Length; at++)
        {
            char character = text[at];
            if (at + 1 < text.Length && XmlConvert.IsXmlSurrogatePair(text[at + 1], character))
            {
                escaped.Append(character).Append(text[++at]);
                continue;
            }

            escaped.Append(character switch
            {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                '\'' => "&#39;",
                _ => XmlConvert.IsXmlChar(character) ? character.ToString() : "\uFFFD",
            });
        }

        return escaped.ToString();
    }

    private static string Word(PictureTone tone) => tone switch
    {
        PictureTone.Bad => "bad",
        PictureTone.Warning => "warning",
        PictureTone.Unknown => "unknown",
        PictureTone.Good => "good",
        _ => "neutral",
    };

    private static string Classes(PictureEdge edge) => Word(edge.Tone) + (edge.IsSupport ? " support" : "");

    private static void Arrow(StringBuilder svg, PlacedEdge edge)
    {
        string classes = Classes(edge.Edge);
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<g><title>{Escape(string.Join("\n", edge.Edge.Notes))}</title><path class=\"edge {classes}\" d=\"M{edge.Curves[0].Start.X:0.#} {edge.Curves[0].Start.Y:0.#}");
        foreach (Curve curve in edge.Curves)
        {
            svg.Append(
                CultureInfo.InvariantCulture,
                $" C{curve.Begin.X:0.#} {curve.Begin.Y:0.#} {curve.End.X:0.#} {curve.End.Y:0.#} {curve.Stop.X:0.#} {curve.Stop.Y:0.#}");
        }

        svg.Append("\"/>");
        Tip(svg, classes, edge.Curves[^1].End, edge.Curves[^1].Stop);
        if (edge.Edge.IsBoth)
        {
            Tip(svg, classes, edge.Curves[0].Begin, edge.Curves[0].Start);
        }

        svg.Append("</g>\n");
    }

    // A tip of its own: markers would need ids, which a page may have already.
    private static void Tip(StringBuilder svg, string classes, Point from, Point to)
    {
        double x = to.X - from.X, y = to.Y - from.Y, length = Math.Max(1, Math.Sqrt((x * x) + (y * y)));
        (double alongX, double alongY) = (x / length, y / length);
        Point back = new(to.X - (alongX * 10), to.Y - (alongY * 10));
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<path class=\"tip {classes}\" d=\"M{to.X:0.#} {to.Y:0.#} L{back.X - (alongY * 4.5):0.#} {back.Y + (alongX * 4.5):0.#} L{back.X + (alongY * 4.5):0.#} {back.Y - (alongX * 4.5):0.#} Z\"/>");
    }

    private static void Label(StringBuilder svg, PlacedEdge edge)
    {
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<rect class=\"back\" x=\"{edge.Label.X:0.#}\" y=\"{edge.Label.Y:0.#}\" width=\"{edge.Label.Width:0.#}\" height=\"{edge.Label.Height:0.#}\"/>");
        for (int line = 0; line < edge.Lines.Count; line++)
        {
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<text class=\"label text {Word(edge.Edge.Tone)}\" x=\"{edge.Label.Middle:0.#}\" y=\"{edge.Label.Y + 11 + (line * PictureLayout.LabelLine):0.#}\">{Escape(edge.Lines[line])}</text>");
        }

        svg.Append('\n');
    }

    private static void Node(StringBuilder svg, PictureNode node, Box box)
    {
        string outside = node.IsOutside ? " outside" : "";
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<g><title>{Escape(string.Join("\n", node.Notes.Prepend(node.Title)))}</title><rect class=\"box {Word(node.Tone)}{outside}\" x=\"{box.X:0.#}\" y=\"{box.Y:0.#}\" width=\"{box.Width:0.#}\" height=\"{box.Height:0.#}\" rx=\"6\"/>");
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<text class=\"title\" x=\"{box.X + 12:0.#}\" y=\"{box.Y + 20:0.#}\">{Escape(Short(node.Title, 26))}</text><text class=\"dim\" x=\"{box.X + 12:0.#}\" y=\"{box.Y + 36:0.#}\">{Escape(Short(node.Subtitle, 36))}</text>");
        for (int line = 0; line < node.Lines.Count; line++)
        {
            double y = box.Y + 60 + (line * PictureLayout.LineHeight);
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<text class=\"text {Word(node.Lines[line].Tone)}\" x=\"{box.X + 12:0.#}\" y=\"{y:0.#}\">{Escape(Short(node.Lines[line].Text, 34))}</text>");
        }

        svg.Append("</g>\n");
    }

    private static void Key(StringBuilder svg, double top, double width)
    {
        (string Classes, string Text)[] keys =
        [
            ("neutral", "not judged"), ("good", "nothing found"), ("warning", "weaker than it could be"), ("bad", "wrong"),
            ("unknown", "could not be told"), ("good support", "logins, time, monitoring"),
        ];
        double x = 36, y = top + 20;
        foreach ((string classes, string text) in keys)
        {
            double room = 58 + (text.Length * 6.4);
            (x, y) = x + room > width ? (36, y + 22) : (x, y);
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<path class=\"edge {classes}\" d=\"M{x:0} {y:0} h34\"/><text class=\"dim\" x=\"{x + 40:0}\" y=\"{y + 4:0}\">{text}</text>");
            x += room;
        }

        svg.Append('\n');
    }

    private static string Short(string text, int length) => text.Length <= length ? text : text[..(length - 1)] + "…";
}
