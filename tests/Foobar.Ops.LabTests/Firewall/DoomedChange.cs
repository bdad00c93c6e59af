using System.Globalization;
using Foobar.Ops.Inventory;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.FirewallChange;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Firewall;

/// <summary>A firewall change in a process of its own that gets SIGKILL at a chosen moment: no handler runs, nothing is flushed.</summary>
internal static class DoomedChange
{
    /// <summary>The first argument of such a process.</summary>
    public const string Word = "doomed-firewall-change";

    /// <summary>The step that stands for the change's beginning.</summary>
    public const string Beginning = "begin";

    /// <summary>Starts one, and waits until it is dead.</summary>
    /// <param name="inventory">The path of the inventory.</param>
    /// <param name="state">Where its journal is kept.</param>
    /// <param name="servers">The servers to change.</param>
    /// <param name="rollback">The servers' deadline.</param>
    /// <param name="step">The step after whose end it dies.</param>
    /// <param name="delay">How long after: zero for at once, else within the next step.</param>
    /// <param name="undo">Whether it undoes the last change.</param>
    /// <exception cref="InvalidOperationException">It ended otherwise.</exception>
    public static Task KillAsync(
        string inventory, string state, string servers, TimeSpan rollback, string step, TimeSpan delay, bool undo = false) =>
        DoomedProcess.KillAsync(
            step, delay, Word, inventory, state, servers, rollback.TotalSeconds.ToString(CultureInfo.InvariantCulture), undo
                ? "undo"
                : "policy");

    /// <summary>What the process does.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        Site site = InventoryLoader.Load(args[1]);
        await using SiteSession session = new(site);
        DoomedProcess.Death death = new(args);
        FirewallChangeOptions options = new()
        {
            RollbackAfter = TimeSpan.FromSeconds(double.Parse(args[4], CultureInfo.InvariantCulture)),
            AcceptLockout = true,
            Undo = args[5] == "undo",
        };
        FirewallChange change = await FirewallChange.PrepareAsync(
            session, [.. args[3].Split(',').Select(name => site.Find(name)!)], options, TimeProvider.System, CancellationToken.None);
        death.Report(Beginning);
        FirewallChangeResult result = await change.RunAsync(new OperationStore(site.Name, args[2]), death, CancellationToken.None);
        await Console.Error.WriteLineAsync($"{result.Outcome} {result.Error}\n{string.Join('\n', result.Steps)}");
        return 0;
    }
}
