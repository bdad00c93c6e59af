using System.Diagnostics;
using Foobar.Ops.Lab.Certificates;
using Foobar.Ops.Lab.Faults;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Networks;
using Foobar.Ops.Lab.Raising;
using Foobar.Ops.Lab.Servers;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab;

/// <summary>A lab that stands: what the commands, the faults and the tests do with it.</summary>
internal sealed class RaisedLab
{
    private RaisedLab(LabPlan plan) => Plan = plan;

    /// <summary>What the lab is: its servers, addresses and files.</summary>
    public LabPlan Plan { get; }

    /// <summary>The path of its inventory.</summary>
    public string Inventory => Plan.Files.Inventory;

    /// <summary>The path of its OpenSSH client configuration.</summary>
    public string SshConfig => Plan.Files.SshConfig;

    /// <summary>Its certificate authority.</summary>
    public LabAuthority Authority => LabAuthority.Open(Plan.Files.Authority);

    /// <summary>Raises a lab, or repairs it, and waits until all of it works.</summary>
    /// <exception cref="LabException">The machine can't run it, or it did not come up.</exception>
    public static async Task<RaisedLab> UpAsync(LabOptions options, IProgress<string> progress, CancellationToken cancel) =>
        new(await new LabRaiser(progress).RaiseAsync(options, cancel));

    /// <summary>The lab of a name.</summary>
    /// <exception cref="LabException">There is none.</exception>
    public static RaisedLab Open(string name) => new(LabRecord.Find(LabOptions.CheckedName(name))?.ToPlan()
        ?? throw LabException.NotFound($"There is no lab '{name}'.", $"Raise it first: up --name {name}"));

    /// <summary>Removes it.</summary>
    public Task DownAsync(CancellationToken cancel) => LabRemover.RemoveAsync(Plan.Options.Name, cancel);

    /// <summary>Waits until all of it works (again).</summary>
    /// <exception cref="LabException">It does not within 90 s.</exception>
    public Task ReadyAsync(CancellationToken cancel) => new Readiness(Plan).WaitAsync(cancel);

    /// <summary>Runs a shell command as root on a server, past its network and sshd.</summary>
    /// <exception cref="LabException">The server does not run, or the time ran out.</exception>
    public Task<ToolResult> ExecAsync(
        string server, string command, string? input = null, TimeSpan? limit = null, CancellationToken cancel = default) =>
        Container(server).ExecuteAsync(command, input, limit, cancel);

    /// <summary>Runs a shell command as root on a server and returns its output.</summary>
    /// <exception cref="LabException">Its exit code is not zero, the server does not run, or the time ran out.</exception>
    public async Task<string> RunAsync(
        string server, string command, string? input = null, TimeSpan? limit = null, CancellationToken cancel = default)
    {
        ToolResult result = await ExecAsync(server, command, input, limit, cancel);
        return result.Succeeded
            ? result.Output
            : throw LabException.Failed($"{server}: '{command}': exit code {result.ExitCode}: {result.Error.Trim()}");
    }

    /// <summary>Runs a shell command from outside: a visitor's machine beyond fw-01, where www.foobar.com has its public address.</summary>
    public Task<ToolResult> ExecOutsideAsync(string command, TimeSpan? limit = null, CancellationToken cancel = default) =>
        Tool.TryAsync("ip", ["netns", "exec", NetworkNames.Outside(Plan.Options.Name), "sh", "-c", command], limit: limit, cancel: cancel);

    /// <summary>
    /// The program and arguments that run a shell command on a server, or <c>outside</c>, for a process of the caller's own.
    /// </summary>
    public ProcessStartInfo Prepare(string server, string command) => server == "outside"
        ? new ProcessStartInfo("ip", ["netns", "exec", NetworkNames.Outside(Plan.Options.Name), "sh", "-c", command])
        : new ProcessStartInfo("nsenter", Container(server).Enter(command));

    /// <summary>Makes a fault of the catalogue.</summary>
    /// <exception cref="LabException">There is none of that name, or it can't be made on this lab.</exception>
    public Task BreakAsync(string fault, CancellationToken cancel = default) =>
        new FaultKeeper(this).BreakAsync(FaultCatalog.Find(fault), cancel);

    /// <summary>Undoes a fault, and waits until all of the lab works again if it was the last.</summary>
    /// <exception cref="LabException">There is none of that name, or the lab does not come back.</exception>
    public Task HealAsync(string fault, CancellationToken cancel = default) =>
        new FaultKeeper(this).HealAsync(FaultCatalog.Find(fault), cancel);

    /// <summary>Undoes all faults in force.</summary>
    public Task HealAllAsync(CancellationToken cancel = default) => new FaultKeeper(this).HealAllAsync(cancel);

    /// <summary>Pulls a server's network cables.</summary>
    public Task CutAsync(string server, CancellationToken cancel = default) =>
        LabNetwork.SetCablesAsync(Plan.Options.Name, Plan.Find(server), plugged: false, cancel);

    /// <summary>Plugs a server's network cables in again.</summary>
    public Task ReconnectAsync(string server, CancellationToken cancel = default) =>
        LabNetwork.SetCablesAsync(Plan.Options.Name, Plan.Find(server), plugged: true, cancel);

    /// <summary>Cuts a server's power: nothing more leaves it, then all its processes are gone at once.</summary>
    public async Task PowerOffAsync(string server, CancellationToken cancel = default)
    {
        await CutAsync(server, cancel);
        await Container(server).KillAsync(cancel);
    }

    /// <summary>Boots a server that has no power; its disk is as the cut left it.</summary>
    public Task PowerOnAsync(string server, CancellationToken cancel = default) => Container(server).BootAsync(cancel);

    private Container Container(string server) => new(Plan.Options.Name, Plan.Find(server));
}
