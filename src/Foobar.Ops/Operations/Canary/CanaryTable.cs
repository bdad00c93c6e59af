using Foobar.Ops.Database;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Canary;

/// <summary>
/// The table <c>foobar_ops.canary</c>: a row a write, with the run it is of and its number in it. Rows of a run are removed
/// when they have been counted.
/// </summary>
internal static class CanaryTable
{
    /// <summary>What makes the table.</summary>
    public const string Create = MemberMarks.CreateCanary;

    private static readonly TimeSpan RemovingLimit = TimeSpan.FromSeconds(10);

    /// <summary>Writes one row; it is committed when this returns.</summary>
    /// <param name="session">The connection.</param>
    /// <param name="run">The run's id, a UUID.</param>
    /// <param name="sequence">The row's number.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static Task WriteAsync(IDatabaseSession session, string run, long sequence, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            FormattableString.Invariant($"INSERT INTO foobar_ops.canary (run, seq) VALUES ('{Guid.Parse(run)}', {sequence})"),
            null, cancellationToken);

    /// <summary>Counts a run's rows against what was acknowledged.</summary>
    public static async Task<CanaryAccount> CountAsync(
        IDatabaseSession session, string run, IReadOnlyList<CanaryWrite> writes, CancellationToken cancellationToken)
    {
        IReadOnlyList<DatabaseRow> rows = await session.QueryAsync(
            "SELECT seq, COUNT(*) AS times FROM foobar_ops.canary WHERE run = @run GROUP BY seq", new Dictionary<string, object?>
            {
                ["run"] = run,
            }, cancellationToken);
        Dictionary<long, long> times = rows.ToDictionary(row => row.Number("seq") ?? 0, row => row.Number("times") ?? 0);
        return new(
            writes.Count(write => write.IsAcknowledged),
            writes.Count(write => write.IsAcknowledged && !times.ContainsKey(write.Sequence)),
            times.Values.Count(count => count > 1));
    }

    /// <summary>Removes a run's rows, a thousand at a time so that no replica is held up by one long transaction.</summary>
    public static async Task RemoveAsync(IDatabaseSession session, string run, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(RemovingLimit);
        while (await session.ExecuteAsync(
            "DELETE FROM foobar_ops.canary WHERE run = @run ORDER BY id LIMIT 1000",
            new Dictionary<string, object?> { ["run"] = run }, limit.Token) > 0)
        {
        }
    }
}

/// <summary>What became of a canary's acknowledged writes.</summary>
/// <param name="Acknowledged">How many were acknowledged.</param>
/// <param name="Lost">How many of them are not there.</param>
/// <param name="Doubled">How many of them are there more than once.</param>
internal sealed record CanaryAccount(long Acknowledged, long Lost, long Doubled);
