using System.Text.Json;

namespace Foobar.Ops.Inventory.Loading;

/// <summary>A place in a text: line and column, both counted from 1, columns in UTF-16 units.</summary>
internal readonly record struct SourcePosition(int Line, int Column);

/// <summary>A value of a JSON document that knows where it stands.</summary>
/// <param name="Kind">What kind of value it is.</param>
/// <param name="Text">A string's value or a number's digits; empty for the others.</param>
/// <param name="Position">Where it begins.</param>
/// <param name="Path">The place in the document: <c>$.policy.flows[2]</c>.</param>
internal sealed record SourceValue(JsonValueKind Kind, string Text, SourcePosition Position, string Path)
{
    /// <summary>An object's members in the order of the document, doubled keys included.</summary>
    public List<SourceMember> Members { get; } = [];

    /// <summary>An array's items.</summary>
    public List<SourceValue> Items { get; } = [];

    /// <summary>Whether it, as a value, looks like a secret; then no message repeats it.</summary>
    public bool Secret { get; init; }

    /// <summary>The first member of a name, or <see langword="null"/>.</summary>
    public SourceValue? this[string name] => Members.Find(member => string.Equals(member.Name, name, StringComparison.Ordinal))?.Value;

    /// <summary>The value as a message may show it: short, in one line, never a secret.</summary>
    public string Shown => Kind switch
    {
        _ when Secret => "a value that looks like a secret",
        JsonValueKind.String => $"'{Shorten(Text)}'",
        JsonValueKind.Number => Shorten(Text),
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => "null",
    };

    /// <summary>Makes text fit for one line of a message: no control characters, at most 60 characters.</summary>
    public static string Shorten(string text)
    {
        string line = string.Concat(text.Take(61).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '\uFFFD' : c));
        return line.Length > 60 ? $"{line[..60]}..." : line;
    }
}

/// <summary>A member of an object: its key, where the key stands, its value.</summary>
internal sealed record SourceMember(string Name, SourcePosition Position, SourceValue Value);
