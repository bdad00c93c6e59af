using System.Diagnostics;
using Foobar.Ops.Lab.Commands;
using Foobar.Ops.Lab.Faults;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Setup;
using Spectre.Console;

namespace Foobar.Ops.Lab.Demo;

/// <summary>Raises a lab, audits it, breaks one thing, audits again, shows the difference, heals it.</summary>
internal static class Demonstration
{
    private const string Broken = "fw-ssh-open";

    private const int LongestCell = 120;

    /// <summary>Runs it all; the exit code is 0 if the audits found what they had to: nothing, then the fault, then nothing again.</summary>
    public static async Task<int> RunAsync(LabOptions options, CancellationToken cancel)
    {
        ConsoleProgress progress = new();
        RaisedLab lab = await RaisedLab.UpAsync(options, progress, cancel);
        await lab.HealAllAsync(cancel);
        IAuditor auditor = await ModuleAuditor.FindAsync(progress, cancel) is ModuleAuditor module ? module : new LibraryAuditor();
        progress.Report($"Auditing with {auditor.Name}");
        IReadOnlyList<AuditLine> before = await AuditAsync(auditor, lab, cancel);

        Fault fault = FaultCatalog.Find(Broken);
        progress.Report($"Breaking one thing: {fault.Description}");
        await lab.BreakAsync(Broken, cancel);
        IReadOnlyList<AuditLine> after;
        try
        {
            after = await AuditAsync(auditor, lab, cancel);
            ShowDifference(before, after);
        }
        finally
        {
            progress.Report("Healing it");
            await lab.HealAsync(Broken, CancellationToken.None);
        }

        IReadOnlyList<AuditLine> healed = await AuditAsync(auditor, lab, cancel);
        PrintNext(lab, auditor);
        return before.Any(line => line.IsTrouble) || healed.Any(line => line.IsTrouble)
            ? throw LabException.Failed("The audit found something wrong with the lab while nothing was broken on purpose; see above.")
            : after.Any(line => line.ControlId == fault.Control && line.Status == "Fail")
                ? 0
                : throw LabException.Failed($"The audit did not find the fault '{Broken}', which {fault.Control} must see.");
    }

    private static async Task<IReadOnlyList<AuditLine>> AuditAsync(IAuditor auditor, RaisedLab lab, CancellationToken cancel)
    {
        Stopwatch time = Stopwatch.StartNew();
        IReadOnlyList<AuditLine> lines = await auditor.AuditAsync(lab.Inventory, cancel);
        string counts = string.Join(", ", lines.CountBy(line => line.Status).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Value} {pair.Key}"));
        AnsiConsole.MarkupLineInterpolated($"         {lines.Count} findings in {time.Elapsed.TotalSeconds:0.0} s: [bold]{counts}[/]");
        foreach (AuditLine line in lines.Where(line => line.IsTrouble))
        {
            AnsiConsole.MarkupLineInterpolated($"         [red]{line.Status} {line.ControlId}[/] {line.Server} {line.Target}: {line.Title}");
        }

        return lines;
    }

    private static void ShowDifference(IReadOnlyList<AuditLine> before, IReadOnlyList<AuditLine> after)
    {
        Table table = new Table().Title("What the audit says now that it did not say before").AddColumns("Control", "Was", "Is", "Server", "Rule", "Expected", "Actual");
        foreach (AuditLine line in after.Where(line => line.Status is not ("Pass" or "NotApplicable") && !before.Contains(line)))
        {
            string was = string.Join(", ", before.Where(one => one.ControlId == line.ControlId && one.Server == line.Server).Select(one => one.Status).Distinct());
            string[] cells = [line.ControlId, was, line.Status, line.Server ?? string.Empty, line.Title, line.Expected ?? string.Empty, line.Actual ?? string.Empty];
            table.AddRow([.. cells.Select(cell => Markup.Escape(cell.Length <= LongestCell ? cell : cell[..LongestCell] + "…"))]);
        }

        AnsiConsole.Write(table);
    }

    private static void PrintNext(RaisedLab lab, IAuditor auditor)
    {
        string name = lab.Plan.Options.Name;
        AnsiConsole.WriteLine();
        Console.WriteLine("The lab stands. How to go on:");
        Console.WriteLine($"  look at it      dotnet run --project src/Foobar.Ops.Lab -- status --name {name}");
        Console.WriteLine($"  break it        dotnet run --project src/Foobar.Ops.Lab -- break --name {name} --list");
        Console.WriteLine($"  log in          ssh -F {lab.SshConfig} web-01");
        Console.WriteLine($"  in PowerShell   Import-Module {auditor.Module}; Connect-FoobarSite -Inventory {lab.Inventory}; Invoke-FoobarAudit");
        Console.WriteLine($"  remove it       dotnet run --project src/Foobar.Ops.Lab -- down --name {name}");
    }
}
