using System.Text.Json;

namespace Foobar.Ops.Inventory.Loading;

/// <summary>
/// Reads one object by its keys: every key asked for is known; those left over at <see cref="Finish"/> are problems, as
/// are doubled ones and those that announce a secret.
/// </summary>
internal sealed class ObjectReader
{
    private readonly SourceValue _value;
    private readonly Problems _problems;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly bool _usable;

    public ObjectReader(SourceValue value, Problems problems, string what)
    {
        _value = value;
        _problems = problems;
        _usable = value.Kind == JsonValueKind.Object;
        if (!_usable)
        {
            problems.Add(value, $"{value.Shown} stands where {what} belongs", "an object: { ... }");
        }

        ReportDoubled(value, problems);
    }

    /// <summary>Reads a key that may be missing.</summary>
    public T Optional<T>(string key, T missing, Read<T> read)
    {
        _known.Add(key);
        return _value[key] is { } value ? read(value, _problems).Or(missing) : missing;
    }

    /// <summary>Reads a key that must be there.</summary>
    /// <param name="key">The key.</param>
    /// <param name="stand">Stands in for what is missing or wrong, so that the reading can go on to the next problem.</param>
    /// <param name="expected">What the key is for.</param>
    /// <param name="read">Reads the value.</param>
    public T Required<T>(string key, T stand, string expected, Read<T> read)
    {
        if (_usable && _value[key] is null)
        {
            _problems.Add(_value, $"the key \"{key}\" is missing", expected);
        }

        return Optional(key, stand, read);
    }

    /// <summary>Reports every key that was not asked for.</summary>
    public void Finish()
    {
        foreach (SourceMember member in _value.Members.Where(member => !_known.Contains(member.Name)))
        {
            string path = SourcePath.Member(_value.Path, member.Name);
            if (Secrets.LooksLikeKey(member.Name))
            {
                _problems.Add(member.Position, path, "this key looks like a secret", Secrets.Instead);
                continue;
            }

            _problems.Add(
                member.Position,
                path,
                "unknown key",
                $"one of {string.Join(", ", _known)}",
                Nearest.To(member.Name, _known.Where(key => _value[key] is null)));
        }
    }

    /// <summary>Reports keys that stand in an object more than once.</summary>
    public static void ReportDoubled(SourceValue value, Problems problems)
    {
        foreach (IGrouping<string, SourceMember> same in value.Members.GroupBy(member => member.Name, StringComparer.Ordinal))
        {
            foreach (SourceMember again in same.Skip(1))
            {
                problems.Add(
                    again.Position, again.Value.Path,
                    $"this key stands here already, in line {same.First().Position.Line}",
                    "each key once");
            }
        }
    }
}
