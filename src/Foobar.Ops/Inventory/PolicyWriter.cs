using System.Globalization;
using System.Text.Json;

namespace Foobar.Ops.Inventory;

/// <summary>Writes the policy of an inventory, leaving out what has its usual value.</summary>
internal static class PolicyWriter
{
    /// <summary>Writes the members of the policy's object.</summary>
    public static void Write(Utf8JsonWriter json, Policy policy)
    {
        json.WriteStartArray("flows");
        foreach (Flow flow in policy.Flows)
        {
            WriteFlow(json, flow);
        }

        json.WriteEndArray();
        if (policy.Suppressions.Count > 0)
        {
            json.WriteStartArray("suppressions");
            foreach (Suppression suppression in policy.Suppressions)
            {
                WriteSuppression(json, suppression);
            }

            json.WriteEndArray();
        }

        json.Object("servers", () => WriteServers(json, policy.Servers));
        json.Object("tls", () => WriteTls(json, policy.Tls));
        if (policy.Database is { } database)
        {
            json.Object("database", () => WriteDatabase(json, database));
        }

        json.Object("loadBalancing", () => WriteLoadBalancing(json, policy.LoadBalancing));
        json.Object("monitoring", () => WriteMonitoring(json, policy.Monitoring));
        json.Object("topology", () => WriteTopology(json, policy.Topology));
    }

    private static void WriteFlow(Utf8JsonWriter json, Flow flow)
    {
        json.WriteStartObject();
        json.WriteString("name", flow.Name);
        json.Text("description", flow.Description);
        json.OneOrMany("from", flow.From);
        json.OneOrMany("to", flow.To);
        json.List("ports", flow.Ports);
        json.WriteEndObject();
    }

    private static void WriteSuppression(Utf8JsonWriter json, Suppression suppression)
    {
        json.WriteStartObject();
        json.WriteString("control", suppression.Control);
        json.Text("server", suppression.Server);
        json.Text("target", suppression.Target);
        if (suppression.AcceptsUnknown)
        {
            json.WriteBoolean("unknown", true);
        }

        json.WriteString("reason", suppression.Reason);
        json.WriteString("until", suppression.Until.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }

    private static void WriteServers(Utf8JsonWriter json, ServerPolicy policy)
    {
        ServerPolicy usual = new();
        if (policy.Units.Count > 0)
        {
            json.Object("units", () =>
            {
                foreach ((Role role, IReadOnlyList<string> units) in policy.Units)
                {
                    json.List(InventoryWord.Of(role), units);
                }
            });
        }

        json.Number("diskWarnPercent", policy.DiskWarnPercent, usual.DiskWarnPercent);
        json.Number("diskFailPercent", policy.DiskFailPercent, usual.DiskFailPercent);
        json.Number("memoryAvailableFailPercent", policy.MemoryAvailableFailPercent, usual.MemoryAvailableFailPercent);
        json.Number("maxClockOffsetSeconds", policy.MaxClockOffsetSeconds, usual.MaxClockOffsetSeconds);
    }

    private static void WriteTls(Utf8JsonWriter json, TlsPolicy policy)
    {
        TlsPolicy usual = new();
        json.WriteString("endsAt", InventoryWord.Of(policy.EndsAt));
        if (policy.Backends != usual.Backends)
        {
            json.WriteString("backends", InventoryWord.Of(policy.Backends));
        }

        if (policy.Database != usual.Database)
        {
            json.WriteString("database", InventoryWord.Of(policy.Database));
        }

        if (policy.ApplicationVerifies)
        {
            json.WriteBoolean("applicationVerifies", true);
        }

        json.WriteString("profile", policy.Profile);
        json.Number("warnDays", policy.WarnDays, usual.WarnDays);
        json.Number("failDays", policy.FailDays, usual.FailDays);
        json.Number("port", policy.Port, usual.Port);
        json.ListUnlessEmpty("names", policy.Names);
        json.ListUnlessEmpty("issuers", policy.Issuers);
        json.Text("trustedAuthorities", policy.TrustedAuthorities);
    }

    private static void WriteDatabase(Utf8JsonWriter json, DatabasePolicy policy)
    {
        DatabasePolicy usual = new();
        json.WriteString("members", InventoryWord.Of(policy.Members));
        json.WriteString("topology", InventoryWord.Of(policy.Topology));
        json.WriteNumber("writers", policy.Writers);
        json.Number("port", policy.Port, usual.Port);
        json.Text("socket", policy.Socket);
        json.Number("maxLagSeconds", policy.MaxLagSeconds, usual.MaxLagSeconds);
        if (policy.SemiSync)
        {
            json.WriteBoolean("semiSync", true);
        }

        json.ListUnlessEmpty("preferred", policy.Preferred);
        json.ListUnlessEmpty("neverPromote", policy.NeverPromote);
        AutomaticFailover unasked = new();
        if (policy.Automatic != unasked)
        {
            json.Object("automatic", () =>
            {
                json.WriteBoolean("requireSemiSync", policy.Automatic.RequireSemiSync);
                json.Number("maxLossTransactions", policy.Automatic.MaxLossTransactions, unasked.MaxLossTransactions);
            });
        }

        if (policy.WriteEndpoint is { } write)
        {
            json.Object(
                "writeEndpoint", () => WriteEndpoint(json, InventoryWord.Of(write.Kind), write.Server, write.Backend, write.Address));
        }

        if (policy.ReadEndpoint is { } read)
        {
            json.Object("readEndpoint", () => WriteEndpoint(json, null, read.Server, read.Backend, read.Address));
        }
    }

    private static void WriteEndpoint(Utf8JsonWriter json, string? kind, string server, string? backend, string? address)
    {
        json.Text("kind", kind);
        json.WriteString("server", server);
        json.Text("backend", backend);
        json.Text("address", address);
    }

    private static void WriteLoadBalancing(Utf8JsonWriter json, LoadBalancingPolicy policy)
    {
        LoadBalancingPolicy usual = new();
        json.Text("adminSocket", policy.AdminSocket == usual.AdminSocket ? null : policy.AdminSocket);
        json.Text("webBackend", policy.WebBackend == usual.WebBackend ? null : policy.WebBackend);
        json.ListUnlessEmpty("virtualAddresses", policy.VirtualAddresses);
    }

    private static void WriteMonitoring(Utf8JsonWriter json, MonitoringPolicy policy)
    {
        json.ListUnlessEmpty("agents", policy.Agents);
        if (policy.ReportTo.Count > 0)
        {
            json.Object("reportTo", () =>
            {
                foreach ((string agent, IReadOnlyList<string> services) in policy.ReportTo)
                {
                    json.List(agent, services);
                }
            });
        }

        json.Text("prometheus", policy.Prometheus?.OriginalString);
        if (policy.Services.Count > 0)
        {
            json.Object("services", () =>
            {
                foreach (MonitoringService service in policy.Services)
                {
                    json.Object(service.Name, () => WriteService(json, service));
                }
            });
        }
    }

    private static void WriteTopology(Utf8JsonWriter json, TopologyPolicy policy)
    {
        TopologyPolicy usual = new();
        json.Number("failoverDrillDays", policy.FailoverDrillDays, usual.FailoverDrillDays);
        json.Number("maxStalledPercent", policy.MaxStalledPercent, usual.MaxStalledPercent);
        json.ListUnlessEmpty("appFiles", policy.AppFiles);
        json.ListUnlessEmpty("appFilesExcept", policy.AppFilesExcept);
    }

    private static void WriteService(Utf8JsonWriter json, MonitoringService service)
    {
        json.WriteString("kind", InventoryWord.Of(service.Kind));
        json.Text("url", service.Url?.OriginalString);
        if (service.Account is { } account)
        {
            json.WriteNumber("account", account);
        }

        json.ListUnlessEmpty("vaultEntries", service.VaultEntries);
        json.Text("trustedAuthorities", service.TrustedAuthorities);
        if (service.Queries.Count > 0)
        {
            json.Object("queries", () =>
            {
                foreach (ServiceQuery query in service.Queries)
                {
                    json.Object(query.Name, () => WriteQuery(json, query));
                }
            });
        }
    }

    private static void WriteQuery(Utf8JsonWriter json, ServiceQuery query)
    {
        json.WriteString("expression", query.Expression);
        json.Text("counts", query.Counts == ServiceCount.Requests ? null : InventoryWord.Of(query.Counts));
        json.Text("data", query.Data == ServiceData.Metrics ? null : InventoryWord.Of(query.Data));
    }
}
