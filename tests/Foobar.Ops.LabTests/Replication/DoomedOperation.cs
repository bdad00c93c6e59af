using Foobar.Ops.Inventory;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Cluster;
using Foobar.Ops.Operations.Replication.Failover;
using Foobar.Ops.Operations.Replication.Switchover;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Replication;

/// <summary>A failover in a process of its own that gets SIGKILL at a chosen moment: no handler runs, nothing is flushed.</summary>
internal static class DoomedOperation
{
    /// <summary>The first argument of such a process.</summary>
    public const string Word = "doomed-failover";

    /// <summary>Starts one, and waits until it is dead.</summary>
    /// <param name="bed">The lab and the place of the journals.</param>
    /// <param name="to">The member that shall become the primary; empty for an emergency failover.</param>
    /// <param name="step">The step after whose end it dies.</param>
    /// <param name="delay">How long after: zero for at once, else within the next step.</param>
    /// <param name="automatic">Whether it is a guard's.</param>
    /// <exception cref="InvalidOperationException">It ended otherwise.</exception>
    public static Task KillAsync(FailoverBed bed, string to, string step, TimeSpan delay, bool automatic = false) =>
        DoomedProcess.KillAsync(step, delay, Word, bed.Lab.Inventory, bed.State, to, automatic ? "automatic" : "");

    /// <summary>What the process does.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        Site site = InventoryLoader.Load(args[1]);
        await using SiteSession session = new(site);
        DoomedProcess.Death death = new(args);
        OperationStore store = new(site.Name, args[2]);
        FailoverResult result = args[3].Length == 0
            ? await new FailoverOperation(session, store)
                .RunAsync(new FailoverOptions { Automatic = args[4].Length > 0 }, death, CancellationToken.None)
            : ClusterOperation.Serves(site)
                ? await new ClusterOperation(session, store).RunAsync(new FailoverOptions { To = args[3] }, death, CancellationToken.None)
            : await new SwitchoverOperation(session, store).RunAsync(new FailoverOptions { To = args[3] }, death, CancellationToken.None);
        await Console.Error.WriteLineAsync($"{result.Outcome} {result.Error}");
        return 0;
    }
}
