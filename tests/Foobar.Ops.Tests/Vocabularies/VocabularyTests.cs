using Foobar.Ops.Findings;

namespace Foobar.Ops.Tests.Vocabularies;

/// <summary>What a vocabulary says of words, and that each of the library's is whole.</summary>
public sealed class VocabularyTests
{
    private static readonly Vocabulary Sample = new Vocabulary("option", "sample(8)")
        .Handled("family, netmask")
        .Irrelevant("the table's size", "hashsize")
        .Undecided("the mark is not modelled", "markmask");

    public static TheoryData<string> Subjects => [.. VocabularyList.All.Select(entry => entry.Vocabulary.Subject)];

    [Theory]
    [InlineData("family", null)]
    [InlineData("hashsize", null)]
    [InlineData("markmask", "option 'markmask': the mark is not modelled")]
    [InlineData("skbinfo2", "unknown option 'skbinfo2'")]
    public void A_word_that_is_not_known_is_named(string word, string? trouble) => Assert.Equal(trouble, Sample.Trouble(word));

    [Fact]
    public void Of_several_words_the_first_that_is_not_decided_tells_why() =>
        Assert.Equal("unknown option 'x'", Sample.Trouble(["family", "x", "markmask"]));

    [Fact]
    public void Each_subject_has_one_vocabulary() =>
        Assert.Equal(VocabularyList.All.Count, VocabularyList.All.Select(entry => entry.Vocabulary.Subject).Distinct().Count());

    [Theory]
    [MemberData(nameof(Subjects))]
    public void Each_word_stands_once_and_what_is_not_handled_has_its_reason(string subject)
    {
        Vocabulary vocabulary = VocabularyList.All.Single(entry => entry.Vocabulary.Subject == subject).Vocabulary;
        Assert.NotEmpty(vocabulary.Source);
        Assert.All(vocabulary.Words, word => Assert.NotNull(vocabulary.Find(word.Text)));
        Assert.All(vocabulary.Words.Where(word => word.Use != WordUse.Handled), word => Assert.NotEmpty(word.Reason));
    }
}
