using System.Text.Json.Nodes;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Tests.Inventory;

/// <summary>An inventory that uses every key there is, to change one thing of.</summary>
internal static class Full
{
    public const string Path = "/srv/site/foobar.json";

    public const string Text =
        """
        {
          "$schema": "foobar.schema.json",
          "site": "www.foobar.com",
          "description": "A site with everything",
          "sshConfig": "ssh_config",
          "networks": { "public": ["198.51.100.0/24"], "internal": ["192.0.2.0/24", "2001:db8::/64"], "operator": ["203.0.113.0/28"] },
          "servers": {
            "lb-01": {
              "description": "The load balancer",
              "roles": ["load-balancer"],
              "ssh": { "host": "lb.foobar.com", "user": "ops", "port": 2222, "proxyJump": "jump", "identityFile": "~/.ssh/ops", "transport": "sshnet" },
              "addresses": ["198.51.100.10", "192.0.2.10"]
            },
            "web-01": { "roles": ["web", "app", "database"], "ssh": "web-01", "addresses": ["192.0.2.11", "2001:db8::11"] },
            "web-02": { "roles": ["web", "app", "database"], "addresses": ["192.0.2.12"] }
          },
          "vantages": {
            "outside": { "description": "A machine on the internet", "ssh": { "host": "203.0.113.200", "user": "probe", "port": 22, "proxyJump": "bastion", "identityFile": "~/.ssh/probe" }, "standsFor": "internet", "addresses": ["203.0.113.200"] },
            "office": { "ssh": "office-01", "standsFor": "operator" }
          },
          "policy": {
            "flows": [
              { "name": "visitors", "description": "Everybody", "from": "internet", "to": ["load-balancer"], "ports": ["tcp/80", "tcp/443"] },
              { "name": "operators", "from": ["operator", "203.0.113.99"], "to": "*", "ports": "tcp/22" }
            ],
            "suppressions": [
              { "control": "TLS-*", "server": "web-*", "target": "*:8443", "reason": "Replaced with the new balancer", "until": "2027-01-31" },
              { "control": "FW-003", "unknown": true, "reason": "Ticket 4711", "until": "2027-02-28" }
            ],
            "servers": {
              "units": { "web": ["nginx.service"], "app": ["foobar-app.service", "docker.service"] },
              "diskWarnPercent": 70, "diskFailPercent": 85.5, "memoryAvailableFailPercent": 10, "maxClockOffsetSeconds": 0.5
            },
            "tls": {
              "endsAt": "load-balancer", "backends": "mutual-tls", "profile": "modern", "warnDays": 40, "failDays": 20, "port": 8443,
              "names": ["foobar.com"], "issuers": ["letsencrypt.org"], "database": "mutual-tls", "applicationVerifies": true,
              "trustedAuthorities": "tls/ca.pem"
            },
            "database": {
              "members": "app", "topology": "galera", "writers": 2, "port": 3307, "socket": "/run/db/db.sock", "maxLagSeconds": 1.5, "semiSync": true,
              "preferred": ["web-02"], "neverPromote": ["web-01"],
              "automatic": { "requireSemiSync": false, "maxLossTransactions": 100 },
              "writeEndpoint": { "kind": "haproxy", "server": "lb-01", "backend": "mysql-write", "address": "192.0.2.10:3306" },
              "readEndpoint": { "server": "lb-01", "backend": "mysql-read", "address": "[2001:db8::10]:3307" }
            },
            "loadBalancing": { "adminSocket": "/run/lb/admin.sock", "webBackend": "nginx", "virtualAddresses": ["198.51.100.9"] },
            "monitoring": {
              "agents": ["prometheus-node-exporter", "datadog"], "reportTo": { "datadog": ["datadoghq.eu", "192.0.2.31"] },
              "prometheus": "http://192.0.2.30:9090",
              "services": {
                "mimir": {
                  "kind": "prometheus", "url": "https://mimir.foobar.com/prometheus", "account": 7, "vaultEntries": ["mimir-reader", "other"],
                  "trustedAuthorities": "tls/mimir.pem",
                  "queries": { "balancer": { "expression": "haproxy_frontend_http_requests_total{proxy=\"www\"}", "counts": "sessions", "data": "logs" } }
                },
                "sumo": { "kind": "sumo-logic-source", "vaultEntries": "sumo-source" }
              }
            },
            "topology": { "failoverDrillDays": 30, "maxStalledPercent": 12.5, "appFiles": ["/srv/shop"], "appFilesExcept": ["uploads/*", "*.log"] }
          }
        }
        """;

    public static JsonObject Document() => JsonNode.Parse(Text)!.AsObject();

    /// <summary>Loads a document; what is wrong with it, empty if nothing.</summary>
    public static IReadOnlyList<InventoryProblem> Problems(string text)
    {
        try
        {
            InventoryLoader.Parse(text, Path);
            return [];
        }
        catch (InventoryException exception)
        {
            return exception.Problems;
        }
    }

    /// <summary>Loads the full document after a change of its text.</summary>
    public static IReadOnlyList<InventoryProblem> ProblemsAfter(string old, string replacement)
    {
        Assert.Contains(old, Text, StringComparison.Ordinal);
        return Problems(Text.Replace(old, replacement, StringComparison.Ordinal));
    }
}
