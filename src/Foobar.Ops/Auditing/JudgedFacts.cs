using System.Runtime.CompilerServices;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Auditing;

/// <summary>
/// What controls that do not go by the time said of facts. A collector that gives the same object again says that nothing has changed:
/// a pure control would say the same again. Kept as long as the facts are.
/// </summary>
/// <typeparam name="TFacts">The facts.</typeparam>
internal sealed class JudgedFacts<TFacts>
    where TFacts : class
{
    private readonly ConditionalWeakTable<TFacts, Dictionary<(object Control, string Server), Judgement>> _known = [];

    /// <summary>The findings of a control, judged once for the same facts of the same servers by the same policy.</summary>
    /// <param name="control">The control.</param>
    /// <param name="site">The site.</param>
    /// <param name="facts">All facts that it looks at; with none nothing is kept.</param>
    /// <param name="time">The time that the findings bear.</param>
    /// <param name="judge">Applies it.</param>
    public IReadOnlyList<Finding> Of(
        object control,
        Site site,
        IReadOnlyList<(Server Server, TFacts Facts)> facts,
        DateTimeOffset time,
        Func<IReadOnlyList<Finding>> judge)
    {
        if (facts.Count == 0)
        {
            return judge();
        }

        Dictionary<(object Control, string Server), Judgement> known = _known.GetOrCreateValue(facts[0].Facts);
        Judgement? before;
        lock (known)
        {
            before = known.GetValueOrDefault((control, facts[0].Server.Name));
        }

        if (before is not null && before.Holds(site, facts))
        {
            return [.. before.Findings.Select(finding => finding with { Time = time })];
        }

        IReadOnlyList<Finding> findings = judge();

        // What could not be decided may be decided another time: a limit, or a mistake, is no fact.
        if (findings.All(static finding => finding.Status != FindingStatus.Unknown))
        {
            lock (known)
            {
                known[(control, facts[0].Server.Name)] = new Judgement(site, facts, findings);
            }
        }

        return findings;
    }

    private sealed record Judgement(Site Site, IReadOnlyList<(Server Server, TFacts Facts)> Facts, IReadOnlyList<Finding> Findings)
    {
        public bool Holds(Site site, IReadOnlyList<(Server Server, TFacts Facts)> facts) =>
            ReferenceEquals(Site, site) && Facts.Count == facts.Count && Facts.Zip(facts).All(static pair =>
                ReferenceEquals(pair.First.Server, pair.Second.Server) && ReferenceEquals(pair.First.Facts, pair.Second.Facts));
    }
}
