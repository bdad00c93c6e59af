using System.Text.Json.Nodes;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Tests.Inventory;

/// <summary>Holds docs/foobar.schema.json and the loader together: each knows every key, word, limit and default of the other.</summary>
public sealed class InventorySchemaTests
{
    private static readonly JsonObject Schema = JsonNode.Parse(File.ReadAllText(Repository.File("docs", "foobar.schema.json")))!.AsObject();

    [Fact]
    public void Every_key_of_the_schema_is_used_by_the_full_inventory_and_described()
    {
        foreach ((JsonObject schema, Func<JsonObject, JsonNode> at) in Places().Where(place => place.Schema.ContainsKey("properties")))
        {
            foreach ((string key, JsonNode? property) in schema["properties"]!.AsObject())
            {
                Assert.True(
                    Objects(schema).Any(found => found.ContainsKey(key)),
                    $"The full inventory lacks {key} at {at(Full.Document()).GetPath()}.");
                JsonObject node = property!.AsObject();
                Assert.True((node["description"] ?? Resolve(node)["description"]) is not null, $"{key} has no description.");
            }
        }
    }

    [Fact]
    public void Objects_know_the_same_keys()
    {
        foreach ((JsonObject schema, Func<JsonObject, JsonNode> at) in Places().Where(place => place.Schema.ContainsKey("properties")))
        {
            Assert.False(schema["additionalProperties"]!.GetValue<bool>());
            JsonObject document = Full.Document();
            JsonObject changed = at(document).AsObject();
            changed["zzzzzz"] = 1;

            InventoryProblem problem = Assert.Single(Full.Problems(document.ToJsonString()));
            Assert.Equal(
                Sorted(schema["properties"]!.AsObject().Select(pair => pair.Key)),
                Sorted(problem.Expected!["one of ".Length..].Split(", ")));
        }
    }

    [Fact]
    public void Objects_need_the_same_keys()
    {
        foreach ((JsonObject schema, Func<JsonObject, JsonNode> at) in Places().Where(place => place.Schema.ContainsKey("properties")))
        {
            string[] required = [.. schema["required"]?.AsArray().Select(key => key!.GetValue<string>()) ?? []];
            foreach ((string key, JsonNode? _) in at(Full.Document()).AsObject())
            {
                JsonObject document = Full.Document();
                at(document).AsObject().Remove(key);
                bool missed = Full.Problems(document.ToJsonString()).Any(problem => problem.Message == $"the key \"{key}\" is missing");
                bool conditional = key == "backend" && schema["properties"]!.AsObject().ContainsKey("kind");
                Assert.Equal(required.Contains(key) || conditional, missed);
            }
        }
    }

    [Fact]
    public void Words_are_the_same()
    {
        int checkedWords = 0;
        foreach ((JsonObject schema, Func<JsonObject, JsonNode> at) in Places().Where(place => place.Schema.ContainsKey("enum")))
        {
            JsonObject document = Full.Document();
            at(document).ReplaceWith("zzzzzz");

            InventoryProblem problem = Assert.Single(
                Full.Problems(document.ToJsonString()), problem => problem.Message.Contains("zzzzzz", StringComparison.Ordinal));
            Assert.Equal(
                Sorted(schema["enum"]!.AsArray().Select(word => word!.GetValue<string>())),
                Sorted(problem.Expected!["one of ".Length..].Split(", ")));
            checkedWords++;
        }

        Assert.True(checkedWords >= 8);
    }

    [Fact]
    public void Limits_are_the_same()
    {
        int checkedLimits = 0;
        foreach ((JsonObject schema, Func<JsonObject, JsonNode> at) in Places().Where(place => place.Schema.ContainsKey("minimum")))
        {
            double least = schema["minimum"]!.GetValue<double>();
            double most = schema["maximum"]!.GetValue<double>();
            Assert.True(Fits(at, least) && Fits(at, most) && !Fits(at, least - 1) && !Fits(at, most + 1), at(Full.Document()).GetPath());
            checkedLimits++;
        }

        Assert.True(checkedLimits >= 10);
    }

    [Fact]
    public void Defaults_are_the_same()
    {
        int checkedDefaults = 0;
        foreach ((JsonObject schema, Func<JsonObject, JsonNode> at) in Places().Where(place => place.Schema.ContainsKey("properties")))
        {
            foreach ((string key, JsonNode? property) in schema["properties"]!
                .AsObject()
                .Where(pair => pair.Value!.AsObject().ContainsKey("default")))
            {
                Assert.Equal(Written(at, key, property!["default"]!), Written(at, key, null));
                checkedDefaults++;
            }
        }

        Assert.True(checkedDefaults >= 15);
    }

    private static bool Fits(Func<JsonObject, JsonNode> at, double value)
    {
        JsonObject document = Full.Document();
        at(document).ReplaceWith(value);
        return !Full.Problems(document.ToJsonString())
            .Any(problem => problem.Expected?.Contains("number from", StringComparison.Ordinal) ?? false);
    }

    private static string Written(Func<JsonObject, JsonNode> at, string key, JsonNode? value)
    {
        JsonObject document = Full.Document();
        document["policy"]!["database"]!["writers"] = 1;
        document["policy"]!["tls"]!.AsObject().Remove("warnDays");
        document["policy"]!["tls"]!.AsObject().Remove("failDays");
        document["policy"]!["tls"]!.AsObject().Remove("backends");
        document["policy"]!["servers"]!.AsObject().Remove("diskFailPercent");
        at(document).AsObject().Remove(key);
        if (value is not null)
        {
            at(document).AsObject()[key] = value.DeepClone();
        }

        return InventoryWriter.Write(InventoryLoader.Parse(document.ToJsonString(), Full.Path));
    }

    private static string[] Sorted(IEnumerable<string> words) => [.. words.Order(StringComparer.Ordinal)];

    private static IEnumerable<JsonObject> Objects(JsonObject schema) =>
        Places().Where(place => ReferenceEquals(place.Schema, schema)).Select(place => place.At(Full.Document()).AsObject());

    /// <summary>Every place of the full inventory with the schema that governs it.</summary>
    private static List<(JsonObject Schema, Func<JsonObject, JsonNode> At)> Places()
    {
        List<(JsonObject, Func<JsonObject, JsonNode>)> places = [];
        Visit(Schema, Full.Document(), document => document, places);
        return places;
    }

    private static void Visit(
        JsonObject schema, JsonNode node, Func<JsonObject, JsonNode> at, List<(JsonObject, Func<JsonObject, JsonNode>)> places)
    {
        schema = Resolve(schema);
        if (schema["oneOf"] is JsonArray choices)
        {
            schema = choices.Select(choice => Resolve(choice!.AsObject()))
                .Single(
                    choice =>
                        (choice["type"]!.GetValue<string>(), node) is ("array", JsonArray)
                            or ("object", JsonObject)
                            or ("string", JsonValue));
        }

        places.Add((schema, at));
        if (node is JsonObject members)
        {
            foreach (string key in members.Select(pair => pair.Key))
            {
                JsonNode? child = schema["properties"]?[key] ?? schema["additionalProperties"];
                Assert.True(child is JsonObject, $"The schema knows no {members[key]!.GetPath()}.");
                Visit(child!.AsObject(), members[key]!, document => at(document)[key]!, places);
            }
        }
        else if (node is JsonArray items)
        {
            for (int i = 0; i < items.Count; i++)
            {
                int index = i;
                Visit(schema["items"]!.AsObject(), items[i]!, document => at(document)[index]!, places);
            }
        }
    }

    private static JsonObject Resolve(JsonObject schema) => schema["$ref"] is { } reference
        ? Resolve(reference.GetValue<string>()[2..].Split('/').Aggregate((JsonNode)Schema, (node, key) => node[key]!).AsObject())
        : schema;
}
