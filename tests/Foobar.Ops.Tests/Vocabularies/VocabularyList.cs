using System.Reflection;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Tests.Vocabularies;

/// <summary>All vocabularies of the library, and what tests ask of them.</summary>
internal static class VocabularyList
{
    /// <summary>
    /// Each static field that holds a vocabulary, with the room (the first name after <c>Foobar.Ops</c>) its reader stands in.
    /// </summary>
    public static IReadOnlyList<(string Room, Vocabulary Vocabulary)> All { get; } =
    [
        .. from type in typeof(Vocabulary).Assembly.GetTypes()
           from field in type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
           where field.FieldType == typeof(Vocabulary)
           let room = type.Namespace!.Split('.')[2]
           let vocabulary = (Vocabulary)field.GetValue(null)!
           orderby room, vocabulary.Subject
           select (room, vocabulary),
    ];

    /// <summary>
    /// The words of a list that a vocabulary lacks: what a release of the documentation has and our reader does not know.
    /// </summary>
    /// <param name="subject">The vocabulary, by what its words are.</param>
    /// <param name="documented">The documentation's words, separated by blanks or line ends.</param>
    public static IEnumerable<string> Missing(string subject, string documented) =>
        MissingNames(subject, documented.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary>The names of a list, which may hold blanks, that a vocabulary lacks.</summary>
    /// <param name="subject">The vocabulary, by what its words are.</param>
    /// <param name="documented">The documentation's names.</param>
    public static IEnumerable<string> MissingNames(string subject, IEnumerable<string> documented)
    {
        Vocabulary vocabulary = All.Single(entry => entry.Vocabulary.Subject == subject).Vocabulary;
        return documented.Where(name => vocabulary.Find(name) is null);
    }
}
