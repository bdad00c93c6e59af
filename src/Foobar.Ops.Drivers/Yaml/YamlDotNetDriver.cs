using System.Text;
using System.Text.Json;
using Foobar.Ops.Remoting.Drivers;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Foobar.Ops.Drivers.Yaml;

/// <summary>YAML by YamlDotNet.</summary>
internal sealed class YamlDotNetDriver : IYamlDriver
{
    private const int Deepest = 64;
    private const int MostValues = 100_000;
    private const string MergeKey = "<<";

    /// <inheritdoc/>
    public string ToJson(string yaml)
    {
        YamlStream stream = [];
        try
        {
            stream.Load(new MergingParser(new Parser(new StringReader(yaml))));
        }
        catch (Exception error) when (error is YamlException or ArgumentException or InvalidOperationException)
        {
            throw new InvalidDataException(error.Message, error);
        }

        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            int left = MostValues;
            if (stream.Documents.Count == 0)
            {
                json.WriteNullValue();
            }
            else
            {
                Write(json, stream.Documents[0].RootNode, 0, ref left);
            }
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    // An alias stands for its whole value, so a short text may stand for any number of values.
    private static void Write(Utf8JsonWriter json, YamlNode node, int depth, ref int left)
    {
        if (depth > Deepest || --left < 0)
        {
            throw new InvalidDataException(depth > Deepest ? $"it nests deeper than {Deepest} levels" : $"it stands for more than {MostValues} values");
        }

        switch (node)
        {
            case YamlMappingNode mapping:
                json.WriteStartObject();
                foreach ((YamlNode key, YamlNode value) in mapping.Children)
                {
                    if (key is YamlScalarNode { Value: { } name } && name != MergeKey)
                    {
                        json.WritePropertyName(name);
                        Write(json, value, depth + 1, ref left);
                    }
                }

                json.WriteEndObject();
                break;
            case YamlSequenceNode sequence:
                json.WriteStartArray();
                foreach (YamlNode item in sequence.Children)
                {
                    Write(json, item, depth + 1, ref left);
                }

                json.WriteEndArray();
                break;
            case YamlScalarNode { Value: { } text } scalar when !IsNothing(scalar, text):
                json.WriteStringValue(text);
                break;
            default:
                json.WriteNullValue();
                break;
        }
    }

    private static bool IsNothing(YamlScalarNode scalar, string text) =>
        (!scalar.Tag.IsEmpty && !scalar.Tag.IsNonSpecific && !scalar.Tag.Value.StartsWith("tag:yaml.org,2002:", StringComparison.Ordinal))
        || (scalar.Style == ScalarStyle.Plain && text is "" or "~" or "null" or "Null" or "NULL");
}
