using System.Globalization;
using System.Text;

namespace Foobar.Ops.Reporting.Html;

/// <summary>A value at a time.</summary>
/// <param name="Time">When, in UTC.</param>
/// <param name="Value">The value; <see langword="null"/> where there is none: the line has a gap.</param>
/// <param name="Lower">The value was at least this.</param>
/// <param name="Upper">The value was at most this.</param>
/// <param name="IsMarked">Whether it is marked.</param>
internal readonly record struct PlotPoint(
    DateTimeOffset Time, double? Value, double? Lower = null, double? Upper = null, bool IsMarked = false);

/// <summary>
/// Values over time as a line in an SVG element, from 0 up, with a band for bounds and dots for what is marked. Its size in the page
/// is close to its own, so that its text can be read on a phone too.
/// </summary>
internal static class LinePlot
{
    private const double Width = 360, Height = 150, Left = 40, Right = 352, Top = 8, Bottom = 126;

    // More columns than this can't be told apart.
    private const int Columns = 300;

    // A distance this many times the usual one is a gap.
    private const double Gap = 3;

    public static void Write(HtmlWriter html, string label, IReadOnlyList<PlotPoint> all)
    {
        PlotPoint[] points = Thin([.. all.OrderBy(point => point.Time)]);
        double most = PlotScale.Ceiling(
            points.Select(point => Finite(point.Upper) ?? point.Value ?? 0).Concat(points.Select(point => point.Value ?? 0)).Max());
        (DateTimeOffset from, DateTimeOffset to) = (points[0].Time, points[^1].Time);
        double X(DateTimeOffset time) => to == from ? (Left + Right) / 2 : Left + ((time - from) / (to - from) * (Right - Left));
        double Y(double value) => Bottom - (Math.Clamp(value / most, 0, 1) * (Bottom - Top));
        html.Add($"<svg class=\"plot\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{label}\">");
        foreach (double tick in PlotScale.Ticks(most))
        {
            html.Add(
                $"<path class=\"grid\" d=\"M{Left} {Y(tick):0.#}H{Right}\"/><text class=\"tick\" x=\"{Left - 5}\" y=\"{Y(tick) + 4:0.#}\" text-anchor=\"end\">{PlotScale.Text(tick)}</text>");
        }

        foreach (PlotPoint[] run in Runs(points))
        {
            if (Array.Exists(run, static point => point.Lower is not null && point.Upper is not null))
            {
                html.Add($"<path class=\"band\" d=\"{Band(run, X, Y)}\"/>");
            }

            html.Add($"<path class=\"line\" d=\"{Line(run, X, Y)}\"/>");
        }

        foreach (PlotPoint point in points.Where(static point => point.IsMarked))
        {
            html.Add($"<circle class=\"mark\" cx=\"{X(point.Time):0.#}\" cy=\"{Y(point.Value ?? 0):0.#}\" r=\"3\"/>");
        }

        Times(html, from, to);
        html.Add($"</svg>");
    }

    private static void Times(HtmlWriter html, DateTimeOffset from, DateTimeOffset to)
    {
        string format = (to - from) switch
        {
            { TotalMinutes: < 10 } => "HH:mm:ss",
            _ when from.UtcDateTime.Date == to.UtcDateTime.Date => "HH:mm",
            { TotalDays: < 60 } => "MM-dd HH:mm",
            _ => "yyyy-MM-dd",
        };
        string Text(DateTimeOffset time) => time.UtcDateTime.ToString(format, CultureInfo.InvariantCulture);
        if (from == to)
        {
            html.Add($"<text class=\"tick\" x=\"{(Left + Right) / 2}\" y=\"{Bottom + 17}\" text-anchor=\"middle\">{Text(from)}</text>");
        }
        else
        {
            html.Add(
                $"<text class=\"tick\" x=\"{Left}\" y=\"{Bottom + 17}\">{Text(from)}</text><text class=\"tick\" x=\"{Right}\" y=\"{Bottom + 17}\" text-anchor=\"end\">{Text(to)}</text>");
        }
    }

    /// <summary>The points that a line goes through without a gap.</summary>
    private static IEnumerable<PlotPoint[]> Runs(PlotPoint[] points)
    {
        double[] distances = [.. points.Zip(points.Skip(1), static (one, next) => (next.Time - one.Time).TotalSeconds).Order()];
        double longest = distances.Length < 3 ? double.PositiveInfinity : distances[distances.Length / 2] * Gap;
        List<PlotPoint> run = [];
        foreach (PlotPoint point in points)
        {
            if (run.Count > 0 && (point.Value is null || (point.Time - run[^1].Time).TotalSeconds > longest))
            {
                yield return [.. run];
                run.Clear();
            }

            if (point.Value is not null)
            {
                run.Add(point);
            }
        }

        if (run.Count > 0)
        {
            yield return [.. run];
        }
    }

    // A line to where it is shows as a dot: the ends are round.
    private static string Line(PlotPoint[] run, Func<DateTimeOffset, double> x, Func<double, double> y)
    {
        StringBuilder path = new();
        foreach (PlotPoint point in run)
        {
            path.Append(CultureInfo.InvariantCulture, $"{(path.Length == 0 ? 'M' : 'L')}{x(point.Time):0.#} {y(point.Value!.Value):0.#}");
        }

        return run.Length == 1 ? path.Append("h0").ToString() : path.ToString();
    }

    private static string Band(PlotPoint[] run, Func<DateTimeOffset, double> x, Func<double, double> y)
    {
        StringBuilder path = new();
        foreach (PlotPoint point in run)
        {
            path.Append(
                CultureInfo.InvariantCulture,
                $"{(path.Length == 0 ? 'M' : 'L')}{x(point.Time):0.#} {y(Finite(point.Upper) ?? point.Value!.Value):0.#}");
        }

        foreach (PlotPoint point in run.Reverse())
        {
            path.Append(CultureInfo.InvariantCulture, $"L{x(point.Time):0.#} {y(point.Lower ?? point.Value!.Value):0.#}");
        }

        return path.Append('Z').ToString();
    }

    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;

    /// <summary>No more points than columns: the mean of each, and the range of its values as bounds.</summary>
    private static PlotPoint[] Thin(PlotPoint[] points)
    {
        if (points.Length <= Columns || points[^1].Time == points[0].Time)
        {
            return points;
        }

        TimeSpan width = (points[^1].Time - points[0].Time) / Columns;
        return
        [
            .. points.GroupBy(point => Math.Min(Columns - 1, (int)((point.Time - points[0].Time) / width)))
                .Select(column =>
                {
                    PlotPoint[] known = [.. column.Where(static point => point.Value is not null)];
                    return known.Length == 0 ? column.First() : new PlotPoint(
                        known[^1].Time,
                        known.Average(static point => point.Value!.Value),
                        known.Min(static point => point.Lower ?? point.Value!.Value),
                        known.Max(static point => Finite(point.Upper) ?? point.Value!.Value),
                        Array.Exists(known, static point => point.IsMarked));
                }),
        ];
    }
}
