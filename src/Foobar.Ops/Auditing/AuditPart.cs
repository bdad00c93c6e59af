using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Auditing;

/// <summary>
/// One area's share of an audit, in the same form for every area: what it reads from a server, and the controls that judge
/// it. Made from the area's own collector and controls by <see cref="AuditPart{TFacts}"/>.
/// </summary>
public abstract class AuditPart
{
    /// <summary>The key of the facts in a snapshot: <c>server</c>, <c>firewall</c>, <c>certificates</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What is known of the controls, in the order of their ids.</summary>
    public abstract IReadOnlyList<ControlInfo> Controls { get; }

    /// <summary>The controls that look at the facts of one server at a time.</summary>
    internal abstract IEnumerable<ControlInfo> ControlsOfOneServer { get; }

    /// <summary>Whether the facts are read on the server itself (<see cref="Collector{TFacts}.ReadsServer"/>).</summary>
    internal abstract bool ReadsServer { get; }

    /// <summary>The type of the facts.</summary>
    internal abstract Type FactsType { get; }

    /// <summary>Tells whether a server has such facts at all.</summary>
    public abstract bool AppliesTo(Server server, Site site);

    /// <summary>Tells whether a control of the scope looks at all servers together, so that all must be read.</summary>
    internal abstract bool NeedsAllServers(AuditScope scope);

    /// <summary>Reads the facts of one server.</summary>
    internal abstract Task<object> CollectAsync(ISiteSession session, Server server, CancellationToken cancellationToken);

    /// <summary>Judges a snapshot's facts with the controls of a scope. Pure.</summary>
    internal abstract IEnumerable<Finding> Judge(Snapshot snapshot, AuditScope scope);

    /// <summary>Judges the facts of some servers with the controls that look at one server at a time. Pure.</summary>
    internal abstract IEnumerable<Finding> JudgeEach(Snapshot snapshot, AuditScope scope, IEnumerable<Server> servers);

    /// <summary>Judges the facts of all servers with the controls that look at them together. Pure.</summary>
    internal abstract IEnumerable<Finding> JudgeTogether(Snapshot snapshot, AuditScope scope);

    /// <summary>The facts without what changes by itself, or by being read, and no property is marked for.</summary>
    internal abstract object Lasting(object facts);

    /// <summary>What of the facts differs, or <see langword="null"/> if the area leaves that to a comparison by structure.</summary>
    internal abstract IEnumerable<FactDifference>? Compare(object before, object after);
}
