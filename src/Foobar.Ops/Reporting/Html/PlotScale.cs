using System.Globalization;

namespace Foobar.Ops.Reporting.Html;

/// <summary>Round numbers for the axes of plots.</summary>
internal static class PlotScale
{
    private static readonly double[] Round = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

    /// <summary>The least round number that is no less than a value; 1 for nothing.</summary>
    public static double Ceiling(double value)
    {
        if (!(value > 0) || !double.IsFinite(value))
        {
            return 1;
        }

        double power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return Round.Select(step => step * power).First(step => step >= value * (1 - 1e-9));
    }

    /// <summary>The values that are named at an axis from 0: both ends and the middle.</summary>
    /// <param name="most">The upper end.</param>
    /// <param name="whole">Whether only whole numbers mean something.</param>
    public static IEnumerable<double> Ticks(double most, bool whole = false) => whole && most % 2 != 0 ? [0, most] : [0, most / 2, most];

    /// <summary>A number in few characters: <c>0.25</c>, <c>12</c>, <c>1.5k</c>.</summary>
    public static string Text(double value) => Math.Abs(value) switch
    {
        >= 1e9 => (value / 1e9).ToString("0.##", CultureInfo.InvariantCulture) + "G",
        >= 1e6 => (value / 1e6).ToString("0.##", CultureInfo.InvariantCulture) + "M",
        >= 1e4 => (value / 1e3).ToString("0.##", CultureInfo.InvariantCulture) + "k",
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("0.#", CultureInfo.InvariantCulture),
        _ => value.ToString("0.###", CultureInfo.InvariantCulture),
    };
}
