using System.Text;
using System.Text.Json;
using Foobar.Ops.Remoting.Drivers;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
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
            stream.Load(new ShallowParser(new Parser(new StringReader(yaml))));
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
            throw TooLarge(depth);
        }

        switch (node)
        {
            case YamlMappingNode mapping:
                json.WriteStartObject();
                WriteMembers(json, mapping, [], depth + 1, ref left);
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

    // A mapping's own keys go before those of its merge keys, and of several of these the first (yaml.org, "Merge Key Language-Independent
    // Type").
    private static void WriteMembers(Utf8JsonWriter json, YamlMappingNode mapping, HashSet<string> written, int depth, ref int left)
    {
        if (depth > Deepest || --left < 0)
        {
            throw TooLarge(depth);
        }

        foreach ((YamlNode key, YamlNode value) in mapping.Children)
        {
            if (key is YamlScalarNode { Value: { } name } && name != MergeKey && written.Add(name))
            {
                json.WritePropertyName(name);
                Write(json, value, depth, ref left);
            }
        }

        foreach (YamlMappingNode merged in mapping.Children.Where(static pair => pair.Key is YamlScalarNode { Value: MergeKey })
            .SelectMany(
                static pair =>
                    pair.Value is YamlSequenceNode several
                        ? several.Children.OfType<YamlMappingNode>()
                        : pair.Value is YamlMappingNode one ? [one] : []))
        {
            WriteMembers(json, merged, written, depth + 1, ref left);
        }
    }

    private static InvalidDataException TooLarge(int depth) =>
        new(depth > Deepest ? $"it nests deeper than {Deepest} levels" : $"it stands for more than {MostValues} values");

    private static bool IsNothing(YamlScalarNode scalar, string text) =>
        (!scalar.Tag.IsEmpty && !scalar.Tag.IsNonSpecific && !scalar.Tag.Value.StartsWith("tag:yaml.org,2002:", StringComparison.Ordinal))
        || (scalar.Style == ScalarStyle.Plain && text is "" or "~" or "null" or "Null" or "NULL");

    /// <summary>Ends a text that nests too deep before anything is built of it: building calls itself for each level.</summary>
    private sealed class ShallowParser(IParser inner) : IParser
    {
        private int _depth;

        public ParsingEvent? Current => inner.Current;

        public bool MoveNext()
        {
            bool moved = inner.MoveNext();
            _depth += moved ? inner.Current!.NestingIncrease : 0;

            // The stream, the document and the value itself are levels too.
            return _depth <= Deepest + 2 ? moved : throw TooLarge(_depth);
        }
    }
}
