using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Foobar.Ops.Traffic.Dashboards;

/// <summary>How dashboards are written as JSON: readable, with queries as they are.</summary>
internal static class DashboardJson
{
    /// <summary>On one line.</summary>
    public static JsonSerializerOptions Plain { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static JsonSerializerOptions Indented { get; } = new(Plain) { WriteIndented = true, NewLine = "\n" };

    /// <summary>A file's text.</summary>
    public static string Write(JsonNode node) => node.ToJsonString(Indented) + "\n";

    /// <summary>A list.</summary>
    public static JsonArray List(IEnumerable<JsonNode?> items) => new([.. items]);
}
