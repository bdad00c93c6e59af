using Foobar.Ops.Lab.Commands;
using Foobar.Ops.Lab.Faults;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Demo;

/// <summary>Raises a lab, audits it, breaks one thing, audits again, shows the difference, heals it.</summary>
internal static class Demonstration
{
    private const string Broken = "fw-ssh-open";

    /// <summary>
    /// Runs it all; the exit code is 0 if the audits found what they had to: nothing, then the fault, then nothing again.
    /// </summary>
    public static async Task<int> RunAsync(LabOptions options, CancellationToken cancel)
    {
        ConsoleProgress progress = new();
        PowerShellHost shell = await PowerShellHost.FindAsync(cancel);
        RaisedLab lab = await RaisedLab.UpAsync(options, progress, cancel);
        await lab.HealAllAsync(cancel);
        using ModuleAuditor auditor = new(shell, Checkout.Module, lab.Inventory);
        progress.Report($"Auditing it with the module, in PowerShell {shell.Version} ({shell.Program})");
        IReadOnlyList<AuditLine> before = await auditor.AuditAsync("before", earlier: null, cancel);

        Fault fault = FaultCatalog.Find(Broken);
        progress.Report($"Breaking one thing: {fault.Description}");
        await lab.BreakAsync(Broken, cancel);
        IReadOnlyList<AuditLine> after;
        try
        {
            after = await auditor.AuditAsync("after", "before", cancel);
        }
        finally
        {
            progress.Report("Healing it");
            await lab.HealAsync(Broken, CancellationToken.None);
        }

        IReadOnlyList<AuditLine> healed = await auditor.AuditAsync("healed", "after", cancel);
        PrintNext(lab, shell);
        return before.Any(line => line.IsTrouble) || healed.Any(line => line.IsTrouble)
            ? throw LabException.Failed("The audit found something wrong with the lab while nothing was broken on purpose; see above.")
            : after.Any(line => line.ControlId == fault.Control && line.Status == "Fail")
                ? 0
                : throw LabException.Failed($"The audit did not find the fault '{Broken}', which {fault.Control} must see.");
    }

    private static void PrintNext(RaisedLab lab, PowerShellHost shell)
    {
        string name = lab.Plan.Options.Name;
        Console.WriteLine("The lab stands. How to go on:");
        Console.WriteLine($"  look at it      dotnet run --project src/Foobar.Ops.Lab -- status --name {name}");
        Console.WriteLine($"  break it        dotnet run --project src/Foobar.Ops.Lab -- break --name {name} --list");
        Console.WriteLine($"  log in          ssh -F {lab.SshConfig} web-01");
        Console.WriteLine($"  in PowerShell   {shell.Program}");
        Console.WriteLine(
            $"                  Import-Module {ModuleAuditor.Quote(Checkout.Module)}; Connect-FoobarSite -Inventory {lab.Inventory}; "
                + "Invoke-FoobarAudit");
        Console.WriteLine($"  remove it       dotnet run --project src/Foobar.Ops.Lab -- down --name {name}");
    }
}
