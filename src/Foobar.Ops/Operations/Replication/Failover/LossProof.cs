using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Replication.Machines;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Failover;

/// <summary>
/// Proves, after the fact, what an emergency lost: the dead primary's binary log, which nothing can append to any more, is
/// held against what the new primary has.
/// </summary>
internal static class LossProof
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Proves.</summary>
    public static async Task<FailoverProof> JudgeAsync(
        FailoverConnections live, FailoverParameters parameters, CancellationToken cancellationToken)
    {
        if (!parameters.MachineAnswers)
        {
            return Unprovable(live, "its machine did not answer; Repair-FoobarReplication names what was lost when it returns");
        }

        try
        {
            string held = await live.Candidate.Member.HoldsAsync(cancellationToken);
            IServerSession machine = await live.Site.GetServerAsync(live.OldName, cancellationToken);
            BinlogDump dump = await BinlogReader.ReadAsync(
                machine, live.Candidate.Member.Flavor,
                BinlogReader.LeftOut(live.Candidate.Member.Flavor, held),
                parameters.SourceFile, Limit, cancellationToken);
            IReadOnlyList<string> missing = dump.Missing(live.Candidate.Member.Flavor, held);
            return missing.Count == 0
                ? new()
                {
                    Verdict = ProofVerdict.Proven,
                    Reason =
                        "Every transaction in the dead primary's binary log is on the new primary, and its database is kept from running.",
                }
                : new()
                {
                    Verdict = ProofVerdict.Disproven,
                    Reason = $"{missing.Count} transactions of the dead primary are not on the new one.",
                    MissingGtids = BinlogDump.Shortest(live.Candidate.Member.Flavor, missing),
                };
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException or FormatException)
        {
            return Unprovable(live, error.Message.TrimEnd('.'));
        }
    }

    private static FailoverProof Unprovable(FailoverConnections live, string why) => new()
    {
        Verdict = ProofVerdict.Unprovable,
        Reason = $"What {live.OldName} committed last can't be read: {why}.",
    };
}
