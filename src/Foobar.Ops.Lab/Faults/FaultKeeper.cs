using System.Diagnostics;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Faults;

/// <summary>
/// Breaks and heals, and remembers what is broken: a file for each fault in force, written before the fault is made, so that a killed break
/// can be healed too.
/// </summary>
internal sealed class FaultKeeper(RaisedLab lab)
{
    private static readonly TimeSpan ShowLimit = TimeSpan.FromSeconds(20);

    private readonly string _directory = lab.Plan.Files.Faults;

    /// <summary>The faults in force, the latest first.</summary>
    public IReadOnlyList<Fault> InForce => Directory.Exists(_directory)
        ? [
            .. Directory.GetFiles(_directory)
                .OrderByDescending(File.GetCreationTimeUtc)
                .Select(file => FaultCatalog.Find(Path.GetFileName(file))),
        ]
        : [];

    /// <summary>Makes a fault; nothing happens if it is in force already.</summary>
    /// <exception cref="LabException">It can't be made on this lab, or stands in the way of one in force.</exception>
    public async Task BreakAsync(Fault fault, CancellationToken cancel)
    {
        if (!fault.AppliesTo(lab.Plan.Options))
        {
            throw LabException.Refused($"'{fault.Name}' can't be made on this kind of lab.", "'break --list' shows what can.");
        }

        IReadOnlyList<Fault> others = InForce;
        if (others.Contains(fault))
        {
            return;
        }

        if (others.FirstOrDefault(other => other.Changes(lab.Plan).Intersect(fault.Changes(lab.Plan)).Any()) is Fault other)
        {
            throw LabException.Refused(
                $"'{fault.Name}' changes what '{other.Name}' changed: {string.Join(", ", fault.Changes(lab.Plan))}.",
                $"Run 'heal {other.Name}' first.");
        }

        Directory.CreateDirectory(_directory);
        await File.WriteAllTextAsync(Path.Combine(_directory, fault.Name), string.Empty, cancel);
        await fault.BreakAsync(lab, cancel);
        await ShowAsync(fault, cancel);
    }

    private async Task ShowAsync(Fault fault, CancellationToken cancel)
    {
        if (fault is not { ShowsOn: string server, ShowsWhen: string command })
        {
            return;
        }

        Stopwatch time = Stopwatch.StartNew();
        while (!(await lab.ExecAsync(server, command, cancel: cancel)).Succeeded)
        {
            if (time.Elapsed > ShowLimit)
            {
                throw LabException.Failed(
                    $"'{fault.Name}' is made, but does not show on {server} after {ShowLimit.TotalSeconds:0} s: {command}");
            }

            await Task.Delay(100, cancel);
        }
    }

    /// <summary>Undoes a fault; if it was the last one, waits until all of the lab works again.</summary>
    /// <exception cref="LabException">The undo failed, or the lab does not come back.</exception>
    public async Task HealAsync(Fault fault, CancellationToken cancel)
    {
        await fault.HealAsync(lab, cancel);
        File.Delete(Path.Combine(_directory, fault.Name));
        if (InForce.Count == 0)
        {
            await lab.ReadyAsync(cancel);
        }
    }

    /// <summary>Undoes all faults, the latest first.</summary>
    public async Task HealAllAsync(CancellationToken cancel)
    {
        foreach (Fault fault in InForce)
        {
            await HealAsync(fault, cancel);
        }
    }
}
