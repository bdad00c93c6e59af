using System.Text;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Tests.Vocabularies;

/// <summary>Holds docs/truth.md to the vocabularies there are. With FOOBAR_UPDATE_DOCS=1 in the environment it is written anew.</summary>
public sealed class TruthDocumentTests
{
    [Fact]
    public void The_list_of_what_is_modelled_is_that_of_the_code()
    {
        string path = Repository.File("docs", "truth.md");
        string text = Write();
        if (Environment.GetEnvironmentVariable("FOOBAR_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, text);
        }

        Assert.True(
            File.ReadAllText(path) == text,
            "docs/truth.md is not up to date: run this test once with FOOBAR_UPDATE_DOCS=1 in the environment and commit the file.");
    }

    private static string Write()
    {
        StringBuilder text = new(
            """
            # What is modelled

            Each format that Foobar.Ops reads, by area, with the words that its reader knows: those it takes into account, those that can't change a judgement and why, and those that make a finding `Unknown` because they are not modelled. A word that stands in no list makes a finding `Unknown` too, and is named there. A test writes this page from the code.

            """);
        foreach (IGrouping<string, (string Room, Vocabulary Vocabulary)> room in VocabularyList.All.GroupBy(entry => entry.Room))
        {
            text.Append($"\n## {room.Key}\n");
            foreach ((_, Vocabulary vocabulary) in room)
            {
                Write(text, vocabulary);
            }
        }

        return text.ToString();
    }

    private static void Write(StringBuilder text, Vocabulary vocabulary)
    {
        text.Append($"\n### {char.ToUpperInvariant(vocabulary.Subject[0])}{vocabulary.Subject[1..]}\n**Source:** {vocabulary.Source}\n");
        foreach ((WordUse use, string title) in ((WordUse, string)[])
        [
            (WordUse.Handled, "Modelled"), (WordUse.Irrelevant, "Irrelevant"), (WordUse.Undecided, "`Unknown`"),
        ])
        {
            foreach (IGrouping<string, Word> words in vocabulary.Words.Where(word => word.Use == use).GroupBy(word => word.Reason))
            {
                text.Append(
                    $"\n**{title}**{(words.Key.Length > 0 ? $" ({words.Key})" : string.Empty)}: {string.Join(", ", words.Select(word => $"`{word.Text}`"))}\n");
            }
        }
    }
}
