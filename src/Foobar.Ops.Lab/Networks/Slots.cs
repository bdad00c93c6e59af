using System.Net;
using System.Net.NetworkInformation;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Networks;

/// <summary>
/// Chooses a lab's slot: one that no other lab has, and none of whose addresses this machine itself uses or installs packages
/// from (a proxy of a test network may have a documentation address, too; a lab in its range would cut the machine off it).
/// </summary>
internal static class Slots
{
    /// <summary>The first free slot.</summary>
    /// <param name="taken">The slots of other labs.</param>
    /// <param name="needed">Addresses that this machine must still reach.</param>
    /// <exception cref="LabException">None is free.</exception>
    public static int Choose(IEnumerable<int> taken, IEnumerable<IPAddress> needed)
    {
        HashSet<int> others = [.. taken];
        IPAddress[] own = [.. OwnAddresses(), .. needed];
        foreach (int slot in Enumerable.Range(0, AddressPlan.Slots))
        {
            if (!others.Contains(slot) && !own.Any(address => Ranges(new AddressPlan(slot)).Any(range => range.Contains(address))))
            {
                return slot;
            }
        }

        throw LabException.Refused(
            $"All {AddressPlan.Slots} address ranges for labs are taken.",
            "Remove a lab that is not needed any more (status --all lists them).");
    }

    private static IEnumerable<IPNetwork> Ranges(AddressPlan plan) =>
        Enum.GetValues<LabNetworkName>().SelectMany(network => new[] { plan.V4(network), plan.V6(network) });

    /// <summary>The machine's own addresses, gateways and name servers.</summary>
    private static IEnumerable<IPAddress> OwnAddresses() =>
        from network in NetworkInterface.GetAllNetworkInterfaces()
        let properties = network.GetIPProperties()
        from address in properties.UnicastAddresses.Select(one => one.Address)
            .Concat(properties.GatewayAddresses.Select(one => one.Address))
            .Concat(properties.DnsAddresses)
        select address;
}
