using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Replication.Machines;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>
/// Tries saved transactions before they are offered to a person: on the fresh copy of the primary, which nobody uses yet, in
/// one transaction that is rolled back. Nothing is kept, and the primary is not touched.
/// </summary>
internal static class ErrantTester
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>Tries them.</summary>
    /// <param name="copy">The copy.</param>
    /// <param name="machine">Its machine.</param>
    /// <param name="errant">What was saved.</param>
    /// <param name="sql">The same as SQL.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The same, with what came of it.</returns>
    /// <exception cref="FoobarException"><c>CopyFailed</c>: the copy is not as it was before.</exception>
    public static async Task<ErrantTransactions> TryAsync(
        DatabaseMember copy, IServerSession machine, ErrantTransactions errant, ErrantSql sql, CancellationToken cancellationToken)
    {
        string[] tables = [.. (await copy.TablesWithoutTransactionsAsync(cancellationToken)).Where(sql.Tables.Contains)];
        if (sql.Others.Count > 0 || tables.Length > 0)
        {
            string why = sql.Others.Count > 0
                ? $"statements beside rows ({sql.Others[0]})"
                : $"rows of tables without transactions ({string.Join(", ", tables)})";
            return errant with
            {
                Trial = ErrantTrial.NotTried,
                TrialReason = $"The saved transactions were not tried: they hold {why}, which can't be taken back.",
            };
        }

        string before = await copy.ExecutedAsync(cancellationToken);
        string? refused;
        await copy.AdmitOperatorsAsync(cancellationToken);
        try
        {
            CommandResult result = await BinlogPlayer.RunAsync(machine, sql.Trial, Limit, cancellationToken);
            refused = result.ExitCode == 0 ? null : result.ErrorText.Trim();
        }
        finally
        {
            await copy.FenceAsync(CancellationToken.None);
        }

        string after = await copy.ExecutedAsync(cancellationToken);
        if (after != before)
        {
            throw new FoobarException(
                "CopyFailed", ErrorKind.Failed,
                $"{copy.Name}: the copy held {before}, and {after} after the saved transactions were tried and taken back.")
            {
                Server = copy.Name,
                Recommendation =
                    "Somebody has written there meanwhile: see its connections and scheduled events, then run Repair-FoobarReplication "
                        + "-Copy again.",
            };
        }

        return refused is null
            ? errant with
            {
                Trial = ErrantTrial.Loads,
                TrialReason = "The copy of the primary took the saved transactions; they were taken back again.",
            }
            : errant with
            {
                Trial = ErrantTrial.Refused,
                TrialReason = $"The copy of the primary refused the saved transactions: {refused}",
            };
    }
}
