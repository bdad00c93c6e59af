using Foobar.Ops.Database;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication;

/// <summary>Whether somebody holds a lock on the members for which a move of writes would wait.</summary>
internal static class LockSurvey
{
    /// <summary>
    /// What stands in the way. On the primary the fence waits for such a lock; on the candidate and on those that shall follow it the
    /// applier does, and what stops it; on a member of a cluster each write that is led there.
    /// </summary>
    /// <param name="site">The site's connections.</param>
    /// <param name="members">The members that the move changes.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<IReadOnlyList<FailoverBlocker>> JudgeAsync(
        ISiteSession site, IEnumerable<string> members, CancellationToken cancellationToken)
    {
        IReadOnlyList<FailoverBlocker>[] locked = await Task.WhenAll(members.Select(member => JudgeAsync(site, member, cancellationToken)));
        return [.. locked.SelectMany(static held => held)];
    }

    private static async Task<IReadOnlyList<FailoverBlocker>> JudgeAsync(
        ISiteSession site, string member, CancellationToken cancellationToken)
    {
        await using IDatabaseSession database = await site.OpenDatabaseAsync(member, cancellationToken);
        return
        [
            .. (await DatabaseMember.Of(database).GlobalLocksAsync(backups: true, cancellationToken)).Select(held => new FailoverBlocker
            {
                Code = "GlobalLock",
                Server = member,
                Message = held,
                Remediation = "A backup may be running: wait until it has ended, or end that connection (KILL).",
            }),
        ];
    }
}
