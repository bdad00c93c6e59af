using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Traffic;

namespace Foobar.Ops.Viewing;

/// <summary>What was read of a site since the last sample; <see langword="null"/> for what was not read this time.</summary>
internal sealed record SiteSample
{
    /// <summary>When it was read, in UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>How busy the servers are; one that could not be read is missing and has an error.</summary>
    public IReadOnlyList<ServerMetric>? Metrics { get; init; }

    /// <summary>The servers of the backends.</summary>
    public IReadOnlyList<BackendServer>? Backends { get; init; }

    /// <summary>The rates of one window.</summary>
    public IReadOnlyList<TrafficRate>? Rates { get; init; }

    /// <summary>The members of the database.</summary>
    public IReadOnlyList<ReplicationStatus>? Replication { get; init; }

    /// <summary>The agents.</summary>
    public IReadOnlyList<MonitoringAgent>? Agents { get; init; }

    /// <summary>What an audit found.</summary>
    public IReadOnlyList<Finding>? Findings { get; init; }

    /// <summary>
    /// What could not be read, and why; by what was read (<c>metrics web-01</c>). A <see langword="null"/> takes an earlier one back.
    /// </summary>
    public IReadOnlyDictionary<string, string?> Errors { get; init; } = new Dictionary<string, string?>();
}
