using System.Globalization;

namespace Foobar.Ops.Remoting;

/// <summary>One row of a result: values by column name, which is compared without regard to case.</summary>
public sealed class DatabaseRow
{
    private readonly Dictionary<string, object?> _values;

    /// <summary>Creates a row.</summary>
    public DatabaseRow(IEnumerable<KeyValuePair<string, object?>> values)
    {
        _values = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string column, object? value) in values)
        {
            _values[column] = value is DBNull ? null : value;
        }
    }

    /// <summary>The column names.</summary>
    public IReadOnlyCollection<string> Columns => _values.Keys;

    /// <summary>The value of a column; <see langword="null"/> for SQL NULL and for a column the result lacks.</summary>
    public object? this[string column] => _values.GetValueOrDefault(column);

    /// <summary>Tells whether the result has the column.</summary>
    public bool Has(string column) => _values.ContainsKey(column);

    /// <summary>
    /// The value as text (binary strings as UTF-8); <see langword="null"/> for SQL NULL and for a column the result lacks.
    /// </summary>
    public string? Text(string column) => this[column] switch
    {
        null => null,
        string text => text,
        byte[] bytes => System.Text.Encoding.UTF8.GetString(bytes),
        object value => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    /// <summary>The value as a whole number; <see langword="null"/> for SQL NULL, a column the result lacks, or no number.</summary>
    public long? Number(string column) =>
        long.TryParse(Text(column), NumberStyles.Integer, CultureInfo.InvariantCulture, out long number) ? number : null;
}
