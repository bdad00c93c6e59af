using System.Diagnostics;
using System.Runtime.CompilerServices;
using Foobar.Ops.Database;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Load;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Switchover;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Bench;

/// <summary>
/// The write gap of a planned switchover, seen by writers that know nothing of it: ours in turns with a hand-written one,
/// on both databases, with four writers every 5 ms and without pause. With three members the primary goes round the ring, and
/// the third one follows, by hand too.
/// </summary>
internal static class FailoverBench
{
    private const int Writers = 4;
    private const int Rounds = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(700);

    /// <summary>Measures on labs of its own: a site in use is no place for it.</summary>
    /// <param name="site">Raises them.</param>
    /// <param name="replicas">How many replicas the primary has.</param>
    /// <param name="cancel">Cancels.</param>
    public static async IAsyncEnumerable<BenchResult> RunAsync(
        BenchSite site, int replicas, [EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (DatabaseFlavour flavour in (DatabaseFlavour[])[DatabaseFlavour.MariaDb, DatabaseFlavour.MySql])
        {
            RaisedLab lab = await site.LabAsync(flavour, cancel, replicas);
            foreach (int interval in (int[])[5, 0])
            {
                IReadOnlyList<double[]> gaps = await MeasureAsync(lab, TimeSpan.FromMilliseconds(interval), cancel);
                string name =
                    $"failover-{replicas + 1}-members-{flavour}-{(interval == 0 ? "without-pause" : "every-5-ms")}".ToLowerInvariant();
                yield return new(name, Median(gaps[0]), Median(gaps[1]), "the steps by hand over held-open clients", "ms");
                yield return new(name, Median(gaps[0]), Median(gaps[2]), "the steps by hand over ControlMaster", "ms");
            }
        }
    }

    private static async Task<IReadOnlyList<double[]>> MeasureAsync(RaisedLab lab, TimeSpan interval, CancellationToken cancel)
    {
        // The steps by hand refuse no lag; nor shall ours, which waits until it has gone.
        Site declared = InventoryLoader.Load(lab.Inventory);
        Site patient = declared with
        {
            Policy = declared.Policy with { Database = declared.Policy.Database! with { MaxLagSeconds = Patience.TotalSeconds } },
        };
        await using SiteSession session = new(patient, new SessionOptions { ConnectTimeLimit = TimeSpan.FromMinutes(1) });
        DirectoryInfo state = Directory.CreateTempSubdirectory("bench-");
        SwitchoverOperation operation = new(session, new OperationStore(session.Site.Name, state.FullName));
        HandSwitchover byHand = new(lab);
        List<double>[] gaps = [[], [], []];
        for (int round = 0; round < Rounds * gaps.Length; round++)
        {
            // Of three members each way would else always move the same one to the same one.
            int way = (round + (round / gaps.Length)) % gaps.Length;
            (string old, string candidate, string[] others) = await RolesAsync(lab, session, cancel);
            await using OrderWriters writers = await OrderWriters.StartAsync(lab, "web-02", Writers, interval, cancel);
            await Task.Delay(Settling, cancel);
            long from = Stopwatch.GetTimestamp();
            await (way switch
            {
                0 => OursAsync(operation, candidate, cancel),
                1 => HeldAsync(lab, byHand, old, candidate, others, cancel),
                _ => SharedAsync(lab, byHand, old, candidate, others, cancel),
            });
            await Task.Delay(Settling, cancel);
            gaps[way].Add(OrderWriters.Gap(await writers.StopAsync(), from, Stopwatch.GetTimestamp()).TotalMilliseconds);
        }

        state.Delete(recursive: true);
        return [.. gaps.Select(one => one.ToArray())];
    }

    private static async Task OursAsync(SwitchoverOperation operation, string candidate, CancellationToken cancel)
    {
        FailoverResult result = await operation.RunAsync(new FailoverOptions { To = candidate, DrainLimit = Patience }, null, cancel);
        if (result is not { Outcome: PlanOutcome.Completed, Proof.Verdict: ProofVerdict.Proven })
        {
            throw new InvalidOperationException($"The switchover ended otherwise: {result.Outcome} {result.Error} {result.Proof.Reason}");
        }
    }

    private static async Task HeldAsync(
        RaisedLab lab, HandSwitchover byHand, string old, string candidate, string[] others, CancellationToken cancel)
    {
        await using HeldHand hand = await HeldHand.StartAsync(lab, [old, candidate, .. others], cancel);
        await byHand.RunAsync(hand, old, candidate, others, cancel);
    }

    private static async Task SharedAsync(
        RaisedLab lab, HandSwitchover byHand, string old, string candidate, string[] others, CancellationToken cancel)
    {
        await using SharedHand hand = new(lab);
        await byHand.RunAsync(hand, old, candidate, others, cancel);
    }

    /// <summary>Who is primary, who comes next in the ring, and the rest, once every replica has all that the primary has.</summary>
    private static async Task<(string Old, string Candidate, string[] Others)> RolesAsync(
        RaisedLab lab, ISiteSession session, CancellationToken cancel)
    {
        while (true)
        {
            ReplicationTopology topology = ReplicationTopology.Of(await ReplicationSurvey.CollectAsync(session, cancel));
            string[] members = [.. topology.Members.Select(static member => member.Name)];
            if (members.Where(name => topology.RoleOf(name) == MemberRole.Primary).ToArray() is [string primary]
                && topology.Links.Count == lab.Plan.Options.Replicas
                && topology.Links.All(link => link is { BacklogTransactions: 0, Channel.Replicates: true } && link.Source == primary))
            {
                string next = members[(Array.IndexOf(members, primary) + 1) % members.Length];
                return (primary, next, [.. members.Where(name => name != primary && name != next)]);
            }

            await Task.Delay(Settling, cancel);
        }
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);
}
