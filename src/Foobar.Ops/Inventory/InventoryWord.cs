using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json.Serialization;

namespace Foobar.Ops.Inventory;

/// <summary>
/// The words of an inventory for the members of an enumeration: <c>load-balancer</c> for <see cref="Role.LoadBalancer"/>.
/// </summary>
public static class InventoryWord
{
    /// <summary>The word for a member.</summary>
    public static string Of<TEnum>(TEnum value)
        where TEnum : struct, Enum => Table<TEnum>.ByValue[value];

    /// <summary>All words, in the order of the enumeration.</summary>
    public static IReadOnlyList<string> All<TEnum>()
        where TEnum : struct, Enum => Table<TEnum>.Words;

    /// <summary>Reads a word, exactly as written in an inventory; <see langword="false"/> if it is none.</summary>
    public static bool TryParse<TEnum>([NotNullWhen(true)] string? word, out TEnum value)
        where TEnum : struct, Enum
    {
        value = default;
        return word is not null && Table<TEnum>.ByWord.TryGetValue(word, out value);
    }

    private static class Table<TEnum>
        where TEnum : struct, Enum
    {
        internal static readonly Dictionary<TEnum, string> ByValue = Enum.GetValues<TEnum>().ToDictionary(value => value, Word);
        internal static readonly Dictionary<string, TEnum> ByWord = ByValue.ToDictionary(
            pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);
        internal static readonly string[] Words = [.. Enum.GetValues<TEnum>().Select(value => ByValue[value])];

        private static string Word(TEnum value) =>
            typeof(TEnum).GetField(value.ToString())?.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name
            ?? throw new InvalidOperationException($"{typeof(TEnum).Name}.{value} has no word for inventories.");
    }
}
