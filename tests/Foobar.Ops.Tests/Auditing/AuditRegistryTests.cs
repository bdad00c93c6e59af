using System.Text.RegularExpressions;
using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Tests.Auditing;

public sealed partial class AuditRegistryTests
{
    private static readonly Dictionary<Area, string> Prefixes = new()
    {
        [Area.Server] = "SRV",
        [Area.Firewall] = "FW",
        [Area.Tls] = "TLS",
        [Area.Database] = "DB",
        [Area.LoadBalancing] = "LB",
        [Area.Monitoring] = "MON",
        [Area.Topology] = "TOP",
        [Area.Inventory] = "INV",
    };

    [Fact]
    public void Every_control_has_an_id_of_its_own_with_its_areas_prefix()
    {
        Assert.All(AuditRegistry.Controls, control => Assert.Matches($"^{Prefixes[control.Area]}-[0-9]{{3}}$", control.Id));
        Assert.Equal(AuditRegistry.Controls.Count, AuditRegistry.Controls.Select(control => control.Id).Distinct().Count());
    }

    [Fact]
    public void Every_control_says_its_rule_why_it_matters_and_how_to_put_it_right() =>
        Assert.All(AuditRegistry.Controls, control =>
        {
            Assert.Matches(Sentence(), control.Rationale);
            Assert.True(control.Remediation.Trim().Length > 15, control.Id);
            Assert.False(string.IsNullOrWhiteSpace(control.Title) || control.Title.EndsWith('.'), control.Id);
        });

    [Fact]
    public void Every_part_has_a_name_of_its_own_and_facts_that_a_snapshot_can_carry()
    {
        Assert.Equal(AuditRegistry.Parts.Count, AuditRegistry.Parts.Select(part => part.Name).Distinct().Count());
        Assert.All(AuditRegistry.Parts, part => Assert.NotEmpty(part.Controls));
        Assert.All(AuditRegistry.Parts, part => Assert.Empty(FactsShape.Losses(part.FactsType)));
    }

    [GeneratedRegex(@"^\S.{15,}[.!]$", RegexOptions.Singleline)]
    private static partial Regex Sentence();
}
