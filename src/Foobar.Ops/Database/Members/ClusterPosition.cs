using System.Globalization;
using Foobar.Ops.Database.Gtids;

namespace Foobar.Ops.Database;

/// <summary>
/// How far members have committed, in their cluster's own order: <c>HISTORY:NUMBER</c> in Galera, a GTID set in a group. Pure.
/// </summary>
internal static class ClusterPosition
{
    /// <summary>What a member lacks of another one's position; empty for nothing.</summary>
    /// <param name="kind">The kind of cluster.</param>
    /// <param name="position">The other one's.</param>
    /// <param name="own">Its own.</param>
    /// <exception cref="FormatException">One of them is no position of that kind.</exception>
    public static string Missing(ClusterKind kind, string position, string own)
    {
        if (kind != ClusterKind.Galera)
        {
            return GtidComparison.Errant(DatabaseFlavor.MySql, position, own);
        }

        (string history, long number) = Split(position);
        (string ownHistory, long ownNumber) = Split(own);
        return history != ownHistory ? $"{position}, of another history than {own}"
            : ownNumber >= number ? ""
            : string.Create(CultureInfo.InvariantCulture, $"{history}:{ownNumber + 1}-{number}");
    }

    private static (string History, long Number) Split(string position) =>
        position.LastIndexOf(':') is > 0 and int at
            && long.TryParse(position.AsSpan(at + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            ? (position[..at], number)
            : throw new FormatException($"'{position}' is no position of Galera.");
}
