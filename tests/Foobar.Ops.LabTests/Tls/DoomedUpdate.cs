using Foobar.Ops.Inventory;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.CertificateChange;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Tls;

/// <summary>
/// A certificate change in a process of its own that gets SIGKILL at a chosen moment: no handler runs, nothing is flushed.
/// </summary>
internal static class DoomedUpdate
{
    /// <summary>The first argument of such a process.</summary>
    public const string Word = "doomed-certificate-change";

    /// <summary>The step that stands for the change's beginning.</summary>
    public const string Beginning = "begin";

    /// <summary>Starts one, and waits until it is dead.</summary>
    public static Task KillAsync(string inventory, string state, string path, string step, TimeSpan delay) =>
        DoomedProcess.KillAsync(step, delay, Word, inventory, state, path);

    /// <summary>What the process does.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        Site site = InventoryLoader.Load(args[1]);
        await using SiteSession session = new(site);
        DoomedProcess.Death death = new(args);
        using CertificateChange change = await CertificateChange.PrepareAsync(
            session, UpdateBed.Named(site, null), args[3], null, null, null, new(), TimeProvider.System, CancellationToken.None);
        death.Report(Beginning);
        CertificateChangeResult result = await change.RunAsync(new OperationStore(site.Name, args[2]), death, CancellationToken.None);
        await Console.Error.WriteLineAsync($"{result.Outcome} {result.Error}\n{string.Join('\n', result.Steps)}");
        return 0;
    }
}
