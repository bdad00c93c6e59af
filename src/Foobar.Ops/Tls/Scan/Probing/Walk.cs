namespace Foobar.Ops.Tls.Scan.Probing;

/// <summary>
/// What came of offering a list of numbers, taking away what was chosen, and offering the rest, until nothing was chosen.
/// </summary>
/// <param name="Chosen">What was chosen, in that order.</param>
/// <param name="Answers">All answers; the last one is that which ended it, unless everything was chosen.</param>
/// <param name="Incomplete">Why there may be more; <see langword="null"/> if the endpoint said that there is not.</param>
internal sealed record Walk(IReadOnlyList<int> Chosen, IReadOnlyList<ProbeOutcome> Answers, string? Incomplete)
{
    /// <summary>Walks a list.</summary>
    /// <param name="all">The list.</param>
    /// <param name="ask">Offers what is left of it.</param>
    /// <param name="choice">What of it an answer chose; <see langword="null"/> for none.</param>
    /// <param name="ends">Whether an answer without a choice says that there is no more.</param>
    public static async Task<Walk> RunAsync(
        IEnumerable<int> all, Func<IReadOnlyList<int>, Task<ProbeOutcome>> ask, Func<ProbeOutcome, int?> choice, Func<ProbeOutcome,
            bool> ends)
    {
        List<int> left = [.. all], chosen = [];
        List<ProbeOutcome> answers = [];
        while (left.Count > 0)
        {
            ProbeOutcome answer = await ask([.. left]);
            answers.Add(answer);
            if (choice(answer) is not { } one)
            {
                return new(chosen, answers, ends(answer) ? null : answer.Text);
            }

            if (!left.Remove(one))
            {
                return new(chosen, answers, FormattableString.Invariant($"chose 0x{one:X4}, which was not offered"));
            }

            chosen.Add(one);
        }

        return new(chosen, answers, null);
    }
}
