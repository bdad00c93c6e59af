using System.Text.Json;
using System.Text.Json.Nodes;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Access;

/// <summary>The lab's inventory, as an operator of the real site would write it.</summary>
internal static class InventoryFile
{
    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true };

    /// <summary>Writes it.</summary>
    public static Task WriteAsync(LabPlan plan, CancellationToken cancel) =>
        File.WriteAllTextAsync(plan.Files.Inventory, Text(plan), cancel);

    /// <summary>The text of <c>foobar.json</c>.</summary>
    public static string Text(LabPlan plan)
    {
        JsonObject inventory = new()
        {
            ["site"] = LabPlan.SiteName,
            ["sshConfig"] = Path.GetFileName(plan.Files.SshConfig),
            ["networks"] = Networks(plan),
            ["servers"] = new JsonObject(plan.Servers.Select(server => KeyValuePair.Create<string, JsonNode?>(server.Name, Server(server)))),
            ["policy"] = Policy(plan),
        };
        return inventory.ToJsonString(Format) + "\n";
    }

    private static JsonObject Networks(LabPlan plan)
    {
        LabLink own = plan.Addresses.Operator;
        JsonObject networks = new(Enum.GetValues<LabNetworkName>().Select(network => KeyValuePair.Create<string, JsonNode?>(
            network.ToString().ToLowerInvariant(), Strings(plan.Addresses.V4(network), plan.Addresses.V6(network)))))
        {
            [LabPolicy.Operator] = Strings($"{own.V4}/32", $"{own.V6}/128"),
        };
        return networks;
    }

    private static JsonObject Server(LabServer server) => new()
    {
        ["roles"] = Strings([.. server.Roles.Select(Word)]),
        ["ssh"] = server.Name,
        ["addresses"] = Strings([.. server.Links.SelectMany(link => new[] { link.V4, link.V6 })]),
    };

    private static JsonObject Policy(LabPlan plan) => new()
    {
        ["flows"] = new JsonArray([.. LabPolicy.Flows(plan.Options).Select(Flow)]),
        ["tls"] = Tls(plan),
        ["database"] = Database(plan),
        ["monitoring"] = new JsonObject { ["agents"] = Strings("prometheus-node-exporter") },
    };

    private static JsonObject Flow(Flow flow) => new()
    {
        ["name"] = flow.Name,
        ["from"] = flow.From.Count == 1 ? flow.From[0] : Strings([.. flow.From]),
        ["to"] = flow.To.Count == 1 ? flow.To[0] : Strings([.. flow.To]),
        ["ports"] = Strings([.. flow.Ports.Select(port => port.ToString())]),
    };

    private static JsonObject Tls(LabPlan plan)
    {
        JsonObject tls = new()
        {
            ["endsAt"] = plan.Options.Tls == TlsVariant.Web ? "web" : "load-balancer",
            ["profile"] = "intermediate",
            ["warnDays"] = 30,
            ["failDays"] = 14,
            ["trustedAuthorities"] = Path.GetFileName(plan.Files.RootCertificate),
        };
        if (plan.Options.Tls != TlsVariant.Web)
        {
            tls["backends"] = plan.Options.Tls == TlsVariant.Reencrypt ? "tls" : "plain";
        }

        return tls;
    }

    private static JsonObject Database(LabPlan plan) => new()
    {
        ["members"] = "database",
        ["writers"] = 1,
        ["maxLagSeconds"] = 5,
        ["semiSync"] = plan.Options.SemiSync,
        ["writeEndpoint"] = new JsonObject
        {
            ["kind"] = "haproxy",
            ["server"] = plan.Balancer.Name,
            ["backend"] = "mysql-write",
            ["address"] = $"{plan.Addresses.BalancerInternal.V4}:3306",
        },
    };

    private static JsonArray Strings(params object[] values) => new([.. values.Select(value => (JsonNode?)value.ToString())]);

    private static string Word(Role role) => role switch
    {
        Role.NetworkFirewall => "network-firewall",
        Role.LoadBalancer => "load-balancer",
        _ => role.ToString().ToLowerInvariant(),
    };
}
