using System.Collections.Concurrent;
using System.Diagnostics;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Auditing;

/// <summary>
/// Reads a site and judges meanwhile: a control is applied as soon as the facts that it needs have arrived. Gives the findings
/// that <see cref="Audit"/> gives of the whole snapshot, in the order in which they are decided.
/// </summary>
public sealed class LiveAudit
{
    private readonly ISiteSession _session;
    private readonly AuditScope _scope;
    private readonly CollectOptions _options;
    private readonly IReadOnlyList<AuditPart> _parts;
    private readonly IReadOnlyList<CrossAreaControl> _acrossAreas;

    /// <summary>Prepares an audit.</summary>
    /// <param name="session">The site's connections.</param>
    /// <param name="scope">Which servers, areas and controls; the whole site if left out.</param>
    /// <param name="options">How facts are read.</param>
    /// <exception cref="Errors.FoobarException"><c>ServerNotFound</c>, <c>ControlNotFound</c>: the scope names what does not
    /// exist.</exception>
    public LiveAudit(ISiteSession session, AuditScope? scope = null, CollectOptions? options = null)
        : this(session, scope ?? AuditScope.Everything, options ?? new CollectOptions(), AuditRegistry.Parts, AuditRegistry.AcrossAreas) =>
        _scope.Check(session.Site, AuditRegistry.Controls);

    internal LiveAudit(
        ISiteSession session,
        AuditScope scope,
        CollectOptions options,
        IReadOnlyList<AuditPart> parts,
        IReadOnlyList<CrossAreaControl> acrossAreas)
    {
        _session = session;
        _scope = scope;
        _options = options;
        _parts = parts;
        _acrossAreas = acrossAreas;
    }

    /// <summary>Reads and judges.</summary>
    /// <param name="decided">Is given findings as they are decided; called from one thread at a time.</param>
    /// <param name="cancellationToken">Cancels, on the servers too.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<SnapshotResult> RunAsync(Action<IReadOnlyList<Finding>> decided, CancellationToken cancellationToken)
    {
        Judgement judgement = new(_session.Site, _scope, _options.Profile, decided);
        SnapshotCollector collector = new(_session, _scope, _options with { Arrived = judgement.Take }, _parts, _acrossAreas);
        judgement.Expect(_parts, collector.Plan);
        SnapshotResult result = await collector.CollectAsync(cancellationToken);
        await judgement.FinishAsync(result.Snapshot, _parts, _acrossAreas);
        return result;
    }

    /// <summary>What has arrived, and what was made of it.</summary>
    private sealed class Judgement(Site site, AuditScope scope, AuditProfile? profile, Action<IReadOnlyList<Finding>> decided)
    {
        private readonly Dictionary<string, Awaited> _awaited = new(StringComparer.Ordinal);
        private readonly ConcurrentBag<Task> _work = [];
        private readonly List<Finding> _findings = [];
        private readonly Lock _lock = new();

        public void Expect(IReadOnlyList<AuditPart> parts, IEnumerable<(Server Server, AuditPart Part)> plan)
        {
            ILookup<AuditPart, Server> servers = plan.ToLookup(read => read.Part, read => read.Server);
            foreach (AuditPart part in parts)
            {
                _awaited[part.Name] = new Awaited(part, servers[part].Count());
            }
        }

        public void Take(SnapshotFacts facts, DateTimeOffset time)
        {
            Awaited awaited = _awaited[facts.Part];
            Server server = site.Find(facts.Server)!;
            _work.Add(Task.Run(() => Add(awaited.Part.Name, () => awaited.Part.JudgeEach(Of(time, [facts]), scope, [server]))));
            if (awaited.Arrive(facts) is { } all)
            {
                _work.Add(Task.Run(() => Add(awaited.Part.Name, () => awaited.Part.JudgeTogether(Of(time, all), scope))));
            }
        }

        public async Task FinishAsync(Snapshot snapshot, IReadOnlyList<AuditPart> parts, IReadOnlyList<CrossAreaControl> acrossAreas)
        {
            await Task.WhenAll(_work);
            long began = Stopwatch.GetTimestamp();

            // What no server has, no facts arrive of; its controls say so.
            foreach (Awaited none in _awaited.Values.Where(awaited => awaited.Count == 0))
            {
                Add(none.Part.Name, () => none.Part.JudgeTogether(snapshot, scope));
            }

            Add("across areas", () => Audit.JudgeAcross(snapshot, scope, acrossAreas));
            Add("inventory", () => Audit.JudgeInventory(snapshot, _findings, scope, parts, acrossAreas));
            profile?.Add(AuditPhase.Judge, string.Empty, "after the last fact", Stopwatch.GetElapsedTime(began));
        }

        private Snapshot Of(DateTimeOffset time, IReadOnlyList<SnapshotFacts> facts) => new() { Site = site, Time = time, Facts = facts };

        private void Add(string part, Func<IEnumerable<Finding>> judge)
        {
            long began = Stopwatch.GetTimestamp();
            Finding[] findings = [.. judge().Of(site)];
            profile?.Add(AuditPhase.Judge, string.Empty, part, Stopwatch.GetElapsedTime(began));
            lock (_lock)
            {
                _findings.AddRange(findings);
                decided(findings);
            }
        }
    }

    /// <summary>A part of which facts are awaited.</summary>
    private sealed class Awaited(AuditPart part, int count)
    {
        private readonly List<SnapshotFacts> _arrived = [];

        public AuditPart Part => part;

        public int Count => count;

        /// <summary>Takes note of facts; all of them if these were the last.</summary>
        public IReadOnlyList<SnapshotFacts>? Arrive(SnapshotFacts facts)
        {
            lock (_arrived)
            {
                _arrived.Add(facts);
                return _arrived.Count == count ? [.. _arrived] : null;
            }
        }
    }
}
