using System.Globalization;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Discovery.Proposing;

/// <summary>What a flow is for: decides its name, its description and which role stands for several servers.</summary>
internal sealed record FlowPurpose(string Name, string Description, Role? From = null, Role? To = null)
{
    public static readonly FlowPurpose Visitors = new("visitors", "Visitors of the site", To: Role.LoadBalancer);
    public static readonly FlowPurpose Backends = new(
        "backends", "The load balancer passes visitors' requests on", Role.LoadBalancer, Role.Web);
    public static readonly FlowPurpose Upstreams = new("upstreams", "nginx passes requests on to the application", Role.Web, Role.App);
    public static readonly FlowPurpose DatabaseEndpoint = new(
        "database-endpoint", "The application reaches the database by the load balancer", Role.App, Role.LoadBalancer);
    public static readonly FlowPurpose DatabaseMembers = new(
        "database-members", "The load balancer leads to the database's members", Role.LoadBalancer, Role.Database);
    public static readonly FlowPurpose Database = new("database", "The application reaches the database", Role.App, Role.Database);
    public static readonly FlowPurpose Replication = new(
        "replication", "The database's members follow each other, whichever is the source", Role.Database, Role.Database);
    public static readonly FlowPurpose Cluster = new(
        "cluster", "The members of the cluster keep each other in step", Role.Database, Role.Database);
    public static readonly FlowPurpose Operators = new("operators", "Operators log in");
    public static readonly FlowPurpose Jump = new("jump", "Operators log in by way of another server");
    public static readonly FlowPurpose Time = new("time", "Clocks are kept right");
    public static readonly FlowPurpose Prometheus = new("prometheus", "Operators ask Prometheus", To: Role.Monitoring);
    public static readonly FlowPurpose Scrape = new("scrape", "Prometheus asks the exporters", Role.Monitoring);
    public static readonly FlowPurpose Reports = new("reports", "Agents report", To: Role.Monitoring);

    /// <summary>A flow that is used, to a program that is none of the usual ones.</summary>
    public static FlowPurpose Of(string program) => new(program, $"Connections to {program}");
}

/// <summary>One use of a port that was seen.</summary>
/// <param name="Purpose">What it is for.</param>
/// <param name="From">The server it comes from, or a word for a network.</param>
/// <param name="To">The server it leads to.</param>
/// <param name="Port">The port there.</param>
/// <param name="Evidence">What shows it.</param>
internal sealed record FlowUse(FlowPurpose Purpose, string From, FoundServer To, PortRange Port, string Evidence);

/// <summary>Makes flows of uses: those of one purpose between the same ends are one flow.</summary>
internal sealed class FlowMaker(AddressBook book, RoleFinder roles, Draft draft)
{
    private readonly HashSet<string> _names = [];

    /// <summary>The flows, in the order in which their purposes were first seen.</summary>
    public IReadOnlyList<Flow> Make(IReadOnlyList<FlowUse> uses) => [.. uses.GroupBy(static use => use.Purpose.Name).SelectMany(OfPurpose)];

    private IEnumerable<Flow> OfPurpose(IGrouping<string, FlowUse> uses)
    {
        // Ports of one server that the same senders use; then servers that are used alike.
        var ports = uses.GroupBy(static use => (use.To.Name, use.Port))
            .Select(static use => (use.Key.Name, use.Key.Port, From: Key(use.Select(static each => each.From)), Uses: use.ToArray()));
        var servers = ports.GroupBy(static port => (port.Name, port.From)).Select(static server => (
            server.Key.Name, server.Key.From, Ports: (PortRange[])
            [
                .. server.Select(static port => port.Port).OrderBy(static port => port.Protocol).ThenBy(static port => port.First),
            ],
            Uses: server.SelectMany(static port => port.Uses).ToArray()));
        foreach (var alike in servers.GroupBy(static server => (server.From, Ports: string.Join(' ', server.Ports))))
        {
            FlowPurpose purpose = alike.First().Uses[0].Purpose;
            IReadOnlyList<string> from = Ends(alike.First().Uses.Select(static use => use.From).Distinct(), purpose.From);
            IReadOnlyList<string> to = Ends(alike.Select(static server => server.Name), purpose.To);
            string name = Free(purpose.Name, from, to);
            foreach (FlowUse use in alike.SelectMany(static server => server.Uses).Where(static use => use.From != use.To.Name))
            {
                draft.Show($"policy.flows.{name}", use.To.Name, $"{use.From} to {use.To.Name} {use.Port}: {use.Evidence}");
            }

            yield return new Flow { Name = name, Description = purpose.Description, From = from, To = to, Ports = alike.First().Ports };
        }
    }

    private static string Key(IEnumerable<string> words) => string.Join(' ', words.Distinct().Order(StringComparer.Ordinal));

    /// <summary>The words for servers and networks: a role where its servers are exactly these, every server, or names.</summary>
    internal IReadOnlyList<string> Ends(IEnumerable<string> words, Role? preferred)
    {
        string[] all = [.. words];
        string[] servers = [.. all.Where(word => book.Servers.Any(server => server.Name == word))];
        List<string> ends = [.. all.Except(servers)];
        HashSet<string> left = [.. servers];
        (Role Role, string[] Servers)[] known =
        [
            .. Enum.GetValues<Role>().OrderBy(role => role != preferred).Select(
                role => (role, (string[])[.. roles.With(role).Select(static server => server.Name)]))
                .Where(static pair => pair.Item2.Length > 0),
        ];
        if (known.FirstOrDefault(pair => left.SetEquals(pair.Servers)) is { Servers: not null } exact)
        {
            return [.. ends, InventoryWord.Of(exact.Role)];
        }

        if (left.Count > 1 && left.SetEquals(Included()))
        {
            return [.. ends, FlowResolver.AllServers];
        }

        foreach ((Role role, string[] members) in known.OrderByDescending(static pair => pair.Servers.Length))
        {
            if (members.All(left.Contains))
            {
                ends.Add(InventoryWord.Of(role));
                left.ExceptWith(members);
            }
        }

        return [.. ends, .. book.Servers.Select(static server => server.Name).Where(left.Contains)];
    }

    private IEnumerable<string> Included() => book.Servers.Where(server => roles.Of(server).Count > 0).Select(static server => server.Name);

    private string Free(string name, IReadOnlyList<string> from, IReadOnlyList<string> to)
    {
        string[] candidates =
        [
            name,
            $"{name}-{to[0]}",
            $"{name}-{from[0]}",
            $"{name}-{from[0]}-{to[0]}",
            .. Enumerable.Range(2, 1000).Select(number => string.Create(CultureInfo.InvariantCulture, $"{name}-{number}")),
        ];
        return candidates.First(candidate => Inventory.Loading.Forms.IsName(candidate) && _names.Add(candidate));
    }
}
