namespace Foobar.Ops.Viewing;

/// <summary>A series as a small picture in characters of a terminal.</summary>
public static class Sparkline
{
    private const string Bars = "▁▂▃▄▅▆▇█";

    /// <summary>The last values as bars, the largest in full height; a space where there is no number.</summary>
    public static string Text(IReadOnlyList<double> values, int width)
    {
        ArgumentNullException.ThrowIfNull(values);
        double[] last = [.. values.Skip(Math.Max(0, values.Count - width))];
        double most = last.Where(double.IsFinite).DefaultIfEmpty(0).Max();
        return string.Concat(
            last.Select(
                value =>
                    !double.IsFinite(value)
                        ? ' '
                        : Bars[most <= 0 ? 0 : (int)Math.Clamp(Math.Round(value / most * (Bars.Length - 1)), 0, Bars.Length - 1)]));
    }
}
