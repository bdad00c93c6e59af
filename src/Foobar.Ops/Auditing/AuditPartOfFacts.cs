using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Auditing;

/// <summary>One area's share of an audit.</summary>
/// <typeparam name="TFacts">The facts of the area, of one server.</typeparam>
/// <param name="collector">Reads the facts.</param>
/// <param name="perServer">The controls that look at one server at a time.</param>
/// <param name="perSite">The controls that look at all servers together.</param>
/// <param name="lasting">Takes out of the facts what changes by itself, or by being read, and no property is marked for.</param>
/// <param name="compare">What of the facts of two snapshots differs, where the area knows better than their structure does.</param>
/// <param name="isTimeless">Whether no control goes by the time: of facts that are the same object they say the same again.</param>
public sealed class AuditPart<TFacts>(
    Collector<TFacts> collector,
    IReadOnlyList<Control<ServerCase<TFacts>>> perServer,
    IReadOnlyList<Control<SiteCase<TFacts>>>? perSite = null,
    Func<TFacts, TFacts, IEnumerable<FactDifference>>? compare = null,
    Func<TFacts, TFacts>? lasting = null,
    bool isTimeless = false) : AuditPart
    where TFacts : class
{
    private readonly IReadOnlyList<Control<SiteCase<TFacts>>> _perSite = perSite ?? [];

    private readonly JudgedFacts<TFacts>? _judged = isTimeless ? new() : null;

    /// <inheritdoc/>
    public override string Name => collector.Name;

    /// <inheritdoc/>
    public override IReadOnlyList<ControlInfo> Controls { get; } =
        [
            .. perServer.Select(control => control.Info)
                .Concat((perSite ?? []).Select(control => control.Info))
                .OrderBy(info => info.Id, StringComparer.Ordinal),
        ];

    internal override IEnumerable<ControlInfo> ControlsOfOneServer => perServer.Select(control => control.Info);

    internal override bool ReadsServer => collector.ReadsServer;

    internal override bool NeedsAllServers(AuditScope scope) => _perSite.Any(control => scope.Holds(control.Info));

    internal override Type FactsType => typeof(TFacts);

    /// <inheritdoc/>
    public override bool AppliesTo(Server server, Site site) => collector.AppliesTo(server, site);

    internal override async Task<object> CollectAsync(ISiteSession session, Server server, CancellationToken cancellationToken) =>
        await collector.CollectAsync(session, server, cancellationToken);

    internal override IEnumerable<Finding> Judge(Snapshot snapshot, AuditScope scope)
    {
        // Each kind has models of its own of what was read, which for a large ruleset take a while to make.
        Task<Finding[]> together = Task.Run(() => (Finding[])[.. JudgeTogether(snapshot, scope)]);
        Finding[] each = [.. JudgeEach(snapshot, scope, snapshot.Site.Servers)];
        return [.. each, .. together.GetAwaiter().GetResult()];
    }

    internal override IEnumerable<Finding> JudgeEach(Snapshot snapshot, AuditScope scope, IEnumerable<Server> servers)
    {
        Server[] meant = [.. servers.Where(server => AppliesTo(server, snapshot.Site) && scope.Holds(server))];
        return
            from control in perServer
            where scope.Holds(control.Info)
            from server in meant
            from finding in Judge(control, server, snapshot)
            select finding;
    }

    internal override IEnumerable<Finding> JudgeTogether(Snapshot snapshot, AuditScope scope)
    {
        Server[] concerned = [.. snapshot.Site.Servers.Where(server => AppliesTo(server, snapshot.Site))];
        return
            from control in _perSite
            where scope.Holds(control.Info)
            from finding in Judge(control, concerned, snapshot)
            where scope.Holds(finding, snapshot.Site)
            select finding;
    }

    internal override object Lasting(object facts) => lasting?.Invoke((TFacts)facts) ?? facts;

    internal override IEnumerable<FactDifference>? Compare(object before, object after) => compare?.Invoke((TFacts)before, (TFacts)after);

    private IEnumerable<Finding> Judge(Control<ServerCase<TFacts>> control, Server server, Snapshot snapshot)
    {
        Reading<TFacts> reading = snapshot.Read<TFacts>(Name, server.Name);
        if (!reading.TryGet(out TFacts? facts))
        {
            return [control.Info.ToFinding(reading.ToUnknown(), server.Name, snapshot.Time)];
        }

        IReadOnlyList<Finding> Apply() =>
            SafeJudge.Apply(control, new ServerCase<TFacts>(server, snapshot.Site, facts, snapshot.Time), server.Name, snapshot.Time);
        return _judged is null ? Apply() : _judged.Of(control, snapshot.Site, [(server, facts)], snapshot.Time, Apply);
    }

    private IEnumerable<Finding> Judge(Control<SiteCase<TFacts>> control, Server[] concerned, Snapshot snapshot)
    {
        if (concerned.Length == 0)
        {
            return [control.Info.ToFinding(Verdict.NotApplicable(actual: "No server of the site has such facts."), null, snapshot.Time)];
        }

        Dictionary<string, Reading<TFacts>> readings = concerned.ToDictionary(
            server => server.Name, server => snapshot.Read<TFacts>(Name, server.Name), StringComparer.OrdinalIgnoreCase);
        IReadOnlyList<Finding> Apply() =>
            SafeJudge.Apply(control, new SiteCase<TFacts>(snapshot.Site, readings, snapshot.Time), null, snapshot.Time);
        return _judged is null || !readings.Values.All(static reading => reading.TryGet(out _)) ? Apply()
            : _judged.Of(
                control, snapshot.Site, [.. concerned.Select(server => (server, readings[server.Name].Value!))], snapshot.Time, Apply);
    }
}
