using System.Xml.Linq;

namespace Foobar.Ops.Reporting.Html;

/// <summary>
/// An SVG element to stand in the page. Its own styles are allowed by their hashes; scripts, event handlers, styles in attributes
/// (which the page's policy refuses) and whatever leads out of the page are left out.
/// </summary>
internal sealed class SvgPicture
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";
    private static readonly string[] Refused = ["script", "foreignObject", "image", "a", "use", "animate", "set", "iframe"];

    private SvgPicture(string markup, IReadOnlyList<string> styles)
    {
        Markup = new Markup(markup);
        Styles = styles;
    }

    /// <summary>The element.</summary>
    public Markup Markup { get; }

    /// <summary>The texts of its style elements.</summary>
    public IReadOnlyList<string> Styles { get; }

    /// <summary>Reads an SVG element.</summary>
    /// <exception cref="System.Xml.XmlException">It is no XML.</exception>
    public static SvgPicture Parse(string svg)
    {
        XElement root = XElement.Parse(svg, LoadOptions.PreserveWhitespace);
        foreach (XElement element in root.DescendantsAndSelf().ToArray())
        {
            element.Attributes().Where(IsRefused).Remove();
            if (element.Parent is not null
                && (element.Name.Namespace != Svg || (Refused.Contains(element.Name.LocalName) && !StaysInside(element))))
            {
                element.Remove();
            }
        }

        foreach (XText text in root.DescendantNodes().OfType<XText>().Where(text => text.Parent!.Name.LocalName != "style"))
        {
            text.Value = ReportText.Visible(text.Value);
        }

        return new SvgPicture(
            root.ToString(SaveOptions.DisableFormatting), [.. root.Descendants(Svg + "style").Select(style => style.Value)]);
    }

    // Links and copies within the picture.
    private static bool StaysInside(XElement element) =>
        element.Name.LocalName is "use" or "a" && element.Attributes().Any(attribute => attribute.Name.LocalName == "href");

    private static bool IsRefused(XAttribute attribute) => attribute.Name.LocalName switch
    {
        "style" => true,
        "href" => !attribute.Value.StartsWith('#'),
        var name => name.StartsWith("on", StringComparison.OrdinalIgnoreCase),
    };
}
