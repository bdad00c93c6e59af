using System.Net;

namespace Foobar.Ops.Inventory;

/// <summary>Sets of addresses as lists of networks.</summary>
internal static class AddressSpace
{
    private static readonly IPNetwork[] Everything = [new(IPAddress.Any, 0), new(IPAddress.IPv6Any, 0)];

    /// <summary>
    /// Every address of both families that none of the networks holds: the fewest networks, disjoint, in ascending order.
    /// </summary>
    public static IReadOnlyList<IPNetwork> Without(IReadOnlyList<IPNetwork> networks) =>
        [
            .. Everything.SelectMany(
                all => Without(all, [.. networks.Where(network => network.BaseAddress.AddressFamily == all.BaseAddress.AddressFamily)])),
        ];

    /// <summary>Tells whether a network lies wholly in another.</summary>
    public static bool Holds(IPNetwork outer, IPNetwork inner) =>
        outer.PrefixLength <= inner.PrefixLength && outer.Contains(inner.BaseAddress);

    private static IEnumerable<IPNetwork> Without(IPNetwork space, IReadOnlyList<IPNetwork> networks)
    {
        if (networks.Any(network => Holds(network, space)))
        {
            return [];
        }

        IPNetwork[] within = [.. networks.Where(network => Holds(space, network))];
        return within.Length == 0 ? [space] : Halves(space).SelectMany(half => Without(half, within));
    }

    private static IPNetwork[] Halves(IPNetwork space)
    {
        byte[] upper = space.BaseAddress.GetAddressBytes();
        upper[space.PrefixLength / 8] |= (byte)(0x80 >> (space.PrefixLength % 8));
        return [new(space.BaseAddress, space.PrefixLength + 1), new(new IPAddress(upper), space.PrefixLength + 1)];
    }
}
