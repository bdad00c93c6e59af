using System.Text.Json;

namespace Foobar.Ops.Inventory.Loading;

/// <summary>Reads the policy for monitoring, with the services that keep or take measurements.</summary>
internal sealed class MonitoringPolicyReader(Problems problems, string directory)
{
    /// <summary>Reads the policy; what is wrong or missing is reported and stood in for.</summary>
    public Parsed<MonitoringPolicy> Read(SourceValue value, Problems found)
    {
        ObjectReader keys = new(value, found, "the policy for monitoring");
        MonitoringPolicy policy = new()
        {
            Agents = keys.Optional("agents", [], Lists.Of("agents", 0, Scalars.OneOf(MonitoringPolicy.KnownAgents))),
            ReportTo = keys.Optional("reportTo", new Dictionary<string, IReadOnlyList<string>>(), ReportTo),
            Prometheus = keys.Optional("prometheus", null, Forms.WebAddress),
            Services = keys.Optional("services", [], Services),
        };
        keys.Finish();
        return policy;
    }

    private Parsed<IReadOnlyList<MonitoringService>> Services(SourceValue value, Problems found) =>
        Lists.ByName("services", (service, _) => new Parsed<SourceValue>(service))(value, found).TryGet(out var named)
            ? Parsed.Of<IReadOnlyList<MonitoringService>>([.. named.Select(pair => Service(pair.Key, pair.Value))])
            : default;

    private MonitoringService Service(SourceMember member, SourceValue value)
    {
        if (!Forms.IsName(member.Name))
        {
            problems.Add(member.Position, value.Path, "the name of a monitoring service does not fit here", Forms.NameExpected);
        }

        ObjectReader keys = new(value, problems, "a monitoring service");
        MonitoringService service = new()
        {
            Name = member.Name,
            Kind = keys.Required(
                "kind",
                MonitoringServiceKind.Prometheus,
                $"one of {string.Join(", ", InventoryWord.All<MonitoringServiceKind>())}",
                Scalars.Word<MonitoringServiceKind>),
            Url = keys.Optional("url", null, Forms.WebAddress),
            Account = keys.Optional<long?>(
                "account",
                null,
                static (number, problems) =>
                    Scalars.Whole(1, int.MaxValue)(number, problems).TryGet(out int account) ? account : default(Parsed<long?>)),
            VaultEntries = keys.Optional("vaultEntries", [], Lists.OneOrMany("entries of a secret vault", Scalars.Text)),
            TrustedAuthorities = keys.Optional("trustedAuthorities", null, Paths.Local(directory)),
            Queries = keys.Optional("queries", [], Queries),
        };
        keys.Finish();
        Check(service, value);
        return service;
    }

    private void Check(MonitoringService service, SourceValue value)
    {
        if (value["kind"] is null)
        {
            return;
        }

        string kind = InventoryWord.Of(service.Kind);
        if (service.Kind == MonitoringServiceKind.SumoLogicSource && value["url"] is { } secret)
        {
            problems.Add(
                secret,
                "the address of an HTTP source is its key",
                "no \"url\": give the address like a key, by a vault entry or by -ServiceCredential");
        }
        else if (service.Kind is not (MonitoringServiceKind.SumoLogicSource or MonitoringServiceKind.Webhook) && value["url"] is null)
        {
            problems.Add(value, $"a service of the kind {kind} has no address", "\"url\" with the base address of its API");
        }

        if (service.Kind == MonitoringServiceKind.NewRelic && value["account"] is null)
        {
            problems.Add(value, "New Relic has no account", "\"account\" with the account's id");
        }

        if (service.Queries.Count > 0 && !service.CanBeAsked)
        {
            problems.Add(value["queries"]!, $"a service of the kind {kind} can't be asked", "no \"queries\"");
        }

        if (service.VaultEntries.Count > 2)
        {
            problems.Add(
                value["vaultEntries"]!,
                $"{service.VaultEntries.Count} vault entries are named",
                "one, or two where the service has one key to query and another to send");
        }
    }

    private static Parsed<IReadOnlyList<ServiceQuery>> Queries(SourceValue value, Problems problems)
    {
        if (!Lists.ByName<ServiceQuery>("queries", Query)(value, problems).TryGet(out var named))
        {
            return default;
        }

        return Parsed.Of<IReadOnlyList<ServiceQuery>>([.. named.Select(static pair => pair.Value with { Name = pair.Key.Name })]);
    }

    private static Parsed<ServiceQuery> Query(SourceValue value, Problems problems)
    {
        ObjectReader keys = new(value, problems, "a query");
        ServiceQuery query = new()
        {
            Name = string.Empty,
            Expression = keys.Required("expression", string.Empty, "the query in the service's own language", Scalars.Text),
            Counts = keys.Optional("counts", ServiceCount.Requests, Scalars.Word<ServiceCount>),
            Data = keys.Optional("data", ServiceData.Metrics, Scalars.Word<ServiceData>),
        };
        keys.Finish();
        return query;
    }

    private static Parsed<IReadOnlyDictionary<string, IReadOnlyList<string>>> ReportTo(SourceValue value, Problems problems)
    {
        if (!Lists.ByName("agents", Lists.Of("host names and addresses", 1, Forms.HostName))(value, problems).TryGet(out var named))
        {
            return default;
        }

        Dictionary<string, IReadOnlyList<string>> services = [];
        foreach ((SourceMember member, IReadOnlyList<string> list) in named)
        {
            SourceValue key = new(JsonValueKind.String, member.Name, member.Position, member.Value.Path);
            if (Scalars.OneOf(MonitoringPolicy.KnownAgents)(key, problems).TryGet(out string agent))
            {
                services[agent] = list;
            }
        }

        return Parsed.Of<IReadOnlyDictionary<string, IReadOnlyList<string>>>(services);
    }
}
