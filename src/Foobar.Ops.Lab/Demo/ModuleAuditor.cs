using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Foobar.Ops.Lab.Host;

namespace Foobar.Ops.Lab.Demo;

/// <summary>Audits a lab with the staged module in a real PowerShell, and shows what a user types and sees.</summary>
/// <param name="shell">The PowerShell.</param>
/// <param name="manifest">The path of the staged module's manifest.</param>
/// <param name="inventory">The lab's inventory.</param>
internal sealed class ModuleAuditor(PowerShellHost shell, string manifest, string inventory) : IDisposable
{
    // The commands come as arguments, and the path by the environment: nothing is quoted into the script.
    private const string Script = """
        $ErrorActionPreference = 'Stop'
        foreach ($command in $args) {
            "PS> $command"
            Invoke-Expression $command | Out-String -Width $env:FOOBAR_DEMO_WIDTH
        }

        $findings | Select-Object ControlId, Status | ConvertTo-Json -AsArray -EnumsAsStrings -Compress | Set-Content -LiteralPath $env:FOOBAR_DEMO_FINDINGS
        """;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly string _folder = Directory.CreateTempSubdirectory("foobar-demo-").FullName;

    /// <summary>Audits the site with every control, keeps a snapshot, and shows how it differs from an earlier one.</summary>
    /// <param name="name">The name of the snapshot.</param>
    /// <param name="earlier">The name of an earlier snapshot to compare it with.</param>
    /// <param name="cancel">Ends the PowerShell and what it started.</param>
    /// <exception cref="LabException">The audit could not be made.</exception>
    public async Task<IReadOnlyList<AuditLine>> AuditAsync(string name, string? earlier, CancellationToken cancel)
    {
        string script = Path.Combine(_folder, "demo.ps1");
        string findings = Path.Combine(_folder, "findings.json");
        await File.WriteAllTextAsync(script, Script, cancel);
        ProcessStartInfo start = shell.Prepare(["-File", script, .. Commands(name, earlier)]);
        start.Environment["FOOBAR_DEMO_FINDINGS"] = findings;
        start.Environment["FOOBAR_DEMO_WIDTH"] = (Console.IsOutputRedirected ? 120 : Math.Max(80, Console.WindowWidth))
            .ToString(CultureInfo.InvariantCulture);
        ToolResult said = await Tool.TryAsync(start, limit: Limit, cancel: cancel);
        Console.WriteLine(said.Output.TrimEnd());
        Console.WriteLine();
        return said.Succeeded
            ? JsonSerializer.Deserialize<AuditLine[]>(await File.ReadAllTextAsync(findings, cancel))!
            : throw LabException.Failed($"The module failed in {shell.Program}: {said.Error.Trim()}");
    }

    /// <summary>Removes the snapshots.</summary>
    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>A text as a PowerShell literal.</summary>
    public static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private IEnumerable<string> Commands(string name, string? earlier) =>
    [
        $"Import-Module {Quote(manifest)}",
        $"Connect-FoobarSite -Inventory {Quote(inventory)}",
        "$findings = Invoke-FoobarAudit",
        "$findings | Group-Object Status -NoElement",
        "$findings | Where-Object Status -in Fail, Unknown",
        $"Export-FoobarSnapshot -Path {Quote(Snapshot(name))} | Out-Null",
        .. earlier is null ? (string[])[] : [$"Compare-FoobarSnapshot {Quote(Snapshot(earlier))} {Quote(Snapshot(name))} -Kind Finding"],
    ];

    private string Snapshot(string name) => Path.Combine(_folder, name + ".json");
}
