using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Faults;

/// <summary>Groups of faults that can be in force together, drawn by a seed.</summary>
internal static class FaultGroups
{
    /// <summary>
    /// Divides faults into groups, each fault into at least one; where those that are left do not fill a group, faults that stand
    /// in another one do. The same seed gives the same groups.
    /// </summary>
    /// <param name="faults">The faults.</param>
    /// <param name="plan">The lab they are for.</param>
    /// <param name="size">How many make a group.</param>
    /// <param name="seed">What decides.</param>
    public static IReadOnlyList<IReadOnlyList<Fault>> Draw(IEnumerable<Fault> faults, LabPlan plan, int size, int seed)
    {
        Fault[] all = [.. faults.OrderBy(fault => Lot(fault, seed), StringComparer.Ordinal)];
        List<Fault> left = [.. all];
        List<IReadOnlyList<Fault>> groups = [];
        while (left.Count > 0)
        {
            List<Fault> group = [];
            foreach (Fault fault in left.Concat(all).Where(
                fault => group.Count < size && !group.Contains(fault) && group.TrueForAll(other => Fit(fault, other, plan))))
            {
                group.Add(fault);
            }

            left.RemoveAll(group.Contains);
            groups.Add(group);
        }

        return groups;
    }

    /// <summary>
    /// Whether two faults can be in force together, and an audit that missed one of them would be found out: by its witness,
    /// or because its control sees nothing of the other.
    /// </summary>
    public static bool Fit(Fault one, Fault other, LabPlan plan) =>
        !one.Changes(plan).Intersect(other.Changes(plan)).Any()
        && FaultExclusions.Between(one, other) is null
        && IsTold(one, other) && IsTold(other, one);

    // A hash, not a generator: the same on every version of .NET, whatever other faults there are.
    private static string Lot(Fault fault, int seed) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{seed} {fault.Name}"))));

    private static bool IsTold(Fault fault, Fault beside) =>
        fault.Witness is not null || (beside.Control != fault.Control && !beside.AlsoSeenBy.Contains(fault.Control));
}
