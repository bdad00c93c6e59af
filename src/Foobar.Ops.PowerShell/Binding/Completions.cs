using System.Management.Automation;
using Foobar.Ops.PowerShell.Sites;

namespace Foobar.Ops.PowerShell.Binding;

/// <summary>A word to propose, with what its tooltip says.</summary>
internal sealed record Candidate(string Word, string Tip);

/// <summary>Chooses among candidates what fits the word typed so far.</summary>
internal static class Completions
{
    /// <summary>The candidates that begin with the word (or fit its wildcards), with the text to put on the command line.</summary>
    /// <param name="candidates">All candidates.</param>
    /// <param name="word">The word typed so far, perhaps with an opening quote.</param>
    public static IEnumerable<(string Text, Candidate Candidate)> Matching(IEnumerable<Candidate> candidates, string? word)
    {
        string typed = (word ?? string.Empty).Trim('\'', '"');
        return candidates.Where(candidate => Fits(candidate.Word, typed)).Select(candidate => (Quote(candidate.Word), candidate));
    }

    private static bool Fits(string word, string typed) => Wildcards.Test(typed) is not null
        ? FitsPattern(word, typed + "*")
        : word.StartsWith(typed, StringComparison.OrdinalIgnoreCase);

    private static bool FitsPattern(string word, string pattern)
    {
        try
        {
            return Wildcards.Test(pattern)!(word);
        }
        catch (WildcardPatternException)
        {
            // A bracket that is not closed yet: the word is still being typed.
            return false;
        }
    }

    // Names with anything but the usual characters stand in single quotes, so that they stay one literal word.
    private static string Quote(string word) =>
        word.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.')
            ? word
            : $"'{word.Replace("'", "''", StringComparison.Ordinal)}'";
}
