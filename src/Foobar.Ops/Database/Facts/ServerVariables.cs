using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>System variables or status counters by name, as <c>SHOW GLOBAL VARIABLES</c> and <c>SHOW GLOBAL STATUS</c> give them.</summary>
internal sealed class ServerVariables
{
    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);
    private readonly string _source;

    public ServerVariables(IEnumerable<DatabaseRow> rows, string source)
    {
        _source = source;
        foreach (DatabaseRow row in rows)
        {
            _values[row.Text("Variable_name") ?? ""] = row.Text("Value") ?? "";
        }
    }

    /// <summary>The value of the first of several names that the server has; <see langword="null"/> if it has none.</summary>
    public string? Text(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (_values.TryGetValue(name, out string? value))
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>The value as a whole number; <see langword="null"/> if there is none.</summary>
    public long? Number(params ReadOnlySpan<string> names) => ToNumber(Text(names));

    /// <summary>The value as a switch (<c>ON</c>, <c>1</c>, <c>YES</c> or not); <see langword="null"/> if there is none.</summary>
    public bool? Flag(params ReadOnlySpan<string> names) => Text(names) is { } value ? IsOn(value) : null;

    /// <summary>The value, which must be there.</summary>
    /// <exception cref="ParseException">The server has no such variable.</exception>
    public string Require(string name) => Text(name) ?? throw Missing(name);

    /// <summary>The value as a whole number, which must be there.</summary>
    /// <exception cref="ParseException">The server has no such variable, or it is no number.</exception>
    public long RequireNumber(params ReadOnlySpan<string> names) => Number(names) ?? throw Missing(names[0]);

    /// <summary>Tells whether a written switch is on.</summary>
    public static bool IsOn(string value) => value.ToUpperInvariant() is "ON" or "1" or "YES" or "TRUE";

    private static long? ToNumber(string? text) =>
        long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out long number) ? number
        : decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal fraction)
            && fraction is > long.MinValue and < long.MaxValue
            ? (long)fraction
        : null;

    private ParseException Missing(string name) =>
        new(null, _source, 0, $"expected a value for '{name}', found '{Text(name) ?? "nothing"}'.");
}
