using System.Text.Json;

namespace Foobar.Ops.Inventory.Loading;

/// <summary>Checks that the values of the policy fit each other and the servers.</summary>
internal sealed class PolicyChecks(Site site, SourceValue root, Problems problems)
{
    private readonly SourceValue? _policy = root["policy"];

    /// <summary>Reports everything that does not fit.</summary>
    public void Run()
    {
        if (_policy is { Kind: JsonValueKind.Object })
        {
            Thresholds();
            Tls();
            Database(site.Policy.Database);
            Suppressions();
        }
    }

    private void Thresholds()
    {
        ServerPolicy servers = site.Policy.Servers;
        Check(
            servers.DiskWarnPercent <= servers.DiskFailPercent, ["servers", "diskWarnPercent"], "a disk would fail before it warns",
            "diskWarnPercent not above diskFailPercent");
        Check(
            site.Policy.Tls.FailDays <= site.Policy.Tls.WarnDays,
            ["tls", "failDays"], "a certificate would fail before it warns", "failDays not above warnDays");
    }

    private void Tls()
    {
        TlsPolicy tls = site.Policy.Tls;
        Check(
            !Declared("tls") || site.WithRole(tls.EndsAt).Any(),
            ["tls", "endsAt"],
            $"no server has the role {InventoryWord.Of(tls.EndsAt)}, at which TLS ends",
            "a role that a server has");
        Check(
            tls.Backends == BackendEncryption.Plain || tls.EndsAt == Role.LoadBalancer,
            ["tls", "backends"],
            "TLS is passed through to where it ends, so nothing encrypts it again",
            "no \"backends\", or \"endsAt\": \"load-balancer\"");
    }

    private void Database(DatabasePolicy? database)
    {
        if (database is null)
        {
            return;
        }

        int members = site.WithRole(database.Members).Count();
        Check(
            members > 0, ["database", "members"],
            $"no server has the role {InventoryWord.Of(database.Members)}",
            "a role that a server has");
        Check(
            members == 0 || database.Writers <= members, ["database", "writers"],
            $"{database.Writers} writers are wanted of {members} members",
            "at most as many writers as members");
        Check(
            database.Writers == 1 || database.Topology != DatabaseTopology.Replication,
            ["database", "writers"],
            "several writers need a cluster that certifies writes; plain replication would lose some",
            "\"topology\": \"group-replication\" or \"galera\", or one writer");
        Check(
            database.WriteEndpoint is null or { Kind: not WriteEndpointKind.Haproxy } or { Backend: not null },
            ["database", "writeEndpoint"], "the key \"backend\" is missing", "the backend of HAProxy that leads to the primary");
        Known(database.WriteEndpoint?.Server, ["database", "writeEndpoint", "server"]);
        Known(database.ReadEndpoint?.Server, ["database", "readEndpoint", "server"]);
        string[] names = [.. site.WithRole(database.Members).Select(static member => member.Name)];
        Members(names, ["database", "preferred"], []);
        Members(names, ["database", "neverPromote"], database.Preferred);
    }

    private void Suppressions()
    {
        foreach (SourceValue suppression in _policy!["suppressions"]?.Items ?? [])
        {
            if (suppression["server"] is { Kind: JsonValueKind.String } server && !server.Text.Contains('*', StringComparison.Ordinal)
                && !server.Text.Contains('?', StringComparison.Ordinal) && site.Find(server.Text) is null)
            {
                problems.Add(
                    server, $"no server is named {server.Shown}", "the name of a server, or a pattern with *",
                    Nearest.To(server.Text, site.Servers.Select(one => one.Name)));
            }
        }
    }

    private void Members(string[] members, string[] path, IReadOnlyList<string> preferred)
    {
        if (At(path) is not { Kind: JsonValueKind.Array } list)
        {
            return;
        }

        foreach (SourceValue name in list.Items.Where(static item => item.Kind == JsonValueKind.String))
        {
            if (!members.Contains(name.Text, StringComparer.OrdinalIgnoreCase))
            {
                problems.Add(name, $"{name.Shown} is no member of the database", "the name of a member", Nearest.To(name.Text, members));
            }
            else if (preferred.Contains(name.Text, StringComparer.OrdinalIgnoreCase))
            {
                problems.Add(name, $"{name.Shown} is preferred too", "a member that \"preferred\" does not name");
            }
        }
    }

    private void Known(string? server, string[] path)
    {
        if (!string.IsNullOrEmpty(server) && site.Find(server) is null && At(path) is { Kind: JsonValueKind.String } value)
        {
            problems.Add(
                value, $"no server is named {value.Shown}", "the name of a server",
                Nearest.To(server, site.Servers.Select(one => one.Name)));
        }
    }

    private void Check(bool good, string[] path, string message, string expected)
    {
        if (!good)
        {
            problems.Add(At(path), message, expected);
        }
    }

    private bool Declared(string key) => _policy![key] is not null;

    // The value meant, or the nearest object above it where the value itself is left out.
    private SourceValue At(string[] path)
    {
        SourceValue value = _policy!;
        foreach (string key in path)
        {
            if (value[key] is not { } next)
            {
                return value;
            }

            value = next;
        }

        return value;
    }
}
