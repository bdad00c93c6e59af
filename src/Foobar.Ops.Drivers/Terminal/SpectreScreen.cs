using System.Globalization;
using System.Text;
using Foobar.Ops.Remoting.Drivers;
using Spectre.Console;

namespace Foobar.Ops.Drivers.Terminal;

/// <summary>Spectre.Console, which knows what the terminal can do (NO_COLOR, TERM) and how wide characters are.</summary>
internal sealed class SpectreScreen : IScreenDriver
{
    private const string Home = "\e[H", ClearLine = "\e[K", ClearBelow = "\e[J";

    private readonly Func<TextWriter, IAnsiConsole> _create;

    /// <summary>For the terminal of this process.</summary>
    public SpectreScreen()
        : this(
            static writer => AnsiConsole.Create(new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.Yes,
                ColorSystem = ColorSystemSupport.Detect,
                Interactive = InteractionSupport.No,
                Out = new AnsiConsoleOutput(writer),
            }))
    {
    }

    /// <summary>For another console: a test's.</summary>
    internal SpectreScreen(Func<TextWriter, IAnsiConsole> create) => _create = create;

    /// <inheritdoc/>
    public string Draw(IReadOnlyList<IReadOnlyList<ScreenText>> lines, int width)
    {
        using StringWriter text = new(CultureInfo.InvariantCulture);
        IAnsiConsole console = _create(text);
        console.Profile.Width = width;
        StringBuilder screen = new(Home);
        for (int index = 0; index < lines.Count; index++)
        {
            text.GetStringBuilder().Clear();
            console.Write(Line(lines[index], width));
            screen.Append(text.ToString().TrimEnd('\n', '\r')).Append(ClearLine).Append(index < lines.Count - 1 ? "\r\n" : "");
        }

        return screen.Append(ClearBelow).ToString();
    }

    private static Paragraph Line(IReadOnlyList<ScreenText> pieces, int width)
    {
        Paragraph line = new() { Overflow = Overflow.Crop };
        int left = width;
        foreach (ScreenText piece in pieces)
        {
            string text = Fit(piece.Text, ref left);
            line.Append(text, StyleOf(piece.Tone));
        }

        return line;
    }

    private static string Fit(string text, ref int left)
    {
        StringBuilder fitting = new();
        foreach (char character in text)
        {
            char shown = char.IsControl(character) ? ' ' : character;
            int cells = shown.ToString(CultureInfo.InvariantCulture).GetCellWidth();
            if (cells > left)
            {
                break;
            }

            fitting.Append(shown);
            left -= cells;
        }

        return fitting.ToString();
    }

    private static Style StyleOf(ScreenTone tone) => tone switch
    {
        ScreenTone.Heading => new Style(decoration: Decoration.Bold),
        ScreenTone.Dim => new Style(Color.Grey),
        ScreenTone.Good => new Style(Color.Green),
        ScreenTone.Warning => new Style(Color.Yellow),
        ScreenTone.Bad => new Style(Color.Red),
        ScreenTone.Chosen => new Style(decoration: Decoration.Invert),
        _ => Style.Plain,
    };
}
