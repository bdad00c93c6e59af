using System.Diagnostics;
using FsCheck;
using FsCheck.Fluent;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Tests;

/// <summary>What holds for every parser: any text gives a result or a <see cref="FoobarException"/>, and soon.</summary>
internal static class ParserProperties
{
    private const string Spice = "0189aZ .,:;%/\\*[]{}()<>=-+\"'#|\n\t\0é€";

    // FOOBAR_PARSER_TESTS: texts for each parser, when a run may take longer.
    private static readonly int Texts = int.TryParse(Environment.GetEnvironmentVariable("FOOBAR_PARSER_TESTS"), out int texts)
        ? texts
        : 2000;

    /// <summary>Tries thousands of texts: arbitrary ones, and samples with edits, which get deeper into a parser.</summary>
    public static void TakesOrRefusesAnyText(Func<string, object?> parse, params string[] samples)
    {
        foreach (string sample in samples)
        {
            parse(sample);
        }

        Arbitrary<string> texts = Gen.OneOf(
            ArbMap.Default.GeneratorFor<string?>().Select(text => text ?? ""), Edited(samples)).ToArbitrary();
        Prop.ForAll(texts, text => IsTakenOrRefused(parse, text)).CheckSeeded(Texts);
    }

    private static bool IsTakenOrRefused(Func<string, object?> parse, string text)
    {
        Stopwatch watch = Stopwatch.StartNew();
        try
        {
            parse(text);
        }
        catch (FoobarException)
        {
        }

        return watch.Elapsed < TimeSpan.FromSeconds(5);
    }

    private static Gen<string> Edited(string[] samples) =>
        from sample in Gen.Elements(samples)
        from edits in Gen.ListOf(Gen.Choose(0, int.MaxValue - 1), 4)
        select edits.Aggregate(sample, Edit);

    private static string Edit(string text, int seed)
    {
        Random random = new(seed);
        int at = random.Next(text.Length + 1), length = Math.Min(random.Next(1, 12), text.Length - at);
        return random.Next(4) switch
        {
            0 => text.Remove(at, length),
            1 => text.Insert(at, Spice[random.Next(Spice.Length)].ToString()),
            2 => text[..at],
            _ => text.Insert(at, text.Substring(at, length)),
        };
    }
}
