using System.Text.Json;
using Foobar.Ops.Auditing;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Tests.Auditing;

public sealed class ControlReferencesTests
{
    // How each framework writes its numbers.
    private static readonly Dictionary<string, string> Numbers = new()
    {
        ["CIS Debian 12"] = @"^[1-7](\.[1-9][0-9]?){2,4}$",
        ["CIS NGINX"] = @"^[1-5](\.[1-9][0-9]?){1,2}$",
        ["CIS MySQL 8.4"] = @"^([1-9]|10)(\.[1-9][0-9]?){1,2}$",
        ["CIS MariaDB 10.11"] = @"^[1-9](\.[1-9][0-9]?){1,2}$",
        ["CIS Controls"] = @"^([1-9]|1[0-8])\.[1-9][0-9]?$",
        ["PCI DSS"] = @"^([1-9]|1[0-2])\.[1-9][0-9]?(\.[1-9][0-9]?){0,2}$",
        ["NIST SP 800-53"] = @"^(AC|AT|AU|CA|CM|CP|IA|IR|MA|MP|PE|PL|PM|PS|PT|RA|SA|SC|SI|SR)-[1-9][0-9]?(\([1-9][0-9]?\))?$",
        ["MITRE ATT&CK"] = "^M1[0-9]{3}$",
    };

    private static readonly JsonElement Data = Read();

    [Fact]
    public void Every_control_maps_to_something_or_says_why_it_does_not()
    {
        string[] ids = [.. AuditRegistry.Controls.Select(control => control.Id)];

        Assert.Empty(ids.Except(ControlReferences.Ids));
        Assert.All(ids, id => Assert.True(ControlReferences.Of(id).Count > 0 != ControlReferences.NoneBecause(id) is not null, id));
        Assert.All(ids.Select(ControlReferences.NoneBecause).OfType<string>(), reason => Assert.Matches(@"^[A-Z].{20,}\.$", reason));
    }

    [Fact]
    public void Every_id_in_the_data_is_a_control_s() =>
        Assert.Empty(ControlReferences.Ids.Except(AuditRegistry.Controls.Select(control => control.Id)));

    [Fact]
    public void Numbers_are_written_as_the_framework_writes_them() =>
        Assert.All(Data.GetProperty("frameworks").EnumerateArray(), framework => Assert.All(
            framework.GetProperty("titles").EnumerateObject(),
            title => Assert.Matches(Numbers[framework.GetProperty("name").GetString()!], title.Name)));

    [Fact]
    public void A_title_stands_once_and_is_used_and_none_is_given_twice_to_a_control()
    {
        foreach (JsonElement framework in Data.GetProperty("frameworks").EnumerateArray())
        {
            string name = framework.GetProperty("name").GetString()!;
            string[] titled = [.. framework.GetProperty("titles").EnumerateObject().Select(title => title.Name)];
            string[] used =
            [
                .. AuditRegistry.Controls.SelectMany(control => control.References)
                    .Where(reference => reference.Framework == name)
                    .Select(reference => reference.Number),
            ];

            Assert.Equal(titled.Length, titled.Distinct().Count());
            Assert.Empty(titled.Except(used));
            Assert.Empty(used.Except(titled));
        }

        Assert.All(AuditRegistry.Controls, control => Assert.Equal(control.References.Count, control.References.Distinct().Count()));
    }

    [Fact]
    public void The_data_has_the_shape_that_the_reader_takes_and_nothing_else()
    {
        Assert.Equal(["frameworks", "controls"], Data.EnumerateObject().Select(property => property.Name));
        Assert.All(Data.GetProperty("frameworks").EnumerateArray(), framework =>
        {
            Assert.Equal(["name", "fullName", "version", "titles"], framework.EnumerateObject().Select(property => property.Name));
            Assert.All(
                framework.GetProperty("titles").EnumerateObject(), title => Assert.Matches(@"^[A-Z].{6,}[^.\s]$", title.Value.GetString()));
        });
        string[] frameworks = [.. ControlReferences.Frameworks.Select(framework => framework.Name)];
        Assert.Equal(Numbers.Keys, frameworks);
        Assert.All(Data.GetProperty("controls").EnumerateObject(), control => Assert.True(
            control.Value.EnumerateObject().Select(property => property.Name).SequenceEqual(["none"])
            || control.Value.EnumerateObject()
                .Select(property => property.Name)
                .SequenceEqual(frameworks.Where(framework => control.Value.TryGetProperty(framework, out _))),
            control.Name));
    }

    [Theory]
    [InlineData("PCI DSS", "", "FW-017")]
    [InlineData("pci*", "", "FW-017")]
    [InlineData("PCI DSS 4.0.1", "", "FW-017")]
    [InlineData("", "PCI DSS 1.4.*", "FW-017")]
    [InlineData("", "1.4.3", "FW-017")]
    [InlineData("NIST*", "*SC-8(1)", "DB-014")]
    [InlineData("", "M1041", "DB-014")]
    public void Controls_are_chosen_by_what_they_map_to(string framework, string reference, string expected)
    {
        ReferenceFilter filter = new()
        {
            Frameworks = framework.Length == 0 ? [] : [framework],
            References = reference.Length == 0 ? [] : [reference],
        };
        filter.Check(AuditRegistry.Controls);
        string[] chosen = [.. AuditRegistry.Controls.Where(filter.Holds).Select(control => control.Id)];

        Assert.Contains(expected, chosen);
        Assert.DoesNotContain("LB-007", chosen);
    }

    [Fact]
    public void Both_narrow_by_the_same_reference()
    {
        // FW-017 maps to PCI DSS and to M1037, but M1037 is no requirement of PCI DSS.
        ReferenceFilter filter = new() { Frameworks = ["PCI DSS"], References = ["M1037"] };

        Assert.DoesNotContain(AuditRegistry.Controls, filter.Holds);
    }

    [Fact]
    public void Without_patterns_every_control_is_meant() =>
        Assert.All(AuditRegistry.Controls, control => Assert.True(new ReferenceFilter().Holds(control)));

    [Theory]
    [InlineData("PCI DDS", "")]
    [InlineData("", "PCI DSS 13.*")]
    public void What_nothing_maps_to_is_an_error(string framework, string reference)
    {
        ReferenceFilter filter = new()
        {
            Frameworks = framework.Length == 0 ? [] : [framework],
            References = reference.Length == 0 ? [] : [reference],
        };

        Assert.Equal("ReferenceNotFound", Assert.Throws<FoobarException>(() => filter.Check(AuditRegistry.Controls)).ErrorId);
    }

    private static JsonElement Read()
    {
        using Stream stream = ControlReferences.Open();
        using JsonDocument document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }
}
