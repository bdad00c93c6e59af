using System.Net;

namespace Foobar.Ops.Inventory.Loading;

/// <summary>
/// Checks what no single value shows: names that must be unique or must refer to something, and values that must fit each other.
/// </summary>
internal sealed class SiteChecks(Site site, SourceValue root, Problems problems)
{
    private readonly HashSet<string> _words = new(
        [.. InventoryWord.All<Role>(), FlowResolver.Internet, FlowResolver.AllServers], StringComparer.OrdinalIgnoreCase);

    /// <summary>Reports everything that does not fit together.</summary>
    /// <param name="isRecorded">Whether nobody logs in to the servers by it any more.</param>
    public void Run(bool isRecorded)
    {
        Names(root["networks"], "network", []);
        Names(root["servers"], "server", [.. site.Networks.Keys]);
        Names(root["vantages"], "vantage", [.. site.Networks.Keys, .. site.Servers.Select(server => server.Name)]);
        OwnAddresses();
        if (!isRecorded)
        {
            OwnLogins();
        }

        new VantageChecks(site, root, problems).Run();
        new FlowChecks(site, root, problems).Run();
        new PolicyChecks(site, root, problems).Run();
    }

    private static string Other(string kind) => kind == "vantage" ? "a network or a server" : "a network";

    private void Names(SourceValue? named, string kind, HashSet<string> taken)
    {
        Dictionary<string, SourceMember> seen = new(StringComparer.OrdinalIgnoreCase);
        HashSet<string> others = new(taken, StringComparer.OrdinalIgnoreCase);
        foreach (SourceMember member in named?.Members.DistinctBy(member => member.Name, StringComparer.Ordinal) ?? [])
        {
            string shown = SourceValue.Shorten(member.Name);
            (string? problem, string? expected) = member.Name switch
            {
                string name when !Forms.IsName(name) => ($"'{shown}' cannot be the name of a {kind}", Forms.NameExpected),
                string name when _words.Contains(name) =>
                    ($"a {kind} cannot be named '{shown}', which flows use as a word of their own", "another name"),
                string name when Addresses.TryAddress(name, out _) =>
                    ($"a {kind} cannot be named '{shown}', which is an address", "another name"),
                string name when others.Contains(name) =>
                    ($"the {kind} '{shown}' has the name of {Other(kind)}, so they could not be told apart", "another name"),
                string name when seen.TryGetValue(name, out SourceMember? first) =>
                    ($"'{shown}' and '{first.Name}' in line {first.Position.Line} differ only in case", "names that differ otherwise"),
                _ => (null, null),
            };
            seen.TryAdd(member.Name, member);
            if (problem is not null)
            {
                problems.Add(member.Position, member.Value.Path, problem, expected);
            }
        }
    }

    private void OwnAddresses()
    {
        Dictionary<IPAddress, string> owners = [];
        foreach (SourceMember machine in (root["servers"]?.Members ?? []).Concat(root["vantages"]?.Members ?? []))
        {
            foreach (SourceValue item in machine.Value["addresses"]?.Items ?? [])
            {
                Claim(owners, item, machine.Name);
            }
        }

        foreach (SourceValue item in root["policy"]?["loadBalancing"]?["virtualAddresses"]?.Items ?? [])
        {
            Claim(owners, item, "the load balancers");
        }
    }

    // Two servers that are logged in to the same way are one machine, whose facts would be told of both.
    private void OwnLogins()
    {
        Dictionary<(string, int?, string?), string> owners = [];
        foreach (Server server in site.Servers)
        {
            (string, int?, string?) way = (server.Ssh.Host.ToUpperInvariant(), server.Ssh.Port, server.Ssh.ProxyJump);
            if (owners.TryAdd(way, server.Name))
            {
                continue;
            }

            SourceValue declared = root["servers"]![server.Name]!;
            problems.Add(
                declared["ssh"] ?? declared, $"{server.Name} is logged in to as {owners[way]} is ({server.Ssh.Host})",
                "each server by a login of its own");
        }
    }

    private void Claim(Dictionary<IPAddress, string> owners, SourceValue item, string owner)
    {
        if (Addresses.TryAddress(item.Text, out IPAddress? address) && !owners.TryAdd(address!, owner) && owners[address!] != owner)
        {
            problems.Add(
                item,
                $"{item.Shown} is an address of {owners[address!]} already",
                "each address at one machine (one that moves between load balancers in policy.loadBalancing.virtualAddresses only)");
        }
    }
}
