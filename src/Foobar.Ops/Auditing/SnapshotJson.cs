using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Auditing;

/// <summary>
/// How facts and findings are written as JSON: names in camel case, enumerations and addresses as text, nothing that is derived.
/// </summary>
internal static class SnapshotJson
{
    /// <summary>The options, for reading and writing.</summary>
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        IgnoreReadOnlyProperties = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        MaxDepth = 128,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        WriteIndented = true,
        NewLine = "\n",
        Converters = { new JsonStringEnumConverter(), new AddressConverter(), new NetworkConverter() },
    };

    /// <summary>The same without what is marked as a <see cref="MeasurementAttribute">measurement</see>.</summary>
    public static JsonSerializerOptions Lasting { get; } = new(Options)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { LeaveOutMeasurements } },
    };

    /// <summary>The same in one line.</summary>
    public static JsonSerializerOptions Compact { get; } = new(Options) { WriteIndented = false };

    private static void LeaveOutMeasurements(JsonTypeInfo type)
    {
        foreach (JsonPropertyInfo property in type.Properties.Where(
            property => property.AttributeProvider?.IsDefined(typeof(MeasurementAttribute), false) ?? false))
        {
            property.ShouldSerialize = static (_, _) => false;
        }
    }

    private sealed class AddressConverter : JsonConverter<IPAddress>
    {
        public override IPAddress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            IPAddress.TryParse(reader.GetString(), out IPAddress? address)
                ? address
                : throw new JsonException("An IP address was expected.");

        public override void Write(Utf8JsonWriter writer, IPAddress value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }

    private sealed class NetworkConverter : JsonConverter<IPNetwork>
    {
        public override IPNetwork Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            IPNetwork.TryParse(reader.GetString(), out IPNetwork network)
                ? network
                : throw new JsonException("A network in CIDR notation was expected.");

        public override void Write(Utf8JsonWriter writer, IPNetwork value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}
