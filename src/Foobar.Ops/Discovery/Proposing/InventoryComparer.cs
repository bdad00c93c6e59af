using System.Net;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Discovery.Proposing;

/// <summary>
/// Compares an inventory with what servers show. Pure. What was found and is not declared can be taken over; what is declared and was
/// not found stays, since a service that is down at the moment is a fault of the site and no other site.
/// </summary>
public static class InventoryComparer
{
    /// <summary>The differences, in the order of the inventory.</summary>
    /// <param name="declared">The inventory.</param>
    /// <param name="proposal">What its servers show.</param>
    /// <param name="isComplete">Whether all of its servers were read; otherwise nothing is said to be missing from the site as a
    /// whole.</param>
    public static IReadOnlyList<InventoryDifference> Compare(Site declared, InventoryProposal proposal, bool isComplete)
    {
        Comparison comparison = new(declared, proposal, isComplete);
        return
        [
            .. comparison.Servers(),
            .. comparison.Networks(),
            .. comparison.Flows(),
            .. comparison.Tls(),
            .. comparison.Database(),
            .. comparison.LoadBalancing(),
            .. comparison.Monitoring(),
            .. comparison.Units(),
            .. comparison.Questions(),
        ];
    }

    /// <summary>The inventory with differences taken over.</summary>
    public static Site Apply(Site declared, IEnumerable<InventoryDifference> differences) =>
        differences.Aggregate(declared, static (site, difference) => difference.Apply?.Invoke(site) ?? site);

    private sealed class Comparison(Site declared, InventoryProposal proposal, bool isComplete)
    {
        private readonly Site _found = proposal.Site;

        public IEnumerable<InventoryDifference> Servers()
        {
            foreach (Server server in _found.Servers)
            {
                if (declared.Find(server.Name) is not { } known)
                {
                    continue;
                }

                foreach (InventoryDifference difference in List(
                    $"servers.{known.Name}.roles", known.Name, [.. known.Roles.Select(InventoryWord.Of)],
                    [.. server.Roles.Select(InventoryWord.Of)],
                    role => site => With(site, known.Name, each => each with { Roles = [.. each.Roles, Parse(role)] })))
                {
                    yield return difference;
                }

                IEnumerable<string> own = declared.Policy.LoadBalancing.VirtualAddresses.Select(static address => address.ToString());
                foreach (InventoryDifference difference in List(
                    $"servers.{known.Name}.addresses", known.Name,
                    [.. known.Addresses.Select(static address => address.ToString())],
                    [.. server.Addresses.Select(static address => address.ToString()).Except(own)],
                    address =>
                        site => With(site, known.Name, each => each with { Addresses = [.. each.Addresses, IPAddress.Parse(address)] }),
                    isEvidence: static (text, address) => text.Split(' ', '/').Contains(address),
                    isThere: address => proposal.Questions.Any(
                        question => question.Server == server.Name
                            && question.Subject.Network?.Contains(IPAddress.Parse(address)) == true)))
                {
                    yield return difference;
                }
            }
        }

        public IEnumerable<InventoryDifference> Networks()
        {
            foreach ((string name, IReadOnlyList<IPNetwork> networks) in _found.Networks)
            {
                IPNetwork[] beyond =
                [
                    .. networks.Where(
                        network =>
                            !declared.Networks.Values.SelectMany(static each => each).Any(each => AddressSpace.Holds(each, network))),
                ];
                if (beyond.Length > 0)
                {
                    string key = declared.Networks.ContainsKey(name) && name != NetworkFinder.Operator ? name + "-found" : name;
                    yield return Added($"networks.{key}", null, string.Join(", ", beyond), Evidence($"networks.{name}"), site => site with
                    {
                        Networks = new Dictionary<string, IReadOnlyList<IPNetwork>>(
                            site.Networks) { [key] = [.. site.Networks.GetValueOrDefault(key, []), .. beyond] },
                    });
                }
            }
        }

        public IEnumerable<InventoryDifference> Flows()
        {
            ResolvedFlow[] known = [.. new FlowResolver(Settled()).Flows()];
            ResolvedFlow[] found = [.. new FlowResolver(_found).Flows()];
            HashSet<string> names = new(declared.Policy.Flows.Select(static flow => flow.Name), StringComparer.OrdinalIgnoreCase);
            foreach (ResolvedFlow flow in found)
            {
                foreach (Flow missing in FlowCoverage.Missing(flow, known))
                {
                    string name = new[] { missing.Name, missing.Name + "-found" }
                        .Concat(Enumerable.Range(2, 1000).Select(number => FormattableString.Invariant($"{missing.Name}-{number}")))
                        .First(names.Add);
                    Flow added = missing with { Name = name };
                    bool isResolvable = added.From.Concat(added.To)
                        .All(end => new FlowResolver(declared).Find(end) is not null || _found.Networks.ContainsKey(end));
                    yield return Added(
                        $"policy.flows.{name}", null, Text(added), Evidence($"policy.flows.{flow.Flow.Name}"),
                        isResolvable ? site => site with { Policy = site.Policy with { Flows = [.. site.Policy.Flows, added] } } : null);
                }
            }

            foreach (ResolvedFlow flow in isComplete ? known.Where(flow => !found.Any(other => FlowCoverage.Touches(other, flow))) : [])
            {
                yield return NotFound($"policy.flows.{flow.Flow.Name}", null, Text(flow.Flow));
            }
        }

        // A flow of a role or network means whatever the role or network is: a server's new address is a difference of the server, and
        // none of the flows that name it.
        private Site Settled() => Apply(
            declared,
            Servers().Concat(Networks()).Concat(LoadBalancing().Where(static each => each.Key == "policy.loadBalancing.virtualAddresses")));

        public IEnumerable<InventoryDifference> Tls()
        {
            TlsPolicy known = declared.Policy.Tls, found = _found.Policy.Tls;
            bool isSeen = proposal.Evidence.Any(static each => each.Key == "policy.tls.endsAt");
            return
            [
                .. isSeen
                    ? Changed(
                        "policy.tls.endsAt", InventoryWord.Of(known.EndsAt), InventoryWord.Of(found.EndsAt),
                        site => WithTls(site, tls => tls with { EndsAt = found.EndsAt, Backends = found.Backends }))
                    : [],
                .. isSeen && known.EndsAt == found.EndsAt
                    ? Changed(
                        "policy.tls.backends", InventoryWord.Of(known.Backends), InventoryWord.Of(found.Backends),
                        site => WithTls(site, tls => tls with { Backends = found.Backends }))
                    : [],
                .. isSeen
                    ? Changed(
                        "policy.tls.port", Number(known.Port), Number(found.Port),
                        site => WithTls(site, tls => tls with { Port = found.Port }))
                    : [],
                .. found.ApplicationVerifies
                    ? Changed(
                        "policy.tls.applicationVerifies", known.ApplicationVerifies ? "true" : "false", "true",
                        static site => WithTls(site, static tls => tls with { ApplicationVerifies = true }))
                    : [],
                .. found.Names.Except([declared.Name, .. known.Names], StringComparer.OrdinalIgnoreCase)
                    .Select(
                        name => Added(
                            "policy.tls.names", null, name, Evidence("site"),
                            site => WithTls(site, tls => tls with { Names = [.. tls.Names, name] }))),
                .. known.TrustedAuthorities is null && proposal.Authorities is not null
                    ? [
                        Added(
                            "policy.tls.trustedAuthorities", null, found.TrustedAuthorities ?? "",
                            Evidence("policy.tls.trustedAuthorities"),
                            site => WithTls(site, tls => tls with { TrustedAuthorities = found.TrustedAuthorities })),
                    ]
                    : (InventoryDifference[])[],
            ];
        }

        public IEnumerable<InventoryDifference> Database()
        {
            if (_found.Policy.Database is not { } found)
            {
                return declared.Policy.Database is null || !isComplete
                    ? []
                    : [NotFound("policy.database", null, InventoryWord.Of(declared.Policy.Database.Topology))];
            }

            if (declared.Policy.Database is not { } known)
            {
                return
                [
                    Added(
                        "policy.database", null, InventoryWord.Of(found.Topology), Evidence("policy.database"),
                        site => site with { Policy = site.Policy with { Database = found } }),
                ];
            }

            bool hasEndpoint = proposal.Evidence.Any(static each => each.Key == "policy.database.writeEndpoint");
            return
            [
                .. found.Topology != DatabaseTopology.Replication
                    ? Changed(
                        "policy.database.topology", InventoryWord.Of(known.Topology), InventoryWord.Of(found.Topology),
                        site => WithDatabase(site, database => database with { Topology = found.Topology }))
                    : [],
                .. Changed(
                    "policy.database.port", Number(known.Port), Number(found.Port),
                    site => WithDatabase(site, database => database with { Port = found.Port })),
                .. found.SemiSync
                    ? Changed(
                        "policy.database.semiSync", known.SemiSync ? "true" : "false", "true",
                        static site => WithDatabase(site, static database => database with { SemiSync = true }))
                    : [],
                .. !found.SemiSync && known.SemiSync && isComplete
                    ? [NotFound("policy.database.semiSync", null, "true")]
                    : (InventoryDifference[])[],
                .. hasEndpoint && known.WriteEndpoint?.Kind != WriteEndpointKind.Hook
                    ? Changed(
                        "policy.database.writeEndpoint", Text(known.WriteEndpoint),
                        Text(Known(found.WriteEndpoint, known.WriteEndpoint)),
                        site => WithDatabase(
                            site, database => database with { WriteEndpoint = Known(found.WriteEndpoint, known.WriteEndpoint) }))
                    : [],
                .. ReadEndpoint(known, found),
            ];
        }

        private IEnumerable<InventoryDifference> ReadEndpoint(DatabasePolicy known, DatabasePolicy found)
        {
            if (found.ReadEndpoint is { } read && known.ReadEndpoint is null)
            {
                yield return Added(
                    "policy.database.readEndpoint", read.Server, $"{read.Server} {read.Backend}", Evidence("policy.database.writeEndpoint"),
                    site => WithDatabase(site, database => database with { ReadEndpoint = read }));
            }
        }

        public IEnumerable<InventoryDifference> LoadBalancing()
        {
            LoadBalancingPolicy known = declared.Policy.LoadBalancing, found = _found.Policy.LoadBalancing, usual = new();
            return
            [
                .. found.AdminSocket != usual.AdminSocket
                    ? Changed(
                        "policy.loadBalancing.adminSocket", known.AdminSocket, found.AdminSocket,
                        site => WithBalancing(site, policy => policy with { AdminSocket = found.AdminSocket }))
                    : [],
                .. found.WebBackend != usual.WebBackend
                    ? Changed(
                        "policy.loadBalancing.webBackend", known.WebBackend, found.WebBackend,
                        site => WithBalancing(site, policy => policy with { WebBackend = found.WebBackend }))
                    : [],
                .. found.VirtualAddresses.Except(known.VirtualAddresses)
                    .Select(
                        address => Added(
                            "policy.loadBalancing.virtualAddresses", null, address.ToString(), ["ip address show"],
                            site =>
                                WithBalancing(site, policy => policy with { VirtualAddresses = [.. policy.VirtualAddresses, address] }))),
            ];
        }

        public IEnumerable<InventoryDifference> Monitoring()
        {
            MonitoringPolicy known = declared.Policy.Monitoring, found = _found.Policy.Monitoring;
            IEnumerable<InventoryDifference> agents = List(
                "policy.monitoring.agents", null, known.Agents, found.Agents, agent =>
                    site => WithMonitoring(site, policy => policy with { Agents = [.. policy.Agents, agent] }), isComplete,
                isThere: agent => proposal.Questions.Any(
                    question => question.Kind == QuestionKind.Missing && question.Subject.Agent == agent));
            IEnumerable<InventoryDifference> receivers = found.ReportTo.SelectMany(
                pair => known.ReportTo.TryGetValue(pair.Key, out IReadOnlyList<string>? hosts)
                    ? Changed($"policy.monitoring.reportTo.{pair.Key}", Joined(hosts), Joined(pair.Value), Reporting(pair.Key, pair.Value))
                    : [
                        Added(
                            $"policy.monitoring.reportTo.{pair.Key}", null, Joined(pair.Value),
                            Evidence($"policy.monitoring.reportTo.{pair.Key}"), Reporting(pair.Key, pair.Value)),
                    ]);
            IEnumerable<InventoryDifference> prometheus = found.Prometheus is { } place && known.Prometheus is null
                ? [
                    Added(
                        "policy.monitoring.prometheus", null, place.ToString(), Evidence("policy.monitoring.prometheus"),
                        site => WithMonitoring(site, policy => policy with { Prometheus = place })),
                ]
                : [];
            return [.. agents, .. receivers, .. prometheus];
        }

        public IEnumerable<InventoryDifference> Units()
        {
            IReadOnlyDictionary<Role, IReadOnlyList<string>> known = declared.Policy.Servers.Units;
            foreach ((Role role, IReadOnlyList<string> units) in _found.Policy.Servers.Units.Where(static pair => pair.Value.Count > 0))
            {
                string key = $"policy.servers.units.{InventoryWord.Of(role)}";
                Site Take(Site site) =>
                    site with
                    {
                        Policy = site.Policy with
                        {
                            Servers = site.Policy.Servers with
                            {
                                Units = new Dictionary<Role, IReadOnlyList<string>>(site.Policy.Servers.Units) { [role] = units },
                            },
                        },
                    };
                string[] missing =
                [
                    .. units.Except(
                        (known.GetValueOrDefault(role) ?? [])
                            .Select(static unit => unit.Contains('.', StringComparison.Ordinal) ? unit : unit + ".service")),
                ];
                if (!known.ContainsKey(role))
                {
                    yield return Added(key, null, Joined(units), [], Take);
                }
                else if (missing.Length > 0)
                {
                    yield return new InventoryDifference
                    {
                        Kind = InventoryDifferenceKind.Changed,
                        Key = key,
                        Declared = Joined(known[role]),
                        Found = Joined(units),
                        Apply = Take,
                    };
                }
            }
        }

        /// <summary>What New-FoobarInventory would ask and the inventory does not answer.</summary>
        public IEnumerable<InventoryDifference> Questions()
        {
            ResolvedFlow[] known = [.. new FlowResolver(Settled()).Flows()];
            return proposal.Questions
                .Where(question => question.Kind == QuestionKind.Unexplained ? !IsDeclared(question, known) : IsOpen(question))
                .Select(
                    static question => new InventoryDifference
                    {
                        Kind = question.Kind == QuestionKind.Unexplained
                            ? InventoryDifferenceKind.Unexplained
                            : InventoryDifferenceKind.Missing,
                        Key = question.Key,
                        Server = question.Server,
                        Found = question.What,
                        Evidence = [.. new[] { question.Why, question.Evidence }.OfType<string>().Where(static text => text.Length > 0)],
                    });
        }

        // What the operator declared by hand explains what nothing else does.
        private bool IsDeclared(InventoryQuestion question, ResolvedFlow[] known)
        {
            QuestionSubject subject = question.Subject;
            if (subject.Host is { } host)
            {
                return IPAddress.TryParse(host, out IPAddress? own)
                    ? declared.Servers.Any(each => each.Addresses.Contains(own))
                    : declared.Servers.Any(
                        each => string.Equals(each.Name.Split('.')[0], host.Split('.')[0], StringComparison.OrdinalIgnoreCase));
            }

            if (subject.Port is { } port && declared.Find(question.Server ?? "") is { } server)
            {
                return known.Any(
                    flow => (subject.Client is null || flow.From.Any(end => end.Contains(subject.Client)))
                        && server.Addresses.Any(address => FlowCoverage.Leads(flow, NetworkFinder.Single(address), port)));
            }

            return subject.Network is { } network
                ? (question.Key == "networks"
                        && declared.Networks.Values.SelectMany(static each => each).Any(each => AddressSpace.Holds(each, network)))
                    || declared.Servers.SelectMany(static each => each.Addresses)
                        .Concat(declared.Policy.LoadBalancing.VirtualAddresses)
                        .Any(network.Contains)
                : subject.Agent is { } agent && declared.Policy.Monitoring.Agents.Contains(agent);
        }

        // Whatever is asked for a new inventory has an answer in this one, but what has no default and is not declared.
        private bool IsOpen(InventoryQuestion question) => question.Kind == QuestionKind.Missing
            && (question.Subject.IsUnread
                || (question.Subject.Host is not null && !IsDeclared(question, []))
                || question.Key switch
                {
                    "policy.database.writeEndpoint" => declared.Policy.Database is { WriteEndpoint: null },
                    "policy.monitoring.prometheus" => declared.Policy.Monitoring.Prometheus is null,
                    "policy.tls.trustedAuthorities" => declared.Policy.Tls.TrustedAuthorities is null,
                    _ => question.Key.StartsWith("policy.monitoring.reportTo.", StringComparison.Ordinal)
                        && !declared.Policy.Monitoring.ReportTo.ContainsKey(question.Key["policy.monitoring.reportTo.".Length..]),
                });

        private static Func<Site, Site> Reporting(string agent, IReadOnlyList<string> hosts) => site =>
            WithMonitoring(
                site,
                policy => policy with { ReportTo = new Dictionary<string, IReadOnlyList<string>>(policy.ReportTo) { [agent] = hosts } });

        private IEnumerable<InventoryDifference> List(
            string key,
            string? server,
            IReadOnlyList<string> known,
            IReadOnlyList<string> found,
            Func<string, Func<Site, Site>> add,
            bool tellsMissing = true,
            Func<string, string, bool>? isEvidence = null,
            Func<string, bool>? isThere = null) =>
        [
            .. found.Except(known).Select(
                item => Added(key, server, item, [.. Evidence(key).Where(text => isEvidence?.Invoke(text, item) != false)], add(item))),
            .. tellsMissing
                ? known.Except(found).Where(item => isThere?.Invoke(item) != true).Select(item => NotFound(key, server, item))
                : [],
        ];

        private IEnumerable<InventoryDifference> Changed(string key, string? known, string? found, Func<Site, Site> apply) => known == found
            ? []
            : [
                new InventoryDifference
                {
                    Kind = known is null ? InventoryDifferenceKind.Added : InventoryDifferenceKind.Changed,
                    Key = key,
                    Declared = known,
                    Found = found,
                    Evidence = Evidence(key),
                    Apply = apply,
                },
            ];

        private static InventoryDifference Added(
            string key, string? server, string found, IReadOnlyList<string> evidence, Func<Site, Site>? apply) =>
            new() { Kind = InventoryDifferenceKind.Added, Key = key, Server = server, Found = found, Evidence = evidence, Apply = apply };

        private static InventoryDifference NotFound(string key, string? server, string known) =>
            new() { Kind = InventoryDifferenceKind.NotFound, Key = key, Server = server, Declared = known };

        private IReadOnlyList<string> Evidence(string key) =>
            [
                .. proposal.Evidence.Where(each => each.Key == key)
                    .Select(static each => each.Server is null ? each.Text : $"{each.Server}: {each.Text}"),
            ];

        private static string Text(Flow flow) => $"{Joined(flow.From)} to {Joined(flow.To)}, {string.Join(", ", flow.Ports)}";

        // An address that could not be seen is no other address.
        private static WriteEndpoint? Known(WriteEndpoint? found, WriteEndpoint? declared) =>
            found is { Address: null } && found.Server == declared?.Server && found.Backend == declared.Backend
                ? found with { Address = declared.Address }
                : found;

        private static string? Text(WriteEndpoint? endpoint) =>
            endpoint is null ? null : $"{endpoint.Server} {endpoint.Backend} {endpoint.Address}".Trim();

        private static string Joined(IEnumerable<string> items) => string.Join(", ", items);

        private static string Number(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

        private static Role Parse(string word) => InventoryWord.TryParse(word, out Role role) ? role : default;

        private static Site With(Site site, string name, Func<Server, Server> change) =>
            site with
            {
                Servers =
                [
                    .. site.Servers.Select(
                        server => string.Equals(server.Name, name, StringComparison.OrdinalIgnoreCase) ? change(server) : server),
                ],
            };

        private static Site WithTls(Site site, Func<TlsPolicy, TlsPolicy> change) =>
            site with { Policy = site.Policy with { Tls = change(site.Policy.Tls) } };

        private static Site WithDatabase(Site site, Func<DatabasePolicy, DatabasePolicy> change) =>
            site with { Policy = site.Policy with { Database = change(site.Policy.Database!) } };

        private static Site WithBalancing(Site site, Func<LoadBalancingPolicy, LoadBalancingPolicy> change) =>
            site with { Policy = site.Policy with { LoadBalancing = change(site.Policy.LoadBalancing) } };

        private static Site WithMonitoring(Site site, Func<MonitoringPolicy, MonitoringPolicy> change) =>
            site with { Policy = site.Policy with { Monitoring = change(site.Policy.Monitoring) } };
    }
}
