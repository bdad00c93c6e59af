using System.Text.Json;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>
/// A construct of a rule that this version does not understand. Caught where rules are read: the rule's space becomes
/// unknown and the message its reason. Never leaves the parsers.
/// </summary>
public sealed class NotUnderstoodException(string construct) : Exception(construct)
{
    /// <summary>What was expected, and the JSON that stood there, cut to a readable length.</summary>
    internal static NotUnderstoodException At(string expected, JsonElement found)
    {
        string text = found.ValueKind == JsonValueKind.Undefined ? "nothing" : found.GetRawText();
        return new NotUnderstoodException($"{expected} expected, found {(text.Length > 120 ? text[..120] + "..." : text)}");
    }
}
