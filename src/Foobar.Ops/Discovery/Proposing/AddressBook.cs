using System.Net;
using System.Text.RegularExpressions;
using Foobar.Ops.Discovery.Facts;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.Inventory.Loading;

namespace Foobar.Ops.Discovery.Proposing;

/// <summary>Which server has which name and address, and which addresses belong to none.</summary>
internal sealed partial class AddressBook
{
    private readonly Dictionary<IPAddress, FoundServer> _owners = [];
    private readonly Dictionary<string, IReadOnlyList<InterfaceAddress>> _addresses = [];

    /// <summary>Makes the book of servers that were reached.</summary>
    public AddressBook(IEnumerable<ServerDiscovery> servers, Draft draft)
    {
        HashSet<string> taken = new(StringComparer.OrdinalIgnoreCase);
        List<FoundServer> named = [];
        foreach (ServerDiscovery server in servers.Where(static server => server.Failure is null))
        {
            string? name = new[] { server.Name, server.Host.Value?.HostName }.OfType<string>()
                .FirstOrDefault(each => IsUsable(each) && !taken.Contains(each));
            if (name is null)
            {
                draft.Missing(
                    "servers", server.Name, $"What is {server.Name} called?",
                    "Neither the name it was asked for by nor its host name can name a server, or another server has it.",
                    server.Host.Value?.HostName);
                continue;
            }

            taken.Add(name);
            named.Add(new FoundServer(name, server));
        }

        Servers = named;
        Claim(draft);
    }

    /// <summary>The servers, in the order in which they were named.</summary>
    public IReadOnlyList<FoundServer> Servers { get; }

    /// <summary>The addresses that are no server's own: keepalived moves them, or several servers have them.</summary>
    public IReadOnlyList<IPAddress> Shared { get; private set; } = [];

    /// <summary>The servers that have an address at this moment.</summary>
    public IEnumerable<FoundServer> Holders(IPAddress address) =>
        Servers.Where(server => OwnAddresses(server.Facts.Network.Value).Any(own => own.Address.Equals(address)));

    /// <summary>Those of them that keepalived is configured with.</summary>
    public IReadOnlyList<IPAddress> Moving =>
        [.. Servers.SelectMany(static server => server.Facts.VirtualAddresses.Value ?? []).Distinct()];

    /// <summary>A server's own addresses with their networks, those of containers left out.</summary>
    public IReadOnlyList<InterfaceAddress> AddressesOf(FoundServer server) => _addresses[server.Name];

    /// <summary>Takes addresses out of those that a server is declared with; that it has them stays known.</summary>
    public void LeaveOut(FoundServer server, IReadOnlyCollection<InterfaceAddress> addresses) =>
        _addresses[server.Name] = [.. _addresses[server.Name].Except(addresses)];

    /// <summary>The server that has an address; <see langword="null"/> if none has.</summary>
    public FoundServer? Owner(IPAddress? address) => address is null ? null : _owners.GetValueOrDefault(address);

    /// <summary>The server that a host of a configuration means: an address, a name, or the machine itself.</summary>
    public FoundServer? Resolve(string host, FoundServer here) => IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address)
        ? (IPAddress.IsLoopback(address) ? here : Owner(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address))
        : host is "localhost" ? here
        : Servers.FirstOrDefault(server => IsNamed(server, host));

    private static bool IsNamed(FoundServer server, string host) =>
        new[] { server.Name, server.Facts.Host.Value?.HostName }.Any(name =>
            string.Equals(name, host, StringComparison.OrdinalIgnoreCase)
                || string.Equals(name?.Split('.')[0], host.Split('.')[0], StringComparison.OrdinalIgnoreCase));

    private static bool IsUsable(string name) =>
        Forms.IsName(name) && !Addresses.TryAddress(name, out _)
        && !InventoryWord.All<Role>()
            .Append(FlowResolver.Internet)
            .Append(NetworkFinder.Operator)
            .Contains(name, StringComparer.OrdinalIgnoreCase);

    private void Claim(Draft draft)
    {
        ILookup<IPAddress, FoundServer> holders = Servers
            .SelectMany(server => OwnAddresses(server.Facts.Network.Value).Select(own => (own.Address, server)))
            .ToLookup(static pair => pair.Address, static pair => pair.server);
        Shared = [.. Moving.Union(holders.Where(static group => group.Count() > 1).Select(static group => group.Key))];
        foreach (FoundServer server in Servers)
        {
            _addresses[server.Name] =
            [
                .. OwnAddresses(server.Facts.Network.Value)
                    .Where(own => !Shared.Contains(own.Address))
                    .DistinctBy(static own => own.Address),
            ];
            foreach (InterfaceAddress own in _addresses[server.Name])
            {
                _owners[own.Address] = server;
            }

            if (_addresses[server.Name].Count == 0)
            {
                draft.Missing(
                    $"servers.{server.Name}.addresses", server.Name, $"Which addresses has {server.Name}?",
                    server.Facts.Network.Failure ?? "No interface has a global address.",
                    subject: new QuestionSubject { IsUnread = true });
            }
        }
    }

    private static IEnumerable<InterfaceAddress> OwnAddresses(HostNetwork? network) => (network?.Addresses ?? []).Where(static own =>
        !IPAddress.IsLoopback(own.Address) && !own.Address.IsIPv6LinkLocal && !ContainerInterface().IsMatch(own.Interface));

    // The bridges that engines and hypervisors make for their guests.
    [GeneratedRegex(
        "^(lo$|docker|br-[0-9a-f]{12}$|veth|cni|podman|virbr|lxcbr|lxdbr|incusbr|flannel|cali|kube)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ContainerInterface();
}
