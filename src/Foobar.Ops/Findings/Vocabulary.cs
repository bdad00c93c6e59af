using System.Collections.Frozen;

namespace Foobar.Ops.Findings;

/// <summary>What a reader makes of a word of a foreign format.</summary>
internal enum WordUse
{
    /// <summary>The reader takes it into account.</summary>
    Handled,

    /// <summary>It can't change the judgement, for a reason that the vocabulary gives.</summary>
    Irrelevant,

    /// <summary>It is documented and may change the judgement, but is not modelled: what it stands in is undecided.</summary>
    Undecided,
}

/// <summary>One word of a format.</summary>
/// <param name="Text">The word as the format writes it.</param>
/// <param name="Use">What the reader makes of it.</param>
/// <param name="Reason">Why it is irrelevant or can't be decided; for a handled word what it is taken for, or empty.</param>
internal sealed record Word(string Text, WordUse Use, string Reason);

/// <summary>
/// The words of one foreign format that a reader knows: options, keys, keywords, columns, states. A reader asks for each
/// word it meets; a word that is not here could mean anything, so that what it stands in is undecided and names the word.
/// Kept in a static field of the reader, where tests and the list in docs/truth.md find it.
/// </summary>
/// <remarks>
/// <code>
/// private static readonly Vocabulary CreateOptions = new Vocabulary("ipset create option", "ipset(8), 6.30 to 7.24")
///     .Handled("family, netmask, bitmask")
///     .Irrelevant("the size of the table", "hashsize, maxelem")
///     .Undecided("matches by the packet mark, which the model does not keep", "markmask");
///
/// if (CreateOptions.Trouble(option) is { } why) { ... undecided, because of why ... }
/// </code>
/// </remarks>
internal sealed class Vocabulary
{
    // A comma without a blank may stand in a word: hash:ip,port.
    private static readonly string[] Separators = [", ", ",\n", ",\r\n"];

    private readonly Word[] _words;
    private readonly StringComparer _comparer;
    private FrozenDictionary<string, Word>? _byText;

    /// <summary>An empty vocabulary.</summary>
    /// <param name="subject">What one word is, in the singular, as messages name it: <c>ipset create option</c>.</param>
    /// <param name="source">The documentation that the words are taken from, with the versions it covers.</param>
    /// <param name="comparer">How words are compared; as they are written if not given.</param>
    public Vocabulary(string subject, string source, StringComparer? comparer = null)
        : this(subject, source, comparer ?? StringComparer.Ordinal, [])
    {
    }

    private Vocabulary(string subject, string source, StringComparer comparer, Word[] words) =>
        (Subject, Source, _comparer, _words) = (subject, source, comparer, words);

    /// <summary>What one word is: <c>ipset create option</c>.</summary>
    public string Subject { get; }

    /// <summary>The documentation the words were taken from, with the versions it covers.</summary>
    public string Source { get; }

    /// <summary>All words, in the order in which they were declared.</summary>
    public IReadOnlyList<Word> Words => _words;

    // Made when first asked, by which time the vocabulary is complete.
    private FrozenDictionary<string, Word> ByText => _byText ??= _words.ToFrozenDictionary(static word => word.Text, _comparer);

    /// <summary>The vocabulary with words besides that the reader takes into account.</summary>
    /// <param name="words">The words, separated by a comma and a blank.</param>
    public Vocabulary Handled(string words) => With(WordUse.Handled, string.Empty, words);

    /// <summary>The vocabulary with words besides that can't change the judgement.</summary>
    /// <param name="reason">Why not.</param>
    /// <param name="words">The words, separated by a comma and a blank.</param>
    public Vocabulary Irrelevant(string reason, string words) => With(WordUse.Irrelevant, reason, words);

    /// <summary>The vocabulary with words besides that may change the judgement and are not modelled.</summary>
    /// <param name="reason">What the model lacks.</param>
    /// <param name="words">The words, separated by a comma and a blank.</param>
    public Vocabulary Undecided(string reason, string words) => With(WordUse.Undecided, reason, words);

    /// <summary>The word, or <see langword="null"/> if it is not in the vocabulary.</summary>
    public Word? Find(string text) => ByText.GetValueOrDefault(text);

    /// <summary>Tells whether the reader takes a word into account.</summary>
    public bool IsHandled(string text) => Find(text) is { Use: WordUse.Handled };

    /// <summary>Tells whether a word can't change the judgement.</summary>
    public bool IsIrrelevant(string text) => Find(text) is { Use: WordUse.Irrelevant };

    /// <summary>Why what a word stands in can't be decided; <see langword="null"/> for a word that is handled or irrelevant.</summary>
    public string? Trouble(string text) => Find(text) switch
    {
        null => $"unknown {Subject} '{text}'",
        { Use: WordUse.Undecided } word => $"{Subject} '{text}': {word.Reason}",
        _ => null,
    };

    /// <summary>
    /// The first reason for which one of some words makes what it stands in undecided; <see langword="null"/> if none does.
    /// </summary>
    public string? Trouble(IEnumerable<string> words) => words.Select(Trouble).FirstOrDefault(static why => why is not null);

    private Vocabulary With(WordUse use, string reason, string words) => new(Subject, Source, _comparer, [.. _words, .. words
        .Split(Separators, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Select(text => new Word(text, use, reason))]);
}
