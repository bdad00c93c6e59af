using Foobar.Ops.Database.Gtids;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>Where errant transactions begin in a MariaDB log.</summary>
internal static class ErrantRange
{
    /// <summary>
    /// The last common transaction of each domain with errant ones: what the primary has of the server that wrote them. Empty
    /// if it has none of it, which means from the beginning.
    /// </summary>
    /// <param name="errant">The last errant transaction of each server in each domain.</param>
    /// <param name="primary">What the primary holds.</param>
    public static string Begin(string errant, string primary)
    {
        MariaDbGtid[] known = [.. MariaDbGtidState.Parse(primary).Last];
        MariaDbGtid[] begins = [.. MariaDbGtidState.Parse(errant).Last
            .Select(gtid => known.FirstOrDefault(one => (one.Domain, one.Server) == (gtid.Domain, gtid.Server)))];
        return begins.Length == 0 || begins.Contains(default)
            ? ""
            : string.Join(',', begins.GroupBy(gtid => gtid.Domain).Select(domain => domain.MinBy(gtid => gtid.Sequence)));
    }
}
