using System.Net;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Networks;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Tests.Lab;

public sealed class SetupTests
{
    [Fact]
    public void No_two_labs_share_an_address()
    {
        IPNetwork[] networks =
        [
            .. Enumerable.Range(0, AddressPlan.Slots)
                .SelectMany(
                    slot => Enum.GetValues<LabNetworkName>()
                        .SelectMany(name => new[] { new AddressPlan(slot).V4(name), new AddressPlan(slot).V6(name) })),
        ];

        Assert.Equal(AddressPlan.Slots * 3 * 2, networks.Distinct().Count());
        Assert.All(networks, one => Assert.DoesNotContain(networks, other => other != one && other.Contains(one.BaseAddress)));
    }

    [Fact]
    public void A_lab_takes_no_slot_with_an_address_that_the_machine_needs()
    {
        int free = Slots.Choose([], []);
        IPAddress proxy = new AddressPlan(free).V4(LabNetworkName.Outside).BaseAddress;

        Assert.True(Slots.Choose([], [proxy]) > free);
        Assert.True(Slots.Choose([free], []) > free);
    }

    [Fact]
    public void All_addresses_are_for_documentation_and_inside_their_network()
    {
        IPNetwork[] documentation =
        [
            .. new[] { "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32" }.Select(text => IPNetwork.Parse(text)),
        ];

        foreach (int slot in Enumerable.Range(0, AddressPlan.Slots))
        {
            LabPlan plan = LabPlans.Of(slot: slot);
            foreach (LabLink link in plan.Servers.SelectMany(server => server.Links)
                .Append(plan.Addresses.Operator)
                .Append(plan.Addresses.Visitor))
            {
                Assert.True(plan.Addresses.V4(link.Network).Contains(link.V4));
                Assert.True(plan.Addresses.V6(link.Network).Contains(link.V6));
                Assert.Contains(documentation, network => network.Contains(link.V4));
                Assert.Contains(documentation, network => network.Contains(link.V6));
            }
        }
    }

    [Fact]
    public void Each_server_has_its_own_addresses()
    {
        LabPlan plan = LabPlans.Of();
        IPAddress[] addresses = [.. plan.Servers.SelectMany(server => server.Links).SelectMany(link => new[] { link.V4, link.V6 })];

        Assert.Equal(addresses.Length, addresses.Distinct().Count());
    }

    [Theory]
    [InlineData("foobar", true)]
    [InlineData("ci-123-mysql-edge", true)]
    [InlineData("", false)]
    [InlineData("..", false)]
    [InlineData("a/b", false)]
    [InlineData("a b", false)]
    [InlineData("Upper", false)]
    [InlineData("1st", false)]
    [InlineData("a\n", false)]
    public void A_name_is_what_paths_and_namespaces_can_hold(string name, bool good)
    {
        Exception? error = Record.Exception(() => LabOptions.CheckedName(name));

        Assert.Equal(good, error is null);
        Assert.True(good || error is LabException { Recommendation: not null });
    }

    [Fact]
    public void Cable_names_fit_into_an_interface_name()
    {
        LabPlan plan = LabPlans.Of(slot: 15);
        IEnumerable<string> names = plan.Servers.SelectMany(
            server => server.Links.Select(link => Foobar.Ops.Lab.Networks.NetworkNames.Cable(server.Name, link)))
            .Append(Foobar.Ops.Lab.Networks.NetworkNames.Operator(15));

        Assert.All(names, name => Assert.InRange(name.Length, 1, 15));
    }
}
