using System.Text.Json;

namespace Foobar.Ops.Inventory.Loading;

/// <summary>Checks that flows have names of their own and ends that refer to something with addresses.</summary>
internal sealed class FlowChecks(Site site, SourceValue root, Problems problems)
{
    private const string EndExpected = "a role, a server, a network of the inventory, an address, a CIDR, 'internet' or '*'";
    private readonly FlowResolver _resolver = new(site);

    /// <summary>Reports everything that is wrong with flows.</summary>
    public void Run()
    {
        Dictionary<string, SourceValue> names = new(StringComparer.OrdinalIgnoreCase);
        foreach (SourceValue flow in root["policy"]?["flows"]?.Items ?? [])
        {
            if (flow["name"] is { Kind: JsonValueKind.String } name && !names.TryAdd(name.Text, name))
            {
                problems.Add(
                    name,
                    $"another flow, in line {names[name.Text].Position.Line}, is named {name.Shown} already",
                    "a name that no other flow has");
            }

            foreach (SourceValue end in Ends(flow["from"]).Concat(Ends(flow["to"])))
            {
                End(end);
            }
        }
    }

    private static IEnumerable<SourceValue> Ends(SourceValue? value) =>
        (value is { Kind: JsonValueKind.Array } ? value.Items : value is null ? [] : [value])
        .Where(end => end is { Kind: JsonValueKind.String, Secret: false } && end.Text.Length > 0 && !end.Text.Any(char.IsControl));

    private void End(SourceValue value)
    {
        if (_resolver.Find(value.Text) is not { } end)
        {
            Addresses.TryNetwork(value.Text, out _, out string? network);
            problems.Add(value, $"{value.Shown} names nothing", EndExpected, network ?? Nearest.To(value.Text, Candidates()));
            return;
        }

        if (end.Kind == FlowEndKind.Role && end.Servers.Count == 0)
        {
            problems.Add(value, $"no server has the role {value.Shown}", "a role that a server has");
        }

        foreach (Server server in end.Servers.Where(server => server.Addresses.Count == 0))
        {
            problems.Add(value, $"{value.Shown} names the server {server.Name}, which has no addresses", $"\"addresses\" at {server.Name}");
        }
    }

    private IEnumerable<string> Candidates() =>
        [.. InventoryWord.All<Role>(), FlowResolver.Internet, .. site.Networks.Keys, .. site.Servers.Select(server => server.Name)];
}
