using Foobar.Ops.Inventory;
using Foobar.Ops.Monitoring.Agents;

namespace Foobar.Ops.Monitoring;

/// <summary>Joins agents with what the declared Prometheus scrapes of them.</summary>
public static class AgentScrapes
{
    /// <summary>The agents, with their targets by server and port; what only waits to be asked flows if it is scraped.</summary>
    /// <param name="agents">The agents of a server.</param>
    /// <param name="server">The server.</param>
    /// <param name="site">Its site.</param>
    /// <param name="facts">What Prometheus holds.</param>
    public static IEnumerable<MonitoringAgent> Join(IEnumerable<MonitoringAgent> agents, Server server, Site site,
        MonitoringServiceFacts facts)
    {
        ScrapeTarget[] targets = [.. (facts.Targets.Value ?? []).Where(target => InstanceMatch.IsScrapedFrom(server, target, site))];
        return agents.Select(agent =>
        {
            ScrapeTarget[] own = [.. targets.Where(target => Uri.TryCreate(target.Url, UriKind.Absolute, out Uri? url)
                && agent.Sockets.Any(socket => socket.Port == url.Port))];
            bool waits = KnownAgent.All[agent.Name].IsExporter || agent.Flow == DataFlow.Asked;
            return !agent.IsRunning || own.Length == 0 || !waits ? agent with { Scrapes = own }
                : Array.Find(own, static target => target.IsUp == false) is { } down ? agent with { Scrapes = own, Flow = DataFlow.Stopped,
                    FlowReason = $"Prometheus can't scrape {down.Url}: {down.LastError}" }
                : Array.Find(own, static target => target is { IsUp: true, Samples: 0 }) is { } empty ? agent with { Scrapes = own,
                    Flow = DataFlow.Stopped, FlowReason = $"Prometheus scrapes {empty.Url} and keeps none of its samples" }
                : facts.Time.TryGet(out DateTimeOffset now) && own.Max(static target => target.LastScrape) is { } last
                    ? agent with { Scrapes = own, Flow = DataFlow.Flowing,
                    FlowReason = FormattableString.Invariant($"Prometheus scraped it {(now - last).TotalSeconds:0} s ago") }
                : agent with { Scrapes = own };
        });
    }
}
