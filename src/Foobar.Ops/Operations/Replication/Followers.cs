using Foobar.Ops.Database;

namespace Foobar.Ops.Operations.Replication;

/// <summary>
/// Which replicas get the candidate for their source when writes move to it, and which keep the source they have. A replica of a
/// replica stays where it is: its source follows the candidate, or is the candidate. Pure.
/// </summary>
internal static class Followers
{
    /// <summary>
    /// Those that get the candidate for their source: the old primary's own replicas, and the members between it and the candidate.
    /// </summary>
    /// <param name="topology">The members.</param>
    /// <param name="old">The old primary.</param>
    /// <param name="candidate">The member that becomes the primary.</param>
    public static IReadOnlyList<string> Moved(ReplicationTopology topology, string old, string candidate)
    {
        string[] between = [.. topology.Path(candidate, old).Select(static link => link.Source).OfType<string>()];
        return [.. topology.Members.Select(member => member.Name).Where(name => name != old && name != candidate
            && (between.Contains(name) || topology.Links.Any(link => link.Replica == name && link.Source == old)))];
    }

    /// <summary>Those that keep a source which follows the candidate, or is it.</summary>
    /// <inheritdoc cref="Moved"/>
    public static IReadOnlyList<string> Kept(ReplicationTopology topology, string old, string candidate) =>
        [
            .. topology.Members.Select(member => member.Name)
                .Except([old, candidate, .. Moved(topology, old, candidate)])
                .Where(name => topology.Above(name) is var above && (above.Contains(old) || above.Contains(candidate))),
        ];
}
