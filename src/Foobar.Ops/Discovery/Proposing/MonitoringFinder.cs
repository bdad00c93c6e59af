using System.Net;
using System.Net.Sockets;
using Foobar.Ops.Inventory;
using Foobar.Ops.Inventory.Loading;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Monitoring.Agents;

namespace Foobar.Ops.Discovery.Proposing;

/// <summary>Finds what watches the servers, and where it reports to.</summary>
internal static class MonitoringFinder
{
    /// <summary>The policy: the agents that run somewhere, so that one missing elsewhere is a finding.</summary>
    public static MonitoringPolicy Find(AddressBook book, RoleFinder roles, Draft draft)
    {
        (FoundServer Server, MonitoringAgent Agent)[] all =
        [
            .. book.Servers.SelectMany(static server => (server.Facts.Agents.Value ?? []).Select(agent => (server, agent))),
        ];
        foreach (FoundServer server in book.Servers.Where(static server => server.Facts.Agents.Failure is not null))
        {
            draft.Missing(
                "policy.monitoring.agents", server.Name, $"Which monitoring agents run on {server.Name}?", server.Facts.Agents.Failure!,
                subject: new QuestionSubject { IsUnread = true });
        }

        List<string> agents = [];
        Dictionary<string, IReadOnlyList<string>> reportTo = [];
        foreach (IGrouping<string, (FoundServer Server, MonitoringAgent Agent)> kind in all.GroupBy(static pair => pair.Agent.Name)
            .OrderBy(static kind => kind.Key, StringComparer.Ordinal))
        {
            string[] running = [.. kind.Where(static pair => Works(pair.Agent)).Select(static pair => pair.Server.Name)];
            string[] belonging = [.. book.Servers.Where(server => Belongs(kind.Key, server, roles)).Select(static server => server.Name)];
            if (running.Length == 0)
            {
                draft.Unexplained(
                    "policy.monitoring.agents", kind.First().Server.Name, $"Shall {kind.Key} watch the servers?",
                    "There is a trace of it, and it runs nowhere, or does not answer.",
                    string.Join(", ", kind.Select(static pair => pair.Server.Name)),
                    new QuestionSubject { Agent = kind.Key });
                continue;
            }

            if (kind.Where(static pair => Works(pair.Agent)).All(pair => IsUnasked(pair.Server, pair.Agent, book)))
            {
                draft.Missing(
                    "policy.monitoring.agents", running[0], $"Shall {kind.Key} watch the servers?",
                    $"It is a part of another program, which offers it on {string.Join(", ", running)}, and nobody who is known asks it.",
                    subject: new QuestionSubject { Agent = kind.Key });
                continue;
            }

            string[] without = [.. belonging.Except(running)];
            if (without.Length >= running.Length)
            {
                draft.Missing(
                    "policy.monitoring.agents", null, $"Shall {kind.Key} watch the servers?",
                    $"It runs on {string.Join(", ", running)}, and not on {string.Join(", ", without)}; the policy wants an agent on every "
                        + "server that it is for.",
                    subject: new QuestionSubject { Agent = kind.Key });
                continue;
            }

            agents.Add(kind.Key);
            foreach ((FoundServer server, MonitoringAgent agent) in kind.Where(static pair => Works(pair.Agent)))
            {
                draft.Show(
                    "policy.monitoring.agents", server.Name,
                    $"{agent.Name} runs: {string.Join(", ", agent.FoundBy)}{(agent.Unit is null ? "" : $", {agent.Unit.Name}")}");
            }

            if (without.Length > 0)
            {
                draft.Confirm(
                    "policy.monitoring.agents", null,
                    $"Shall {kind.Key} run on {string.Join(", ", without)} too?",
                    $"It runs on {string.Join(", ", running)}; the policy wants an agent on every server that it is for.");
            }

            if (Receivers(book, kind.Key, [.. kind.Where(static pair => Works(pair.Agent))], draft) is { Length: > 0 } receivers)
            {
                reportTo[kind.Key] = receivers;
            }
        }

        FoundServer? prometheus = book.Servers.FirstOrDefault(static server => server.Facts.Prometheus is not null);
        if (prometheus is null && roles.With(Role.Monitoring) is [{ } monitoring, ..])
        {
            draft.Missing(
                "policy.monitoring.prometheus", monitoring.Name,
                $"At which address do you reach the Prometheus of {monitoring.Name}?",
                "It listens there, and answered this machine at none of its addresses.");
        }
        else if (prometheus is not null)
        {
            draft.Show("policy.monitoring.prometheus", prometheus.Name, $"{prometheus.Facts.Prometheus}/-/ready answered this machine");
        }

        return new MonitoringPolicy { Agents = agents, ReportTo = reportTo, Prometheus = prometheus?.Facts.Prometheus };
    }

    // A part of another program that runs is there only if it answers; an agent of its own that does not is a fault.
    private static bool Works(MonitoringAgent agent) =>
        agent.IsRunning
            && (!KnownAgent.All.TryGetValue(agent.Name, out KnownAgent? known) || !known.IsPartOfAnother || agent.Answer?.Failure is null);

    // Every HAProxy and every nginx may serve measurements of itself; only where somebody asks for them do they watch anything.
    private static bool IsUnasked(FoundServer server, MonitoringAgent agent, AddressBook book) =>
        KnownAgent.All.TryGetValue(agent.Name, out KnownAgent? known) && known.IsPartOfAnother && agent.Endpoints.Count == 0
        && !agent.Sockets.Any(
            socket => book.Servers.Any(
                    other => (other.Facts.Scrapes.Value ?? []).Select(Places.Split)
                        .Any(place => place.Port == socket.Port && book.Resolve(place.Host, other) == server))
                || RoleFinder.Conversations(server).Any(
                    each => each is { IsIncoming: true, IsLocal: false } && each.Port == socket.Port
                        && book.Owner(each.PeerAddress) is not null));

    private static bool Belongs(string agent, FoundServer server, RoleFinder roles) =>
        KnownAgent.All.TryGetValue(agent, out KnownAgent? known)
        && known.BelongsOn(new Server { Name = server.Name, Roles = roles.Of(server), Ssh = server.Facts.Ssh });

    // Servers of the site among each other may have several addresses; a service elsewhere has one name for all of them.
    private static string[] Receivers(AddressBook book, string agent, (FoundServer Server, MonitoringAgent Agent)[] running, Draft draft)
    {
        (string Server, string[] Hosts)[] hosts =
        [
            .. running.Select(
                static pair =>
                    (pair.Server.Name, (string[])
                    [
                        .. pair.Agent.Endpoints.Select(static endpoint => endpoint.Host)
                            .OfType<string>()
                            .Where(static host => !IsLoopback(host))
                            .Distinct()
                            .Order(StringComparer.Ordinal),
                    ]))
                .Where(static pair => pair.Item2.Length > 0),
        ];
        if (hosts.Length == 0)
        {
            return [];
        }

        string[] all = [.. hosts.SelectMany(static pair => pair.Hosts).Distinct().Order(StringComparer.Ordinal)];
        bool areOurs = all.All(host => IPAddress.TryParse(host, out IPAddress? address) && book.Owner(address) is not null);
        bool isOneReceiver = areOurs && all.Select(host => book.Owner(IPAddress.Parse(host))).Distinct().Count() == 1;
        bool agree = hosts.All(pair => pair.Hosts.SequenceEqual(hosts[0].Hosts));
        if (!(isOneReceiver || agree))
        {
            draft.Missing(
                $"policy.monitoring.reportTo.{agent}", null, $"Where must {agent} report to?", "Its configurations on the servers differ.",
                string.Join("; ", hosts.Select(static pair => $"{pair.Server}: {string.Join(", ", pair.Hosts)}")));
            return [];
        }

        string[] written =
        [
            .. all.Where(
                static host =>
                    Uri.CheckHostName(host) is UriHostNameType.Dns
                        || (IPAddress.TryParse(host, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetwork)),
        ];
        foreach ((string server, string[] each) in hosts)
        {
            draft.Show($"policy.monitoring.reportTo.{agent}", server, $"its configuration: {string.Join(", ", each)}");
        }

        return written.Length == all.Length && written.All(static host => !Secrets.LooksLikeValue(host)) ? written : [];
    }

    private static bool IsLoopback(string host) =>
        host == "localhost" || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));
}
