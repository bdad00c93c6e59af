using Foobar.Ops.Findings;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Faults;
using Foobar.Ops.Lab.Host;

namespace Foobar.Ops.LabTests.Lab;

/// <summary>
/// Makes faults together that no control sees both of, and judges them by one audit: breaking, auditing and healing takes as
/// long for many as for one. Where that audit does not show each of them and nothing else, they are to be tried one by one.
/// A control that may see one of them may be failing because of another: only a fault that is made alone shows that.
/// </summary>
public sealed class FaultGroups
{
    /// <summary>The more there are, the likelier one of them hides another.</summary>
    private const int Most = 8;

    private readonly Dictionary<(string Lab, Fault Fault), bool> _seen = [];

    internal delegate Task<IReadOnlyList<Finding>> Audit(RaisedLab lab, Func<IReadOnlyList<Finding>, bool> isSettled);

    /// <summary>Whether a fault, made together with others, was seen by its control, and all the others by theirs.</summary>
    /// <param name="lab">The lab, with nothing broken on it.</param>
    /// <param name="faults">All faults that are tried on it.</param>
    /// <param name="fault">The one.</param>
    /// <param name="audit">Audits the lab until it has settled.</param>
    internal async Task<bool> IsSeenAsync(RaisedLab lab, IReadOnlyList<Fault> faults, Fault fault, Audit audit)
    {
        if (_seen.TryGetValue((lab.Inventory, fault), out bool isSeen))
        {
            return isSeen;
        }

        List<Fault> group = Of(lab, faults).Single(each => each.Contains(fault));
        string? verdict = group.Count == 1 ? "there is no other that goes with it" : await TryAsync(lab, group, audit);
        group.ForEach(each => _seen[(lab.Inventory, each)] = verdict is null);
        if (verdict is not null && group.Count > 1)
        {
            TestContext.Current.SendDiagnosticMessage($"Faults are tried one by one, since together: {verdict}");
        }

        return verdict is null;
    }

    /// <summary>
    /// Each fault joins the first group of its area in which none changes what it changes, and no control sees both. One of
    /// another area may hide it: behind a firewall that drops replication no replica is late. Those of the database stay
    /// alone: one that stops replication undoes what another did to it.
    /// </summary>
    private static List<List<Fault>> Of(RaisedLab lab, IReadOnlyList<Fault> faults)
    {
        List<List<Fault>> groups = [];
        foreach (Fault fault in faults)
        {
            List<Fault>? group = groups.Find(each => each.Count < Most && each.TrueForAll(other => AreApart(lab, fault, other)));
            if (group is null)
            {
                groups.Add(group = []);
            }

            group.Add(fault);
        }

        return groups;
    }

    private static bool AreApart(RaisedLab lab, Fault one, Fault other) =>
        one.Area == other.Area && one.Area != Area.Database && !one.HidesOthers && !other.HidesOthers
        && !one.Changes(lab.Plan).Intersect(other.Changes(lab.Plan)).Any()
        && !FaultVerdict.Seers(one).Intersect(FaultVerdict.Seers(other)).Any();

    private static async Task<string?> TryAsync(RaisedLab lab, List<Fault> group, Audit audit)
    {
        try
        {
            foreach (Fault fault in group)
            {
                await lab.BreakAsync(fault.Name);
            }

            return FaultVerdict.Of(group, await audit(lab, found => FaultVerdict.Of(group, found) is null));
        }
        catch (LabException error)
        {
            return error.Message;
        }
        finally
        {
            await lab.HealAllAsync();
        }
    }
}
