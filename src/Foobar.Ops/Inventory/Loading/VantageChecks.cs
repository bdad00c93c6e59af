using System.Net;

namespace Foobar.Ops.Inventory.Loading;

/// <summary>Checks that vantages stand for something, and that their addresses are of what they stand for.</summary>
internal sealed class VantageChecks(Site site, SourceValue root, Problems problems)
{
    private readonly FlowResolver _resolver = new(site);

    /// <summary>Reports everything that is wrong with vantages.</summary>
    public void Run()
    {
        foreach (SourceMember member in root["vantages"]?.Members ?? [])
        {
            if (string.Equals(member.Name, Vantage.OwnMachine, StringComparison.OrdinalIgnoreCase)
                && !site.Networks.ContainsKey(member.Name))
            {
                problems.Add(
                    member.Position, member.Value.Path,
                    $"a vantage cannot be named '{member.Name}', as your own machine is",
                    "another name");
            }

            if (site.Vantages.FirstOrDefault(vantage => vantage.Name == member.Name) is { } vantage)
            {
                Group(vantage, member.Value);
            }
        }
    }

    private void Group(Vantage vantage, SourceValue value)
    {
        if (_resolver.Find(vantage.StandsFor) is not { Kind: FlowEndKind.Internet or FlowEndKind.Network } group)
        {
            problems.Add(
                value["standsFor"] ?? value,
                $"'{SourceValue.Shorten(vantage.StandsFor)}' is no network",
                "'internet' or a network of the inventory",
                Nearest.To(vantage.StandsFor, [FlowResolver.Internet, .. site.Networks.Keys]));
            return;
        }

        foreach (SourceValue item in value["addresses"]?.Items ?? [])
        {
            if (Addresses.TryAddress(item.Text, out IPAddress? address) && !group.Contains(address!))
            {
                problems.Add(
                    item,
                    $"{item.Shown} is no address of '{group.Name}', for which {vantage.Name} stands",
                    group.Kind == FlowEndKind.Internet
                        ? "an address in no declared network, or \"standsFor\" with its network"
                        : $"an address of {string.Join(", ", group.Networks)}");
            }
        }
    }
}
