using System.Text.Json;
using Foobar.Ops.Errors;
using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>
/// Reads the output of <c>nft -j list ruleset</c> (libnftables-json(5), schema version 1). A statement that is not
/// understood makes its rule's effect unknown; text that is not such a listing is an error.
/// </summary>
public static class NftRulesetParser
{
    /// <summary>The schema version this reader knows.</summary>
    public const int SchemaVersion = 1;

    /// <summary>Reads a ruleset.</summary>
    /// <param name="json">The output; empty text is a ruleset without a table.</param>
    /// <param name="server">The server it came from, for errors and rules.</param>
    /// <param name="source">The command or file it came from.</param>
    /// <param name="text">The output of <c>nft list ruleset</c>, the declarations of tables, chains and sets at least; empty
    /// where it was not read.</param>
    /// <exception cref="ParseException">It is cut short, not JSON, of another schema version, or lacks what the text has.</exception>
    public static Ruleset Parse(string json, string? server = null, string source = "nft -j list ruleset", string text = "")
    {
        if (string.IsNullOrWhiteSpace(json))
        {
            return Ruleset.Empty;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 128 });
            return new NftListing(server, source, NftStructure.Parse(text)).Read(document.RootElement);
        }
        catch (JsonException exception)
        {
            throw new ParseException(
                server, source, (int)(exception.LineNumber ?? 0) + 1, $"not complete JSON: {exception.Message}", exception);
        }
        catch (Exception exception)
            when (exception is NotUnderstoodException
                or InvalidOperationException
                or FormatException
                or ArgumentException
                or KeyNotFoundException)
        {
            throw new ParseException(server, source, 0, $"not a listing of nftables: {exception.Message}", exception);
        }
    }
}
