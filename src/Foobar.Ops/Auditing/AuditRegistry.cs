using Foobar.Ops.Connectivity;
using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Servers;
using Foobar.Ops.Tls;
using Foobar.Ops.Tls.Legs;
using Foobar.Ops.Tls.Scan;
using Foobar.Ops.Topology;
using Foobar.Ops.Topology.Collection;

namespace Foobar.Ops.Auditing;

/// <summary>What an audit consists of: one line an area.</summary>
public static class AuditRegistry
{
    private static readonly string LoadBalancerPart = new LoadBalancerCollector().Name;

    private static readonly string DatabasePart = new ReplicationCollector().Name;

    /// <summary>The parts, one an area.</summary>
    public static IReadOnlyList<AuditPart> Parts { get; } =
    [
        new AuditPart<ServerFacts>(new ServerCollector(), ServerControls.All, lasting: LastingServerFacts.Of),
        new AuditPart<FirewallFacts>(
            new FirewallCollector { JudgesAhead = true }, FirewallControls.All, SiteFirewallControls.All,
            compare: FirewallComparison.Compare, isTimeless: true),
        new AuditPart<CertificateFacts>(new CertificateCollector(), CertificateControls.All, SiteCertificateControls.All),
        new AuditPart<ReplicationFacts>(new ReplicationCollector(), [], DatabaseControls.All),
        new AuditPart<LoadBalancerFacts>(new LoadBalancerCollector(), LoadBalancerControls.All),
        new AuditPart<AgentFacts>(new AgentCollector(), AgentControls.All),
        new AuditPart<MonitoringServiceFacts>(new ServiceCollector(), [], ServiceControls.All),
        new AuditPart<LegFacts>(new LegCollector(), [], LegControls.All, lasting: static facts => facts.Lasting()),
        new AuditPart<TopologyFacts>(new TopologyCollector(), [], AppFileControls.All),
    ];

    /// <summary>Parts that no control judges and that are read on request, to be compared.</summary>
    public static IReadOnlyList<AuditPart> OnRequest { get; } = [new AuditPart<GradeFacts>(new GradeCollector(), [])];

    /// <summary>Controls that need the facts of several areas at once.</summary>
    public static IReadOnlyList<CrossAreaControl> AcrossAreas { get; } =
    [
        new(new(WriteEndpointControls.LeadsToPrimary, JudgeWriteEndpoint), [LoadBalancerPart, DatabasePart]),
        .. TopologyControls.All.Select(static control => new CrossAreaControl(
            new(control.Info, snapshot => control.Judge(SnapshotTopology.CaseOf(snapshot))), SnapshotTopology.Parts)),
    ];

    /// <summary>
    /// Controls that an audit does not judge: what they need is not read but tried (<c>Test-FoobarConnection</c>, <c>Test-FoobarTls</c>).
    /// </summary>
    public static IReadOnlyList<ControlInfo> Tried { get; } =
    [
        .. ConnectionControls.All, .. ScanControls.All.Select(control => control.Info),
    ];

    /// <summary>What is known of every control, by area and id.</summary>
    public static IReadOnlyList<ControlInfo> Controls { get; } =
    [
        .. Parts.SelectMany(part => part.Controls)
            .Concat(AcrossAreas.Select(control => control.Info))
            .Concat(SuppressionControls.All)
            .Concat(ReadingControls.All)
            .Concat(Tried)
            .OrderBy(info => info.Area)
            .ThenBy(info => info.Id, StringComparer.Ordinal),
    ];

    /// <summary>
    /// The ids of the controls that judge a server by what was read on it alone: what they say of a server can't come from another.
    /// </summary>
    internal static IReadOnlySet<string> OfOneServer { get; } = Parts.Where(part => part.ReadsServer)
        .SelectMany(part => part.ControlsOfOneServer)
        .Select(control => control.Id)
        .ToHashSet(StringComparer.Ordinal);

    private static IEnumerable<Verdict> JudgeWriteEndpoint(Snapshot snapshot)
    {
        Dictionary<string, Reading<ReplicationFacts>> members = snapshot.Site.Servers.ToDictionary(
            server => server.Name, server => snapshot.Read<ReplicationFacts>(DatabasePart, server.Name), StringComparer.OrdinalIgnoreCase);
        return WriteEndpointControls.Judge(
            snapshot.Site, server =>
                snapshot.Read<LoadBalancerFacts>(LoadBalancerPart, server), new SiteCase<ReplicationFacts>(
                    snapshot.Site, members, snapshot.Time));
    }
}
