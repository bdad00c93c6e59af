using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Foobar.Ops.Reporting.Html;

/// <summary>
/// Writes HTML from interpolated strings: what stands literally in the source is markup, and whatever is filled in is text, escaped
/// here and nowhere else. There is no way to add a string as markup but <see cref="Markup"/>, which only this room makes.
/// </summary>
internal sealed class HtmlWriter
{
    private readonly StringBuilder _html = new();

    /// <summary>Adds markup with text filled in.</summary>
#pragma warning disable CA1822 // The handler has written to this instance by then.
    public void Add([InterpolatedStringHandlerArgument("")] ref Handler markup) => _ = markup;
#pragma warning restore CA1822

    /// <summary>What was written, as markup to fill in elsewhere.</summary>
    public Markup ToMarkup() => new(_html.ToString());

    /// <inheritdoc/>
    public override string ToString() => _html.ToString();

    private void Escape(string text)
    {
        foreach (char c in ReportText.Visible(text))
        {
            _ = c switch
            {
                '&' => _html.Append("&amp;"),
                '<' => _html.Append("&lt;"),
                '>' => _html.Append("&gt;"),
                '"' => _html.Append("&quot;"),
                '\'' => _html.Append("&#39;"),
                _ => _html.Append(c),
            };
        }
    }

    /// <summary>Takes an interpolated string apart.</summary>
    [InterpolatedStringHandler]
#pragma warning disable CS9113 // The compiler passes the lengths; the builder grows by itself.
    public readonly ref struct Handler(int literalLength, int formattedCount, HtmlWriter writer)
#pragma warning restore CS9113
    {
        public void AppendLiteral(string markup) => writer._html.Append(markup);

        public void AppendFormatted(string? text) => writer.Escape(text ?? string.Empty);

        public void AppendFormatted(Markup markup) => writer._html.Append(markup.Text);

        public void AppendFormatted<T>(T value, string? format = null)
            where T : struct, IFormattable => writer.Escape(value.ToString(format, CultureInfo.InvariantCulture));
    }
}

/// <summary>Markup that was made by this room, to fill in unescaped.</summary>
/// <param name="Text">The markup.</param>
internal readonly record struct Markup(string? Text);
