namespace Foobar.Ops.Traffic.Anomalies;

/// <summary>The shape of one period (a day, a week) and how far the periods are off it.</summary>
internal sealed class ShapeFit
{
    private const int Rounds = 2;

    // Three slots together are the minutes over which a level is judged.
    private const int Neighbours = 3;

    // In standard deviations.
    private const double ClusterWidth = 3;

    private ShapeFit(double[] shape, int[] times, double spread, double turnSpread)
    {
        TurnSpread = turnSpread;
        Shape = shape;
        Times = times;
        Spread = spread;
    }

    /// <summary>The logarithm of the rate in each slot of the period; NaN where there is none.</summary>
    public double[] Shape { get; }

    /// <summary>How many periods have a value in each slot.</summary>
    public int[] Times { get; }

    /// <summary>How many periods most slots have.</summary>
    public int UsualTimes => Times.Length == 0 ? 0 : Times.Order().ElementAt(Times.Length / 2);

    /// <summary>The standard deviation of some minutes about the shape.</summary>
    public double Spread { get; }

    /// <summary>The standard deviation of some minutes about the average of the hours before them.</summary>
    public double TurnSpread { get; }

    public static ShapeFit Of(SlotTable slots, int period, TimeSpan turn)
    {
        int periods = (slots.Values.Length / period) + 1;
        double[] levels = new double[periods];
        double[] shape = Fit(slots, period, levels, double.PositiveInfinity);
        int[] times = new int[period];
        for (int slot = 0; slot < slots.Values.Length; slot++)
        {
            times[(slots.First + slot) % period] += double.IsNaN(slots.Values[slot]) ? 0 : 1;
        }

        double spread = double.NaN;
        for (int round = 0; round < Rounds; round++)
        {
            Centre(slots, period, shape, levels);
            spread = Spreading(Residuals(slots, period, shape, levels, times, 1));
            shape = Fit(slots, period, levels, spread);
        }

        double[] residuals = Residuals(slots, period, shape, levels, times, Neighbours);
        double last = Spreading(residuals), weight = 1 - Math.Exp(-Neighbours * slots.Length / turn);
        return new ShapeFit(shape, times, last, Spreading(Turns(residuals, weight, ClusterWidth * last)));
    }

    private static double[] Fit(SlotTable slots, int period, double[] levels, double spread)
    {
        List<double>[] each = [.. Enumerable.Range(0, period).Select(_ => new List<double>())];
        for (int slot = 0; slot < slots.Values.Length; slot++)
        {
            if (!double.IsNaN(slots.Values[slot]))
            {
                each[(slots.First + slot) % period].Add(slots.Values[slot] - levels[slot / period]);
            }
        }

        return
        [
            .. each.Select(
                values =>
                    double.IsPositiveInfinity(spread)
                        ? RobustStatistics.Median(values.ToArray())
                        : Cluster([.. values], ClusterWidth * spread)),
        ];
    }

    /// <summary>
    /// The mean of the values that are close together. A slot of few weeks may have an anomaly in almost half of them, which draws
    /// a median to its side; the usual values still are the largest group.
    /// </summary>
    private static double Cluster(double[] values, double width)
    {
        (int Members, double Mean, double Off) best = (0, double.NaN, 0);
        double median = RobustStatistics.Median(values);
        foreach (double centre in values)
        {
            double[] members = [.. values.Where(value => Math.Abs(value - centre) <= width)];
            double off = Math.Abs(centre - median);
            if (members.Length > best.Members || (members.Length == best.Members && off < best.Off))
            {
                best = (members.Length, members.Average(), off);
            }
        }

        return best.Mean;
    }

    /// <summary>
    /// Puts each period on one level with the shape. Periods are counted from the history's first slot, whatever its day.
    /// </summary>
    private static void Centre(SlotTable slots, int period, double[] shape, double[] levels)
    {
        for (int index = 0; index < levels.Length; index++)
        {
            double[] off = [.. Enumerable.Range(index * period, period).TakeWhile(slot => slot < slots.Values.Length)
                .Select(slot => slots.Values[slot] - shape[(slots.First + slot) % period]).Where(value => !double.IsNaN(value))];
            levels[index] = off.Length == 0 ? 0 : RobustStatistics.Median(off);
        }
    }

    /// <summary>How far stretches of some slots were off the shape, in the order of time; NaN where one is missing.</summary>
    private static double[] Residuals(SlotTable slots, int period, double[] shape, double[] levels, int[] times, int neighbours)
    {
        double[] residuals = new double[slots.Values.Length / neighbours];
        for (int index = 0; index < residuals.Length; index++)
        {
            double mean = 0, least = double.MaxValue;
            for (int slot = index * neighbours; slot < (index + 1) * neighbours; slot++)
            {
                int place = (int)((slots.First + slot) % period);
                mean += (slots.Values[slot] - shape[place] - levels[slot / period]) / neighbours;
                least = Math.Min(least, times[place]);
            }

            // A value takes part in its own average: n values are closer to it than the next one will be.
            residuals[index] = least > 1 ? mean * Math.Sqrt(least / (least - 1)) : double.NaN;
        }

        return residuals;
    }

    private static double Spreading(double[] residuals)
    {
        double[] known = [.. residuals.Where(residual => !double.IsNaN(residual))];
        return known.Length == 0 ? Unknown : Math.Max(Least, RobustStatistics.Deviation(known));
    }

    /// <summary>
    /// How far each is off the exponentially weighted average of those before it; what is far off moves that no more than the clip.
    /// </summary>
    private static double[] Turns(double[] residuals, double weight, double clip)
    {
        double average = double.NaN;
        double[] turns = new double[residuals.Length];
        for (int index = 0; index < turns.Length; index++)
        {
            turns[index] = residuals[index] - average;
            average = double.IsNaN(residuals[index]) ? average : double.IsNaN(average) ? 0
                : average + (weight * (Math.Clamp(residuals[index], -clip, clip) - average));
        }

        return turns;
    }

    // One period alone tells nothing about how much the next may differ.
    private const double Unknown = 0.2;
    private const double Least = 0.02;
}
