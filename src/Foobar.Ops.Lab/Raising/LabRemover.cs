using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Networks;
using Foobar.Ops.Lab.Servers;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Raising;

/// <summary>
/// Removes a lab and leaves nothing of it: no process, mount, namespace, interface, route, control group or file. The base images stay.
/// </summary>
internal static class LabRemover
{
    /// <summary>Removes the lab of a name; <see langword="false"/> if there is none.</summary>
    public static async Task<bool> RemoveAsync(string name, CancellationToken cancel)
    {
        LabFiles files = LabFiles.Of(name);
        using LabLock one = LabLock.Take($"lab.{name}", $"The lab '{name}' can't be removed");
        if (!Directory.Exists(files.Directory))
        {
            return false;
        }

        if (LabRecord.Find(name) is LabRecord record)
        {
            LabPlan plan = record.ToPlan();
            await Task.WhenAll([
                new OutsideHost(plan).KillAsync(cancel), .. plan.Servers.Select(server => RemoveServerAsync(plan, server, cancel)),
            ]);
            await LabNetwork.RemoveAsync(name, record.Slot, plan.Servers.Select(server => server.Name), cancel);
            ControlGroups.Remove(name);
        }

        MountTable.DeleteTree(files.Directory);
        await RestoreMachineAsync(cancel);
        return true;
    }

    /// <summary>
    /// After the last lab, wherever its files are: a lab that is being raised has its record, one that runs its control group.
    /// </summary>
    private static async Task RestoreMachineAsync(CancellationToken cancel)
    {
        using LabLock slots = await LabLock.WaitAsync("slots", _ => { }, cancel);
        if (LabRecord.All().Count == 0 && !ControlGroups.AnyLab)
        {
            KernelLimits.Restore();
        }
    }

    private static async Task RemoveServerAsync(LabPlan plan, LabServer server, CancellationToken cancel)
    {
        await new Container(plan.Options.Name, server).KillAsync(cancel);
        await ServerDisk.UnmountAsync(plan.Files.Server(server.Name), cancel);
    }
}
