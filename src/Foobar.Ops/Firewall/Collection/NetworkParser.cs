using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Firewall.Collection;

/// <summary>
/// Reads <c>ip -json address show</c>, <c>ip -json route show table all</c> and <c>ip -json rule show</c> (ip(8), ip-route(8),
/// ip-rule(8)).
/// </summary>
public static partial class NetworkParser
{
    /// <summary>The keys of a route.</summary>
    internal static readonly Vocabulary RouteKeys = new Vocabulary("route key", "ip-route(8), iproute2 5.10 to 6.15")
        .Handled("type, dst, gateway, via, dev, metric, nexthops, flags, pref")
        .Irrelevant(
            "does not change by which interface a packet leaves",
            "protocol, scope, prefsrc, nhid, metrics, expires, error, users, age, used, table, ttl-propagate, flow_to, flow_from")
        .Undecided("the route is for some packets to its destination only", "from, tos")
        .Undecided("packets leave inside other packets", "encap");

    /// <summary>The keys of one way of a route that has several.</summary>
    internal static readonly Vocabulary NextHopKeys = new Vocabulary("next hop key", "ip-route(8), iproute2 5.10 to 6.15")
        .Handled("gateway, via, dev, flags")
        .Irrelevant("any of the ways may be taken", "weight, flow_to, flow_from")
        .Undecided("packets leave inside other packets", "encap");

    /// <summary>
    /// How long addresses and routes that DHCP or a router gave still hold: no part of the description, and it counts down.
    /// </summary>
    [GeneratedRegex("\"(?:valid_life_time|preferred_life_time|expires)\": ?[0-9]+,?", RegexOptions.CultureInvariant)]
    internal static partial Regex Lifetimes();

    /// <summary>Reads the listings into one description.</summary>
    /// <param name="addresses">The output of <c>ip -json address show</c>.</param>
    /// <param name="routes">Outputs of <c>ip -json route show table all</c>, one a family.</param>
    /// <param name="rules">Outputs of <c>ip -json rule show</c>, one a family; of a kernel that has no rules what <c>ip</c> says
    /// instead.</param>
    /// <param name="server">The server they came from.</param>
    /// <exception cref="ParseException">One is not such a listing.</exception>
    public static HostNetwork Parse(string addresses, IEnumerable<string> routes, IEnumerable<string> rules, string? server = null)
    {
        List<string> interfaces = [];
        List<InterfaceAddress> found = [];
        List<InterfaceLink> links = [];
        List<InterfaceProgram> programs = [];
        Read(addresses, server, "ip -json address show", link =>
        {
            string name = link.GetProperty("ifname").GetString()!;
            interfaces.Add(name);
            links.AddRange(Links(name, link));
            programs.AddRange(link.TryGetProperty("xdp", out _) ? [new InterfaceProgram(name, "XDP program", Leaving: false)] : []);
            found.AddRange(link.TryGetProperty("addr_info", out JsonElement list) ? Addresses(name, list) : []);
        });
        List<NetworkRoute> ways = [];
        List<string> policy = [];
        foreach (string listing in rules.Where(static listing => !listing.Contains("not supported", StringComparison.OrdinalIgnoreCase)))
        {
            Read(
                listing, server, "ip -json rule show",
                rule => policy.AddRange(IsKernels(rule) || AsksMain(rule) ? [] : [Words("ip rule", rule)]));
        }

        foreach (string listing in routes)
        {
            Read(listing, server, "ip -json route show table all", route =>
            {
                switch (Table(route))
                {
                    case null:
                        ways.AddRange(Routes(route));
                        policy.AddRange(Trouble(route) is { } why ? [$"{Words("ip route", route)} ({why})"] : []);
                        break;
                    case DefaultTable:
                        policy.Add(Words("ip route, table default", route, except: TableKey));
                        break;
                }
            });
        }

        return new HostNetwork
        {
            Interfaces = interfaces,
            Addresses = found,
            Routes = ways,
            PolicyRouting = policy,
            Links = links,
            Programs = programs,
        };
    }

    private const string TableKey = "table", DefaultTable = "default";

    // ip(8) names no table where it is the main one. Others are reached by rules of their own only.
    private static string? Table(JsonElement route) => route.TryGetProperty(TableKey, out JsonElement table) ? table.ToString() : null;

    private static string? Trouble(JsonElement route) =>
        RouteKeys.Trouble(route.EnumerateObject().Select(static key => key.Name))
        ?? (route.TryGetProperty("nexthops", out JsonElement hops)
            ? NextHopKeys.Trouble(hops.EnumerateArray().SelectMany(static hop => hop.EnumerateObject()).Select(static key => key.Name))
            : null);

    // Which of them a family has by itself: net/ipv4/fib_rules.c has all three, net/ipv6/fib6_rules.c the first two.
    private static bool IsKernels(JsonElement rule) =>
        rule.EnumerateObject().All(static property => property.Name is "priority" or "src" or "table" or "protocol")
        && rule.GetProperty("src").GetString() == "all"
        && (rule.GetProperty("priority").GetInt64(), rule.GetProperty("table").GetString()) is (0, "local") or (32766, "main") or (
            32767, "default");

    // Whom such a rule does not choose asks the main table later all the same. Left out are goto and what suppresses routes.
    private static readonly string[] Choosing =
    [
        "priority", "not", "src", "srclen", "dst", "dstlen", "tos", "fwmark", "fwmask", "iif", "iif_detached", "oif", "oif_detached",
        "uid_start", "uid_end", "ipproto", "sport", "sport_start", "sport_end", "dport", "dport_start", "dport_end", "table", "protocol",
    ];

    private static bool AsksMain(JsonElement rule) =>
        rule.EnumerateObject().All(static property => Choosing.Contains(property.Name))
        && rule.TryGetProperty(TableKey, out JsonElement table) && table.ToString() == "main"
        && rule.GetProperty("priority").GetInt64() is > 0 and < 32766;

    private static string Words(string source, JsonElement item, string? except = null) => string.Join(' ', item.EnumerateObject()
        .Where(property => property.Name != except
            && property.Value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.Null)
        .Select(static property => $"{property.Name} {property.Value}".TrimEnd())
        .Prepend(source + ":"));

    /// <summary>
    /// Reads the filters of traffic control: for each interface <c>NAME ingress|egress LINES</c>, the number of lines that
    /// <c>tc filter show</c> writes of it (tc(8)).
    /// </summary>
    /// <param name="text">One line each.</param>
    public static IEnumerable<InterfaceProgram> ParseFilters(string text) => text
        .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(static words => words is [_, "ingress" or "egress", not "0"])
        .Select(static words => new InterfaceProgram(words[0], "tc filter", words[1] == "egress"));

    // A VLAN names the interface it is on, and so does the other end of a pair; a port names its bond or bridge.
    private static IEnumerable<InterfaceLink> Links(string name, JsonElement link)
    {
        if (link.TryGetProperty("link", out JsonElement lower) && lower.ValueKind == JsonValueKind.String)
        {
            yield return new InterfaceLink(name, lower.GetString()!, IsBridge: false);
        }

        if (link.TryGetProperty("master", out JsonElement upper) && upper.ValueKind == JsonValueKind.String)
        {
            yield return new InterfaceLink(upper.GetString()!, name, IsBridge: true);
        }
    }

    private static void Read(string json, string? server, string source, Action<JsonElement> item)
    {
        if (string.IsNullOrWhiteSpace(json))
        {
            return;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            foreach (JsonElement element in document.RootElement.EnumerateArray())
            {
                item(element);
            }
        }
        catch (Exception exception)
            when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or ArgumentException)
        {
            throw new ParseException(server, source, 0, $"not a listing of ip(8): {exception.Message}", exception);
        }
    }

    private static IEnumerable<InterfaceAddress> Addresses(string name, JsonElement list) => list.EnumerateArray()
        .Where(address => address.TryGetProperty("local", out _))
        .Select(
            address => new InterfaceAddress(
                name, IPAddress.Parse(address.GetProperty("local").GetString()!), address.GetProperty("prefixlen").GetInt32()));

    private static IEnumerable<NetworkRoute> Routes(JsonElement route)
    {
        string text = route.GetProperty("dst").GetString()!;
        string[] parts = text.Split('/');
        bool six = text.Contains(':', StringComparison.Ordinal)
            || (route.TryGetProperty("gateway", out JsonElement gateway) && gateway.GetString()!.Contains(':', StringComparison.Ordinal))
            || route.TryGetProperty("pref", out _);
        IPAddress destination = text == "default" ? (six ? IPAddress.IPv6Any : IPAddress.Any) : IPAddress.Parse(parts[0]);
        int length = text == "default" ? 0 : parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : six ? 128 : 32;
        bool refused = route.TryGetProperty("type", out JsonElement type)
            && type.GetString() is "blackhole" or "unreachable" or "prohibit" or "throw";
        long metric = route.TryGetProperty("metric", out JsonElement cost) ? cost.GetInt64() : 0;
        if (route.TryGetProperty("nexthops", out JsonElement hops))
        {
            return hops.EnumerateArray()
                .Where(IsAlive)
                .Select(hop => new NetworkRoute(destination, length, hop.GetProperty("dev").GetString(), Gateway(hop), metric));
        }

        string? device = !refused && route.TryGetProperty("dev", out JsonElement name) ? name.GetString() : null;
        return [new NetworkRoute(destination, length, device, Gateway(route), metric)];
    }

    // Of the other family than the destination's it stands under "via" (RFC 8950).
    private static IPAddress? Gateway(JsonElement hop) =>
        hop.TryGetProperty("gateway", out JsonElement gateway) ? IPAddress.Parse(gateway.GetString()!)
        : hop.TryGetProperty("via", out JsonElement via) ? IPAddress.Parse(via.GetProperty("host").GetString()!)
        : null;

    private static bool IsAlive(JsonElement hop) =>
        !hop.TryGetProperty("flags", out JsonElement flags) || !flags.EnumerateArray().Any(flag => flag.ValueEquals("dead"));
}
