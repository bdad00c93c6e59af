namespace Foobar.Ops.Inventory;

/// <summary>Tells which of the declared flows lead to a server.</summary>
public static class FlowDestinations
{
    /// <summary>
    /// The flows that lead to a server: by its name, a role of it, <c>*</c>, an address of it or a network that holds one.
    /// </summary>
    public static IEnumerable<Flow> FlowsTo(this Site site, Server server) =>
        site.FlowsWhere(end => Names(end, server) || end.Networks.Any(network => server.Addresses.Any(network.Contains)));

    /// <summary>The flows that name a server itself: by its name, a role of it, <c>*</c> or an address of it.</summary>
    public static IEnumerable<Flow> FlowsNaming(this Site site, Server server) => site.FlowsWhere(end => Names(end, server));

    private static IEnumerable<Flow> FlowsWhere(this Site site, Func<FlowEnd, bool> leads)
    {
        FlowResolver resolver = new(site);
        return site.Policy.Flows.Where(flow => flow.To.Any(end => resolver.Find(end) is { } found && leads(found)));
    }

    private static bool Names(FlowEnd end, Server server) =>
        end.Servers.Contains(server)
            || (end.Kind == FlowEndKind.Address
                && end.Networks.Any(
                    network => server.Addresses.Any(
                        address => network.BaseAddress.Equals(address) && network.PrefixLength == address.GetAddressBytes().Length * 8)));
}
