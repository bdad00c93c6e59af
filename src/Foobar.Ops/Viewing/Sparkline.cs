using System.Globalization;
using System.Text;

namespace Foobar.Ops.Viewing;

/// <summary>A series as a small picture: in characters of a terminal, or as SVG.</summary>
public static class Sparkline
{
    private const string Bars = "▁▂▃▄▅▆▇█";

    /// <summary>The last values as bars, the largest in full height; a space where there is no number.</summary>
    public static string Text(IReadOnlyList<double> values, int width)
    {
        ArgumentNullException.ThrowIfNull(values);
        double[] last = [.. values.Skip(Math.Max(0, values.Count - width))];
        double most = last.Where(double.IsFinite).DefaultIfEmpty(0).Max();
        return string.Concat(last.Select(value => !double.IsFinite(value) ? ' ' : Bars[most <= 0 ? 0 : (int)Math.Clamp(Math.Round(value / most * (Bars.Length - 1)), 0, Bars.Length - 1)]));
    }

    /// <summary>The values as a line from 0 to the largest, in an SVG element without a script or a link; where there is no number the line has a gap.</summary>
    /// <param name="values">The values, at equal distances.</param>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    public static string Svg(IReadOnlyList<double> values, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(values);
        double most = values.Where(double.IsFinite).DefaultIfEmpty(0).Max();
        StringBuilder path = new();
        bool drawing = false;
        for (int index = 0; index < values.Count; index++)
        {
            if (double.IsFinite(values[index]))
            {
                double x = values.Count == 1 ? 0 : (double)index * width / (values.Count - 1);
                double y = height - (most <= 0 ? 0 : values[index] / most * height);
                path.Append(drawing ? 'L' : 'M').Append(string.Create(CultureInfo.InvariantCulture, $"{x:0.#} {y:0.#}"));
            }

            drawing = double.IsFinite(values[index]);
        }

        return string.Create(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\"><path d=\"{path}\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1\"/></svg>");
    }
}
