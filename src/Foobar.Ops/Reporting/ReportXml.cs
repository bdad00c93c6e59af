using System.Globalization;
using System.Text;
using System.Xml;

namespace Foobar.Ops.Reporting;

/// <summary>
/// Writes XML for the test views of CI services. XML 1.0 can't hold most control characters and half surrogate pairs, so all text
/// goes through <see cref="ReportText"/>.
/// </summary>
internal sealed class ReportXml : IDisposable
{
    private static readonly XmlWriterSettings Settings = new()
    {
        Indent = true,
        NewLineChars = "\n",
        NewLineHandling = NewLineHandling.None,
        Encoding = new UTF8Encoding(false),
        CheckCharacters = true,
    };

    private readonly MemoryStream _stream = new();
    private readonly XmlWriter _xml;

    private ReportXml() => _xml = XmlWriter.Create(_stream, Settings);

    /// <summary>A document.</summary>
    public static string Write(Action<ReportXml> write)
    {
        using ReportXml xml = new();
        write(xml);
        xml._xml.Flush();
        return Encoding.UTF8.GetString(xml._stream.ToArray()) + "\n";
    }

    /// <summary>An element with what stands in it.</summary>
    public void Element(string name, Action content)
    {
        _xml.WriteStartElement(name);
        content();
        _xml.WriteEndElement();
    }

    /// <summary>An element with text.</summary>
    public void Element(string name, string text) => Element(name, () => Text(text));

    /// <summary>An attribute; none for <see langword="null"/>.</summary>
    public void Attribute(string name, string? value)
    {
        if (value is not null)
        {
            _xml.WriteAttributeString(name, ReportText.Line(value));
        }
    }

    /// <summary>An attribute that is a number.</summary>
    public void Attribute(string name, int value) => _xml.WriteAttributeString(name, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Text.</summary>
    public void Text(string text) => _xml.WriteString(ReportText.Visible(text));

    /// <inheritdoc/>
    public void Dispose()
    {
        _xml.Dispose();
        _stream.Dispose();
    }
}
