using System.Globalization;

namespace Foobar.Ops.Findings;

/// <summary>Short words for judges: an unreadable fact makes one verdict Unknown with its reason.</summary>
public static class Judging
{
    /// <summary>Judges a fact that may not have been read.</summary>
    /// <param name="reading">The fact.</param>
    /// <param name="judge">From the fact to verdicts.</param>
    /// <param name="target">What the Unknown verdict is of.</param>
    public static IEnumerable<Verdict> Judge<T>(this Reading<T> reading, Func<T, IEnumerable<Verdict>> judge, string? target = null) =>
        reading.TryGet(out T? value) ? judge(value) : [reading.ToUnknown(target)];

    /// <summary>The verdict on a fact that could not be read.</summary>
    public static Verdict ToUnknown<T>(this Reading<T> reading, string? target = null) =>
        Verdict.Unknown(target, reading.Failure ?? "It was not read.", reading.Source);

    /// <summary>The verdicts; one Pass if there are none.</summary>
    public static IEnumerable<Verdict> OrPass(this IEnumerable<Verdict> verdicts, string actual)
    {
        bool any = false;
        foreach (Verdict verdict in verdicts)
        {
            any = true;
            yield return verdict;
        }

        if (!any)
        {
            yield return Verdict.Pass(actual: actual);
        }
    }

    /// <summary>A number with one decimal and a unit: <c>81.5 %</c>.</summary>
    public static string Measure(double value, string unit) => string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {unit}");
}
