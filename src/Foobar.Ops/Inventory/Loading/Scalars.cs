using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Foobar.Ops.Inventory.Loading;

/// <summary>Readers of single values: each gives the value, or reports what was expected and gives nothing.</summary>
internal static class Scalars
{
    private const int MaxText = 1024;

    /// <summary>Text in one line: not empty, no control characters.</summary>
    public static Parsed<string> Text(SourceValue value, Problems problems) => Text(value, problems, "text");

    /// <summary>Text in one line that may be left out.</summary>
    public static Parsed<string?> OptionalText(SourceValue value, Problems problems) =>
        Text(value, problems).TryGet(out string text) ? text : default(Parsed<string?>);

    /// <summary>Text in one line: not empty, no control characters, at most 1024 long, not a secret.</summary>
    public static Parsed<string> Text(SourceValue value, Problems problems, string expected)
    {
        string? problem = value switch
        {
            { Kind: not JsonValueKind.String } => $"{value.Shown} stands where {expected} belongs",
            { Secret: true } => "this value looks like a secret",
            { Text: "" } => "the text is empty",
            { Text.Length: > MaxText } => $"the text is {value.Text.Length} characters long, {MaxText} at most are allowed",
            _ when value.Text.Any(c => char.IsControl(c) || c is '\u2028' or '\u2029') => $"{value.Shown} holds a control character",
            _ => null,
        };
        if (problem is null)
        {
            return value.Text;
        }

        problems.Add(value, problem, value.Secret ? Secrets.Instead : expected);
        return default;
    }

    /// <summary>Text that keeps a pattern.</summary>
    public static Read<string> Matching(Regex pattern, string expected) => (value, problems) =>
        Text(value, problems, expected).TryGet(out string text) && Check(pattern.IsMatch(text), value, problems, expected)
            ? text
            : default(Parsed<string>);

    /// <summary>Text that keeps a pattern and may be left out.</summary>
    public static Read<string?> OptionalMatching(Regex pattern, string expected) => (value, problems) =>
        Matching(pattern, expected)(value, problems).TryGet(out string text) ? text : default(Parsed<string?>);

    /// <summary>The word for a member of an enumeration.</summary>
    public static Parsed<TEnum> Word<TEnum>(SourceValue value, Problems problems)
        where TEnum : struct, Enum =>
        OneOf(InventoryWord.All<TEnum>())(value, problems).TryGet(out string word) && InventoryWord.TryParse(word, out TEnum member)
            ? member
            : default(Parsed<TEnum>);

    /// <summary>One of some words.</summary>
    public static Read<string> OneOf(IReadOnlyList<string> words) => (value, problems) =>
    {
        string expected = $"one of {string.Join(", ", words)}";
        if (!Text(value, problems, expected).TryGet(out string text))
        {
            return default;
        }

        if (words.Contains(text, StringComparer.Ordinal))
        {
            return text;
        }

        problems.Add(value, $"{value.Shown} is not known here", expected, Nearest.To(text, words));
        return default;
    };

    /// <summary>A whole number within limits.</summary>
    public static Read<int> Whole(int least, int most) => (value, problems) =>
    {
        bool good = value.Kind == JsonValueKind.Number
            && int.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
            && number >= least
            && number <= most;
        return Check(good, value, problems, string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}"))
            ? int.Parse(value.Text, CultureInfo.InvariantCulture)
            : default(Parsed<int>);
    };

    /// <summary>A number within limits.</summary>
    public static Read<double> Number(double least, double most) => (value, problems) =>
    {
        bool good = value.Kind == JsonValueKind.Number
            && double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            && number >= least
            && number <= most;
        return Check(good, value, problems, string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"))
            ? double.Parse(value.Text, CultureInfo.InvariantCulture)
            : default(Parsed<double>);
    };

    /// <summary>True or false.</summary>
    public static Parsed<bool> Flag(SourceValue value, Problems problems) =>
        Check(value.Kind is JsonValueKind.True or JsonValueKind.False, value, problems, "true or false")
            ? value.Kind == JsonValueKind.True
            : default(Parsed<bool>);

    /// <summary>Reports a value that does not keep a condition.</summary>
    public static bool Check(bool good, SourceValue value, Problems problems, string expected, string? suggestion = null)
    {
        if (!good)
        {
            problems.Add(value, $"{value.Shown} does not fit here", expected, suggestion);
        }

        return good;
    }
}
