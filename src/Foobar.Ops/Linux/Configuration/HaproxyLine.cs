namespace Foobar.Ops.Linux.Configuration;

/// <summary>A line of HAProxy's configuration that holds at least one word.</summary>
/// <param name="Number">Its number, counted from 1.</param>
/// <param name="Words">Its words; a comment is none.</param>
internal sealed record HaproxyLine(int Number, IReadOnlyList<ConfigurationWord> Words)
{
    /// <summary>The keyword the line begins with; <c>no</c> and <c>default</c> in front of one are left out.</summary>
    public string Keyword => Words.Count > 1 && Words[0].Text is "no" or "default" ? Words[1].Text : Words[0].Text;

    /// <summary>Whether it stands in a block that HAProxy takes or leaves by a condition (<c>.if</c>).</summary>
    public bool IsConditional { get; init; }
}
