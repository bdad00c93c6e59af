namespace Foobar.Ops.Remoting.Drivers;

/// <summary>How a piece of text stands out.</summary>
internal enum ScreenTone
{
    /// <summary>As the terminal writes.</summary>
    Plain,

    /// <summary>A heading.</summary>
    Heading,

    /// <summary>Of little weight.</summary>
    Dim,

    /// <summary>All is well.</summary>
    Good,

    /// <summary>To be looked at.</summary>
    Warning,

    /// <summary>Wrong.</summary>
    Bad,

    /// <summary>What a key would act on.</summary>
    Chosen,
}

/// <summary>A piece of a line. Control characters are written as spaces.</summary>
internal readonly record struct ScreenText(string Text, ScreenTone Tone = ScreenTone.Plain);

/// <summary>Draws lines on a terminal, with what that terminal can do (colours, none).</summary>
internal interface IScreenDriver
{
    /// <summary>
    /// The text, with the terminal's control sequences, that draws lines over the whole screen from its upper left corner.
    /// </summary>
    /// <param name="lines">The lines, no more than the screen has.</param>
    /// <param name="width">The screen's columns; what is longer is cut.</param>
    string Draw(IReadOnlyList<IReadOnlyList<ScreenText>> lines, int width);
}
