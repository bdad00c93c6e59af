using Foobar.Ops.Monitoring;

namespace Foobar.Ops.Auditing;

/// <summary>Compares the monitoring agents of each server.</summary>
internal static class AgentComparison
{
    /// <summary>Agents that came or went, run or not, report elsewhere, or have another version.</summary>
    public static IEnumerable<SnapshotDifference> Compare(Snapshot before, Snapshot after) =>
        from pair in SiteComparison.Pairs<AgentFacts>(before, after)
        where pair.Before.Agents.TryGet(out _) && pair.After.Agents.TryGet(out _)
        from difference in SiteComparison.Named(DifferenceKind.Agent, pair.Server, Agents(pair.Before), Agents(pair.After))
        select difference;

    private static IEnumerable<(string Name, string Text)> Agents(AgentFacts facts) =>
        (facts.Agents.Value ?? []).Where(agent => agent.FoundBy.Count > 0).SelectMany(Aspects);

    private static IEnumerable<(string Name, string Text)> Aspects(MonitoringAgent agent)
    {
        string endpoints = string.Join(
            ", ", agent.Endpoints.Select(endpoint => $"{endpoint.Address} ({endpoint.Encryption})").Order(StringComparer.Ordinal));
        yield return (agent.Name, agent.IsSuspended ? "suspended" : agent.IsRunning ? $"runs, data {agent.Flow}" : "does not run");
        if (agent.Version is not null)
        {
            yield return ($"{agent.Name} version", agent.Version);
        }

        if (endpoints.Length > 0)
        {
            yield return ($"{agent.Name} reports to", endpoints);
        }
    }
}
