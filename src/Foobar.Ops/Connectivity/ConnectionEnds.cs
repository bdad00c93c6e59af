using System.IO.Enumeration;
using System.Net;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Probing;

namespace Foobar.Ops.Connectivity;

/// <summary>Finds the vantages and targets that words of the inventory name.</summary>
internal sealed class ConnectionEnds(Site site)
{
    private readonly FlowResolver _resolver = new(site);

    /// <summary>The vantages of the inventory that words name; all of them without words.</summary>
    public IEnumerable<Vantage> Declared(IReadOnlyList<string> words) =>
        site.Vantages.Where(vantage => words.Count == 0 || words.Any(word => Names(word, vantage.Name) || IsOf(word, vantage)));

    /// <summary>Chooses among vantages.</summary>
    /// <param name="words">Vantages of the inventory, servers, wildcards, roles, networks, addresses, <c>*</c>, <c>internet</c> or the own
    /// machine's name; empty for all.</param>
    /// <param name="vantages">All there are.</param>
    /// <param name="own">The addresses of vantages that are no servers, by name.</param>
    /// <exception cref="FoobarException"><c>VantageNotFound</c>.</exception>
    public IReadOnlyList<string> Vantages(IReadOnlyList<string> words, IReadOnlyList<string> vantages, ILookup<string, IPAddress> own)
    {
        HashSet<string> chosen = new(StringComparer.OrdinalIgnoreCase);
        foreach (string word in words)
        {
            string[] found = [.. vantages.Where(name => Names(word, name) || IsIn(word, name, own[name]))];
            chosen.UnionWith(found.Length > 0 ? found : throw NoVantage(word, vantages));
        }

        return words.Count == 0 ? vantages : [.. vantages.Where(chosen.Contains)];
    }

    /// <summary>The addresses that words name, each with its server.</summary>
    /// <param name="words">Servers, wildcards, roles, networks, addresses or <c>*</c>; empty for all.</param>
    /// <param name="roles">Roles of which the servers must have one; empty for no matter which.</param>
    /// <exception cref="FoobarException"><c>ProbeTargetNotFound</c>: a word names no server's address; others are never probed.</exception>
    public IReadOnlyList<(Server Server, IPAddress Address)> Targets(IReadOnlyList<string> words, IReadOnlyList<Role> roles)
    {
        IReadOnlyList<(Server Server, IPAddress Address)> all =
        [
            .. site.Servers.SelectMany(server => Addresses(server).Select(address => (server, address))),
        ];
        HashSet<(Server, IPAddress)> chosen = [];
        foreach (string word in words)
        {
            FlowEnd? end = _resolver.Find(word);
            (Server, IPAddress)[] found =
            [
                .. all.Where(
                    target =>
                        Names(word, target.Server.Name)
                            || (end is not null
                                && (end.Servers.Contains(target.Server)
                                    || (end.Servers.Count == 0 && end.Kind != FlowEndKind.Internet && end.Contains(target.Address))))),
            ];
            chosen.UnionWith(found.Length > 0 ? found : throw NoTarget(word));
        }

        return [.. all.Where(target => (words.Count == 0 || chosen.Contains(target)) && (roles.Count == 0 || roles.Any(target.Server.Is)))];
    }

    private IEnumerable<IPAddress> Addresses(Server server) =>
        server.Is(Role.LoadBalancer) && site.WithRole(Role.LoadBalancer).First() == server
            ? server.Addresses.Concat(site.Policy.LoadBalancing.VirtualAddresses)
            : server.Addresses;

    private bool IsIn(string word, string name, IEnumerable<IPAddress> own)
    {
        if (site.Vantages.FirstOrDefault(vantage => vantage.Name == name) is { } declared)
        {
            return IsOf(word, declared);
        }

        FlowEnd? end = _resolver.Find(word);
        Server? server = site.Find(name);

        // Where a vantage stands for the internet, this machine need not.
        bool stoodFor = end is { Kind: FlowEndKind.Internet }
            && site.Vantages.Any(static vantage => vantage.StandsFor == FlowResolver.Internet);
        return end is not null && !stoodFor && (server is null
            ? own.Any(end.Contains)
            : end.Servers.Contains(server)
                || (end.Servers.Count == 0 && end.Kind != FlowEndKind.Internet && server.Addresses.Any(end.Contains)));
    }

    private bool IsOf(string word, Vantage vantage) => string.Equals(word, vantage.StandsFor, StringComparison.OrdinalIgnoreCase)
        || (_resolver.Find(word) is { Kind: FlowEndKind.Address } end && vantage.Addresses.Any(end.Contains));

    private static bool Names(string word, string name) => word.AsSpan().ContainsAny('*', '?')
        ? FileSystemName.MatchesSimpleExpression(word, name)
        : string.Equals(word, name, StringComparison.OrdinalIgnoreCase);

    private FoobarException NoVantage(string word, IReadOnlyList<string> vantages) => new(
        "VantageNotFound",
        ErrorKind.NotFound,
        $"'{word}' names no vantage of {site.Name} to probe from; there are {string.Join(", ", vantages)}.")
    {
        Recommendation =
            $"Name vantages, servers, roles or networks of the inventory, or {LocalVantage.OwnMachine} for this machine. To probe from the "
                + "internet, run this from a machine there, or declare one among the inventory's \"vantages\".",
    };

    private FoobarException NoTarget(string word) => new(
        "ProbeTargetNotFound",
        ErrorKind.NotFound,
        $"'{word}' names no server of {site.Name}, and no address of one; others are not probed.")
    {
        Recommendation = $"Name servers ({string.Join(", ", site.Servers)}), roles, networks of the inventory, or an address of a server.",
    };
}
