using System.Net;
using System.Net.Sockets;

namespace Foobar.Ops.LabTests.Firewall.KernelSandbox;

/// <summary>The sandbox's interfaces, addresses, routes and kernel settings.</summary>
internal static class SandboxNetwork
{
    /// <summary>The way to the internet; everything no other interface has goes out here.</summary>
    public const string Outside = "eth0";

    public const string Inside = "eth1";

    public const string Perimeter = "dmz0";

    public static readonly string[] Interfaces = [Outside, Inside, Perimeter];

    /// <summary>The server's own addresses, interface by interface.</summary>
    public static readonly (string Interface, IPAddress Address, int PrefixLength)[] Addresses =
    [
        (Outside, IPAddress.Parse("198.51.100.1"), 24),
        (Outside, IPAddress.Parse("2001:db8:a::1"), 64),
        (Inside, IPAddress.Parse("192.0.2.1"), 24),
        (Inside, IPAddress.Parse("2001:db8:b::1"), 64),
        (Perimeter, IPAddress.Parse("203.0.113.1"), 25),
        (Perimeter, IPAddress.Parse("2001:db8:c::1"), 64),
    ];

    /// <summary>The interface by which the namespace sends to an address that is not its own.</summary>
    public static string RouteTo(IPAddress address) => Addresses
        .Where(
            entry => entry.Address.AddressFamily == address.AddressFamily && Network(entry.Address, entry.PrefixLength).Contains(address))
        .Select(static entry => entry.Interface)
        .FirstOrDefault(Outside);

    /// <summary>Tells whether the address is the namespace's own.</summary>
    public static bool IsLocal(IPAddress address) => Addresses.Any(entry => entry.Address.Equals(address));

    /// <summary>Tells whether packets to the address go to one host: no broadcast, no router anycast, no multicast, no loopback.</summary>
    public static bool IsHost(IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        return bytes.Length == 4
            ? bytes[0] is > 0 and < 224 and not 127
                && !Addresses.Any(entry => entry.PrefixLength < 64 && IsEdge(entry.Address, entry.PrefixLength, address))
            : bytes[0] is > 0 and < 0xfe && bytes.AsSpan(8).ContainsAnyExcept((byte)0);
    }

    // Forwarding in both versions, no answers withheld, no address filter but the rules, and a tracker that takes each
    // packet of a known connection as a part of it, whatever its sequence numbers.
    private static readonly (string Name, string Value)[] Settings =
    [
        ("ipv4/ip_forward", "1"),
        ("ipv6/conf/all/forwarding", "1"),
        ("ipv6/conf/all/accept_ra", "0"),
        ("ipv4/conf/all/rp_filter", "0"),
        ("ipv4/conf/default/rp_filter", "0"),
        ("ipv4/conf/all/accept_local", "1"),
        ("ipv4/conf/all/send_redirects", "0"),
        ("ipv4/conf/default/send_redirects", "0"),
        ("ipv4/icmp_ratelimit", "0"),
        ("ipv4/icmp_msgs_per_sec", "1000000000"),
        ("ipv4/icmp_msgs_burst", "1000000"),
        ("ipv6/icmp/ratelimit", "0"),
        ("netfilter/nf_conntrack_tcp_be_liberal", "1"),
    ];

    /// <summary>The router with three networks that most tests use.</summary>
    public static SandboxHost Router { get; } = new(Addresses, [(IPAddress.Any, 0, null, Outside), (IPAddress.IPv6Any, 0, null, Outside)]);

    /// <summary>Sets up the namespace of the calling thread, whose devices must be there.</summary>
    public static void Configure(SandboxHost host)
    {
        IEnumerable<string> commands =
        [
            "link set lo up",
            .. host.Interfaces.Select(name => $"link set {name} up"),
            .. host.Addresses.Select(
                entry =>
                    $"address add {entry.Address}/{entry.PrefixLength} dev "
                        + $"{entry.Interface}{(entry.PrefixLength == 64 ? " nodad" : string.Empty)}"),
            .. host.Routes.Select(
                route =>
                    $"route add {route.Destination}/{route.PrefixLength}{(route.Gateway is null ? string.Empty : $" via {route.Gateway}")} "
                        + $"dev {route.Interface}"),
        ];
        // Without this a device gets a link-local address when it comes up, and duplicate detection keeps it busy for seconds.
        Write("ipv6/conf/default/addr_gen_mode", "1");
        foreach (string name in host.Interfaces)
        {
            Write($"ipv6/conf/{name}/addr_gen_mode", "1");
        }

        Tool.Run("ip", string.Join('\n', commands) + "\n", "-batch", "-");
        foreach ((string name, string value) in Settings)
        {
            Write(name, value);
        }

        foreach ((_, IPAddress address, _) in host.Addresses.Where(
            static entry => entry.Address.AddressFamily == AddressFamily.InterNetworkV6))
        {
            AwaitOwn(address);
        }
    }

    // The kernel takes an IPv6 address for its own a moment after it was given, from a queue of its own.
    private static void AwaitOwn(IPAddress address)
    {
        string route = $"{Convert.ToHexStringLower(address.GetAddressBytes())} 80 ";
        if (!SpinWait.SpinUntil(
            () => File.ReadLines("/proc/thread-self/net/ipv6_route").Any(line => line.StartsWith(route, StringComparison.Ordinal)),
            TimeSpan.FromSeconds(10)))
        {
            throw new InvalidOperationException($"The kernel does not take {address} for its own.");
        }
    }

    /// <summary>The network an address is in.</summary>
    public static IPNetwork Network(IPAddress address, int prefixLength)
    {
        byte[] bytes = address.GetAddressBytes();
        for (int bit = prefixLength; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new IPNetwork(new IPAddress(bytes), prefixLength);
    }

    private static bool IsEdge(IPAddress own, int prefixLength, IPAddress address)
    {
        IPNetwork network = Network(own, prefixLength);
        byte low = network.BaseAddress.GetAddressBytes()[3];
        byte last = address.GetAddressBytes()[3];
        return network.Contains(address) && (last == low || last == (low | (0xff >> (prefixLength - 24))));
    }

    // A kernel may lack a setting of a newer one; what it lacks limits nothing there.
    private static void Write(string name, string value)
    {
        string path = $"/proc/sys/net/{name}";
        if (File.Exists(path))
        {
            File.WriteAllText(path, value);
        }
    }
}
