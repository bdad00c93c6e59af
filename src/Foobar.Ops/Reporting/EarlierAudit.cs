using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Reporting;

/// <summary>What an earlier audit found: a snapshot judged by today's controls, or a JSON report read again.</summary>
/// <param name="Site">The name of the site; of findings that name none.</param>
/// <param name="Time">When the facts were read, in UTC.</param>
/// <param name="Findings">What was found.</param>
public sealed record EarlierAudit(string Site, DateTimeOffset Time, IReadOnlyList<Finding> Findings)
{
    /// <summary>What the members of the database were.</summary>
    public IReadOnlyList<ReplicationSample> Replication { get; init; } = [];

    /// <summary>Rates that were plotted.</summary>
    public IReadOnlyList<TrafficSeries> Traffic { get; init; } = [];

    /// <summary>Judges a snapshot.</summary>
    public static EarlierAudit Of(Snapshot snapshot) =>
        new(snapshot.Site.Name, snapshot.Time.ToUniversalTime(), Audit.Judge(snapshot)) { Replication = ReplicationSample.Of(snapshot) };
}
