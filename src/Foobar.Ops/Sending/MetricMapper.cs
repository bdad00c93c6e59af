using System.Collections;
using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Foobar.Ops.Errors;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Services.Sending;
using Foobar.Ops.Traffic;

namespace Foobar.Ops.Sending;

/// <summary>
/// From what the module measured to the metrics that are sent. A traffic rate gives <c>foobar.traffic.count</c>,
/// <c>foobar.traffic.rate</c> and its bounds; a server's metric gives one metric a number: <c>foobar.server.cpu_user_percent</c>,
/// <c>foobar.disk.read_bytes_per_second</c> with the label <c>device</c>. A number that is not known is not sent.
/// </summary>
internal static partial class MetricMapper
{
    private static readonly ConcurrentDictionary<Type, PropertyInfo[]> Properties = [];

    /// <summary>The metrics of an object.</summary>
    /// <param name="measured">A <see cref="TrafficRate"/> or a <see cref="ServerMetric"/>.</param>
    /// <param name="labels">Labels for all.</param>
    /// <exception cref="FoobarException"><c>NotSendable</c>: it is of another type.</exception>
    public static IReadOnlyList<OutgoingMetric> Map(object measured, IReadOnlyDictionary<string, string> labels) => measured switch
    {
        TrafficRate rate => [.. Map(rate, labels)],
        ServerMetric metric => [.. Map(metric, "foobar.server", metric.Time, With(labels, ("server", metric.Server)))],
        _ => throw new FoobarException("NotSendable", ErrorKind.InvalidInput, $"A {measured.GetType().Name} can't be sent as a metric.")
        {
            Recommendation =
                "Send what Measure-FoobarQps and Get-FoobarMetric return, in the session that got it; findings by Send-FoobarFinding.",
        },
    };

    private static IEnumerable<OutgoingMetric> Map(TrafficRate rate, IReadOnlyDictionary<string, string> labels)
    {
        Dictionary<string, string> own = With(
            labels, ("server", rate.Server), ("origin", rate.Origin.ToString()), ("counter", rate.Name), ("unit", rate.Unit.ToString()));
        if (rate.Count is { } count)
        {
            yield return new OutgoingMetric(
                "foobar.traffic.count", count, rate.End, own) { Interval = TimeSpan.FromSeconds(rate.WindowSeconds), Unit = "1" };
        }

        (string Name, double? Value)[] values = [("rate", rate.Rate), ("rate_lower", rate.Lower), ("rate_upper", rate.Upper)];
        foreach ((string name, double? value) in values.Where(static one => one.Value is { } value && double.IsFinite(value)))
        {
            yield return new OutgoingMetric($"foobar.traffic.{name}", value!.Value, rate.End, own) { Unit = "1/s" };
        }
    }

    /// <summary>A metric for each number of an object, and those of the objects in its lists.</summary>
    private static IEnumerable<OutgoingMetric> Map(object of, string prefix, DateTimeOffset time, Dictionary<string, string> labels)
    {
        foreach (PropertyInfo property in Properties.GetOrAdd(
            of.GetType(), static type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance)))
        {
            object? value = property.GetValue(of);
            if (value is int or long or double && Convert.ToDouble(value, CultureInfo.InvariantCulture) is var number
                && double.IsFinite(number))
            {
                yield return new OutgoingMetric($"{prefix}.{Snake(property.Name)}", number, time, labels) { Unit = UnitOf(property.Name) };
            }
            else if (value is IEnumerable list and not string)
            {
                foreach (object item in list.Cast<object>().Where(static item => item.GetType().Assembly == typeof(MetricMapper).Assembly))
                {
                    foreach (OutgoingMetric metric in Map(
                        item,
                        $"foobar.{Snake(item.GetType().Name.Replace("Metric", string.Empty, StringComparison.Ordinal))}",
                        time, Named(labels, item)))
                    {
                        yield return metric;
                    }
                }
            }
        }
    }

    /// <summary>What names an item among its like: its texts, such as device and mount point.</summary>
    private static Dictionary<string, string> Named(Dictionary<string, string> labels, object item) => With(
        labels,
        [
            .. item.GetType()
                .GetProperties()
                .Where(static property => property.PropertyType == typeof(string))
                .Select(property => (Snake(property.Name), (string?)property.GetValue(item) ?? string.Empty)),
        ]);

    private static Dictionary<string, string> With(IReadOnlyDictionary<string, string> labels, params (string Name, string Value)[] more)
    {
        Dictionary<string, string> all = new(labels, StringComparer.Ordinal);
        foreach ((string name, string value) in more.Where(static label => label.Value.Length > 0))
        {
            all[name] = value;
        }

        return all;
    }

    private static string UnitOf(string name) =>
        name.EndsWith("BytesPerSecond", StringComparison.Ordinal) ? "By/s"
        : name.EndsWith("PerSecond", StringComparison.Ordinal) ? "1/s"
        : name.EndsWith("Bytes", StringComparison.Ordinal) ? "By"
        : name.EndsWith("Percent", StringComparison.Ordinal) ? "%"
        : name.EndsWith("Milliseconds", StringComparison.Ordinal) ? "ms"
        : name.EndsWith("Seconds", StringComparison.Ordinal) ? "s"
        : string.Empty;

    private static string Snake(string name) =>
        Word().Replace(name, static match => match.Index == 0 ? match.Value : "_" + match.Value).ToLowerInvariant();

    [GeneratedRegex("[A-Z][a-z0-9]*", RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
