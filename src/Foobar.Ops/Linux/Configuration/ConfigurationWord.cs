namespace Foobar.Ops.Linux.Configuration;

/// <summary>A word of a configuration file as its program understands it, with the place where it is written.</summary>
/// <param name="Text">The word without quotes and escapes.</param>
/// <param name="Start">The index of its first character in the text, a quote included.</param>
/// <param name="End">The index behind its last character.</param>
internal sealed record ConfigurationWord(string Text, int Start, int End)
{
    /// <summary>Whether a variable stands in it that only the running program can replace.</summary>
    public bool HasVariable { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
