using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Tests.Inventory;

public sealed class FlowResolverTests
{
    private static readonly Site Site = InventoryLoader.Parse(Full.Text, Full.Path);
    private static readonly FlowResolver Resolver = new(Site);

    [Theory]
    [InlineData("*", FlowEndKind.AllServers, "198.51.100.10/32 192.0.2.10/32 192.0.2.11/32 2001:db8::11/128 192.0.2.12/32")]
    [InlineData("load-balancer", FlowEndKind.Role, "198.51.100.10/32 192.0.2.10/32 198.51.100.9/32")]
    [InlineData("web", FlowEndKind.Role, "192.0.2.11/32 2001:db8::11/128 192.0.2.12/32")]
    [InlineData("internal", FlowEndKind.Network, "192.0.2.0/24 2001:db8::/64")]
    [InlineData("WEB-02", FlowEndKind.Server, "192.0.2.12/32")]
    [InlineData("203.0.113.99", FlowEndKind.Address, "203.0.113.99/32")]
    [InlineData("2001:db8::99", FlowEndKind.Address, "2001:db8::99/128")]
    [InlineData("203.0.113.64/26", FlowEndKind.Address, "203.0.113.64/26")]
    public void An_end_is_these_addresses(string end, FlowEndKind kind, string networks)
    {
        FlowEnd resolved = Resolver.Resolve(end);

        Assert.Equal(kind, resolved.Kind);
        Assert.Equal(networks, string.Join(' ', resolved.Networks));
    }

    [Fact]
    public void An_address_that_moves_takes_connections_and_makes_none()
    {
        Site site = Site with
        {
            Policy = Site.Policy with { Flows = [TestSite.MakeFlow("both", "load-balancer", "load-balancer", "tcp/80")] },
        };
        ResolvedFlow flow = Assert.Single(new FlowResolver(site).Flows());

        Assert.Equal("198.51.100.10/32 192.0.2.10/32", string.Join(' ', flow.From[0].Networks));
        Assert.Equal("198.51.100.10/32 192.0.2.10/32 198.51.100.9/32", string.Join(' ', flow.To[0].Networks));
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700::1", true)]
    [InlineData("203.0.113.16", true)]
    [InlineData("203.0.113.15", false)]
    [InlineData("198.51.100.200", false)]
    [InlineData("192.0.2.11", false)]
    [InlineData("2001:db8::5", false)]
    [InlineData("2001:db8:0:1::5", true)]
    [InlineData("0.0.0.0", true)]
    [InlineData("255.255.255.255", true)]
    public void The_internet_is_what_is_not_the_sites(string address, bool inside) =>
        Assert.Equal(inside, Resolver.Resolve("internet").Contains(IPAddress.Parse(address)));

    [Fact]
    public void Without_declared_networks_everything_is_the_internet()
    {
        Site site = Site with { Networks = new Dictionary<string, IReadOnlyList<IPNetwork>>() };

        Assert.Equal("0.0.0.0/0 ::/0", string.Join(' ', new FlowResolver(site).Resolve("internet").Networks));
    }

    [Fact]
    public void Flows_come_with_both_ends_resolved()
    {
        ResolvedFlow flow = Resolver.Flows()[1];

        Assert.Equal("operators", flow.Flow.Name);
        Assert.Equal(["operator", "203.0.113.99"], flow.From.Select(end => end.Name));
        Assert.Equal(["lb-01", "web-01", "web-02"], flow.To.Single().Servers.Select(server => server.Name));
    }

    [Fact]
    public void An_end_that_names_nothing_is_an_error() =>
        Assert.Equal("FlowEndUnknown", Assert.Throws<FoobarException>(() => Resolver.Resolve("nobody")).ErrorId);

    [Fact]
    public void What_is_left_of_the_address_space_is_exact_and_disjoint() =>
        Prop.ForAll(
            Arb.From(Gen.NonEmptyListOf(Networks)),
            Arb.From(Gen.Choose(int.MinValue, int.MaxValue)),
            (networks, number) =>
            {
                IReadOnlyList<IPNetwork> rest = AddressSpace.Without([.. networks]);
                IEnumerable<IPAddress> probes = networks.SelectMany(Edges).Append(Address(number));
                return probes.All(
                    probe => rest.Count(network => network.Contains(probe)) == (networks.Any(network => network.Contains(probe)) ? 0 : 1));
            }).CheckSeeded();

    private static Gen<IPNetwork> Networks =>
        from number in Gen.Choose(int.MinValue, int.MaxValue)
        from prefix in Gen.Choose(1, 32)
        select new IPNetwork(Address(number & (int)(uint.MaxValue << (32 - prefix))), prefix);

    private static IPAddress Address(int number) => new([(byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number]);

    private static IEnumerable<IPAddress> Edges(IPNetwork network)
    {
        byte[] bytes = network.BaseAddress.GetAddressBytes();
        int first = (bytes[0] << 24) | (bytes[1] << 16) | (bytes[2] << 8) | bytes[3];
        int size = network.PrefixLength == 32 ? 1 : 1 << (32 - network.PrefixLength);
        return [Address(first), Address(first - 1), Address(first + size - 1), Address(first + size)];
    }
}
