using System.Text.RegularExpressions;
using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;
using Foobar.Ops.Lab.Faults;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Tests.Lab;

public sealed partial class FaultCatalogTests
{
    [Fact]
    public void Each_fault_has_a_name_of_its_own_and_one_line_that_says_what_is_wrong()
    {
        Assert.Equal(FaultCatalog.All.Count, FaultCatalog.All.Select(fault => fault.Name).Distinct().Count());
        Assert.All(FaultCatalog.All, fault =>
        {
            Assert.Matches(Name(), fault.Name);
            Assert.DoesNotContain('\n', fault.Description);
            Assert.False(fault.Description.EndsWith('.'), fault.Description);
        });
    }

    [Fact]
    public void Each_fault_is_seen_by_a_control_that_exists_and_is_of_its_area()
    {
        Dictionary<string, ControlInfo> controls = AuditRegistry.Controls.ToDictionary(control => control.Id);

        Assert.All(FaultCatalog.All, fault => Assert.Equal(fault.Area, Assert.Contains(fault.Control, controls).Area));
    }

    [Fact]
    public void Every_kind_of_lab_can_be_broken_in_at_least_a_dozen_ways()
    {
        foreach (TlsVariant tls in Enum.GetValues<TlsVariant>())
        {
            Assert.True(FaultCatalog.For(LabPlans.Of(tls: tls).Options).Count() >= 12);
        }
    }

    [Theory]
    [InlineData("Firewalld", "firewalld-")]
    [InlineData("Ufw", "ufw-")]
    [InlineData("Docker", "docker-")]
    public void What_keeps_the_rules_has_faults_of_its_own_that_no_other_lab_can_have(string firewall, string prefix)
    {
        Fault[] faults = [.. FaultCatalog.All.Where(fault => fault.Name.StartsWith(prefix, StringComparison.Ordinal))];

        Assert.NotEmpty(faults);
        Assert.All(faults, fault =>
        {
            Assert.Equal(
                [Enum.Parse<HostFirewall>(firewall)],
                Enum.GetValues<HostFirewall>().Where(one => fault.AppliesTo(new LabOptions { Firewall = one })));
            Assert.NotNull(fault.Witness);
        });
    }

    [Fact]
    public void What_changes_the_file_of_nftables_is_not_made_where_nothing_loads_it()
    {
        foreach (HostFirewall firewall in (HostFirewall[])[HostFirewall.Firewalld, HostFirewall.Ufw])
        {
            IEnumerable<FileFault> faults = FaultCatalog.For(new LabOptions { Firewall = firewall }).OfType<FileFault>();
            Assert.All(
                faults.Where(static fault => fault.Path == "/etc/nftables.conf"), static fault => Assert.Equal(["fw-01"], fault.Servers));
        }
    }

    [Fact]
    public void What_excludes_each_other_are_faults_that_there_are_and_says_why()
    {
        string[] names = [.. FaultCatalog.All.Select(fault => fault.Name)];

        Assert.All(FaultExclusions.All, exclusion =>
        {
            Assert.Empty(exclusion.Some.Concat(exclusion.Others).Except(names));
            Assert.Matches(@"\A[a-zH].{15,}[^.]\z", exclusion.Reason);
        });
    }

    [Theory]
    [InlineData("MySql", "Edge")]
    [InlineData("MariaDb", "Edge")]
    [InlineData("MariaDb", "Web")]
    [InlineData("MariaDb", "Reencrypt")]
    public void Groups_of_five_hold_every_fault_and_none_that_exclude_each_other(string database, string tls)
    {
        LabPlan plan = LabPlans.Of(Enum.Parse<DatabaseFlavour>(database), Enum.Parse<TlsVariant>(tls));
        Fault[] faults = [.. FaultCatalog.For(plan.Options)];
        for (int seed = 0; seed < 20; seed++)
        {
            IReadOnlyList<IReadOnlyList<Fault>> groups = FaultGroups.Draw(faults, plan, 5, seed);

            Assert.Equal(faults.Order(Names), groups.SelectMany(group => group).Distinct().Order(Names));
            Assert.All(groups, group => Assert.Equal(5, group.Count));
            Assert.All(
                groups,
                group => Assert.DoesNotContain(group, one => group.Any(other => other != one && !FaultGroups.Fit(one, other, plan))));
            Assert.Equal(groups.Select(Text), FaultGroups.Draw(faults, plan, 5, seed).Select(Text));
        }

        Assert.NotEqual(FaultGroups.Draw(faults, plan, 5, 0).Select(Text), FaultGroups.Draw(faults, plan, 5, 1).Select(Text));

        static string Text(IReadOnlyList<Fault> group) => string.Join(' ', group.Select(fault => fault.Name));
    }

    [Fact]
    public void What_would_hide_behind_another_is_in_no_group_with_it()
    {
        LabPlan plan = LabPlans.Of();

        Assert.False(Fit("fw-flushed", "fw-failover-blocked"));
        Assert.False(Fit("tls-off", "certificate-expired"));
        Assert.False(Fit("replication-stopped", "table-without-transactions"));
        Assert.False(Fit("replication-stopped", "replica-not-receiving"));
        Assert.False(Fit("app-stopped", "health-check-fails"));
        Assert.True(Fit("disk-full", "replication-stopped"));

        bool Fit(string one, string other) => FaultGroups.Fit(FaultCatalog.Find(one), FaultCatalog.Find(other), plan);
    }

    private static Comparer<Fault> Names { get; } = Comparer<Fault>.Create((one, other) => string.CompareOrdinal(one.Name, other.Name));

    [Fact]
    public void Both_ways_of_a_fault_are_called_the_same() => Assert.All(FaultCatalog.All.OfType<VariantFault>(), fault =>
    {
        Assert.Equal(fault.One.Name, fault.Other.Name);
        Assert.Equal(fault.One.Control, fault.Other.Control);
        Assert.Equal(fault.One.Description, fault.Other.Description);
    });

    [GeneratedRegex(@"\A[a-z0-9]+(-[a-z0-9]+)*\z")]
    private static partial Regex Name();
}
