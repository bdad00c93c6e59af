using Foobar.Ops.Database;
using Foobar.Ops.Database.Gtids;

namespace Foobar.Ops.Operations.Replication.Failover;

/// <summary>Reads how a replica stands to its source.</summary>
internal static class CandidateLinkReader
{
    /// <summary>Reads it.</summary>
    /// <param name="member">The replica.</param>
    /// <param name="facts">What was read of it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<CandidateLink> ReadAsync(DatabaseMember member, ReplicationFacts facts, CancellationToken cancellationToken)
    {
        bool acknowledges = await member.AcknowledgesAsync(cancellationToken);
        return new()
        {
            Received = GtidComparison.Normalise(member.Flavor, FailoverPreflight.Held(facts)),
            LastHeard = await member.LastHeardAsync(cancellationToken),
            SemiSyncActive = acknowledges,
        };
    }

    /// <summary>The log of its source at whose contents a replica was applying last; <see langword="null"/> if it does not know.</summary>
    public static async Task<string?> SourceFileAsync(DatabaseMember member, CancellationToken cancellationToken) =>
        await member.ReplayAsync(cancellationToken) is { HasOneSource: true, SourceFile: { Length: > 0 } file } ? file : null;
}
