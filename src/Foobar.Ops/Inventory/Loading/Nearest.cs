namespace Foobar.Ops.Inventory.Loading;

/// <summary>Finds what a mistyped word probably meant.</summary>
internal static class Nearest
{
    /// <summary>The candidate that differs least (case and hyphens count for nothing), or <see langword="null"/> if none is near.</summary>
    public static string? To(string word, IEnumerable<string> candidates)
    {
        string wanted = Fold(word);
        (string? best, int distance) = candidates
            .Select(candidate => ((string?)candidate, Distance(wanted, Fold(candidate))))
            .DefaultIfEmpty((null, int.MaxValue))
            .MinBy(pair => pair.Item2);
        return distance <= Math.Max(1, Math.Min(wanted.Length, best?.Length ?? 0) / 3) ? best : null;
    }

    private static string Fold(string word) =>
        (word.Length > 64 ? word[..64] : word)
            .Replace("-", string.Empty, StringComparison.Ordinal)
            .Replace("_", string.Empty, StringComparison.Ordinal)
            .ToLowerInvariant();

    // The optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
    private static int Distance(string a, string b)
    {
        int[][] cost = [.. Enumerable.Range(0, a.Length + 1).Select(_ => new int[b.Length + 1])];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                cost[i][j] = i == 0 || j == 0 ? i + j : Step(cost, a, b, i, j);
            }
        }

        return cost[a.Length][b.Length];
    }

    private static int Step(int[][] cost, string a, string b, int i, int j)
    {
        int best = Math.Min(Math.Min(cost[i - 1][j], cost[i][j - 1]) + 1, cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
        bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
        return swapped ? Math.Min(best, cost[i - 2][j - 2] + 1) : best;
    }
}
