using System.Collections;
using System.Globalization;
using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Tests.Inventory;

public sealed class InventoryWriterTests
{
    public static TheoryData<string> Examples() =>
        [
            .. Directory.EnumerateFiles(Repository.File("docs", "examples"), "*.json")
                .Select(file => Path.GetFileName(file))
                .Order(StringComparer.Ordinal),
        ];

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_loads_and_survives_being_written(string name)
    {
        Site site = InventoryLoader.Load(Repository.File("docs", "examples", name));

        string text = InventoryWriter.Write(site);
        Site again = InventoryLoader.Parse(text, Full.Path);

        Assert.Equal(text, InventoryWriter.Write(again));
        Assert.Equal(Plain(site), Plain(again));
        Assert.NotEmpty(site.Policy.Flows);
    }

    [Fact]
    public void There_is_an_example_for_each_of_the_five_descriptions() =>
        Assert.Equal(["a", "b", "c", "d", "e"], Examples().Select(row => row.Data[..1]));

    [Fact]
    public void The_full_inventory_survives_being_written()
    {
        Site site = InventoryLoader.Parse(Full.Text, Full.Path);

        string text = InventoryWriter.Write(site, "foobar.schema.json");

        Assert.Equal(Plain(site), Plain(InventoryLoader.Parse(text, "/elsewhere/foobar.json")));
        Assert.StartsWith("{\n  \"$schema\": \"foobar.schema.json\",\n  \"site\": \"www.foobar.com\",\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_gives_a_site_or_an_inventory_error() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<string>(),
            text => LoadsOrRefuses(text ?? string.Empty)).CheckSeeded();

    [Fact]
    public void Any_damage_to_an_inventory_gives_a_site_or_an_inventory_error()
    {
        string[] pieces =
        [
            "", "\"", "{", "}", "[", "]", ":", ",", "null", "1e999", "-0", "\\ud800", "\"\\u0000\"", "//", "/*", "\"*\"", "\"internet\"",
            "\u2028", "\"::/0\"", "[[]]", "{\"a\":{}}",
        ];
        Gen<string> damaged =
            from start in Gen.Choose(0, Full.Text.Length)
            from length in Gen.Choose(0, 40)
            from piece in Gen.Elements(pieces)
            select string.Concat(Full.Text.AsSpan(0, start), piece, Full.Text.AsSpan(Math.Min(Full.Text.Length, start + length)));

        Prop.ForAll(Arb.From(damaged), LoadsOrRefuses).CheckSeeded(2000);
    }

    // Every property of the records, by reflection, so that a key the writer forgets is noticed.
    private static string Plain(object? value) => value switch
    {
        null => "null",
        string or IPAddress or IPNetwork or Uri or Enum or PortRange or DateOnly => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        IEnumerable items => $"[{string.Join(", ", items.Cast<object?>().Select(Plain))}]",
        _ when value.GetType().IsPrimitive => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        _ =>
            $"{{{string.Join(", ", value.GetType().GetProperties().Where(property => property.Name != "EqualityContract").Select(property => $"{property.Name}: {Plain(property.GetValue(value))}"))}}}",
    };

    private static bool LoadsOrRefuses(string text)
    {
        try
        {
            Site site = InventoryLoader.Parse(text, Full.Path);
            string written = InventoryWriter.Write(site);
            return InventoryWriter.Write(InventoryLoader.Parse(written, Full.Path)) == written;
        }
        catch (InventoryException exception)
        {
            return exception.Problems.Count > 0 && exception.Problems.All(problem => problem.Line > 0 && problem.Column > 0);
        }
    }
}
