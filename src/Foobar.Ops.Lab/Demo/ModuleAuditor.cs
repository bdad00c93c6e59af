using System.Text.Json;
using Foobar.Ops.Lab.Host;

namespace Foobar.Ops.Lab.Demo;

/// <summary>Audits with the real module in a real PowerShell.</summary>
/// <param name="manifest">The path of the staged module's manifest.</param>
internal sealed class ModuleAuditor(string manifest) : IAuditor
{
    private const string ManifestName = "Foobar.Ops.psd1";

    // The paths come by the environment: nothing has to be quoted into the script.
    private const string Script = """
        $ErrorActionPreference = 'Stop'
        Import-Module $env:FOOBAR_DEMO_MODULE
        Invoke-FoobarAudit | Select-Object ControlId, Title, Status, Server, Target, Expected, Actual | ConvertTo-Json -AsArray -EnumsAsStrings -Compress
        """;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <inheritdoc/>
    public string Name => $"the module in PowerShell ({manifest})";

    /// <inheritdoc/>
    public string Module => manifest;

    /// <summary>The auditor, if this machine has a pwsh and the program runs from a clone whose module can be staged.</summary>
    public static async Task<ModuleAuditor?> FindAsync(IProgress<string> progress, CancellationToken cancel)
    {
        bool hasPowerShell = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':').Any(directory => File.Exists(Path.Combine(directory, "pwsh")));
        if (!hasPowerShell || FindClone() is not string clone)
        {
            return null;
        }

        if (FindStaged(clone) is null)
        {
            progress.Report("Building the module");
            await Tool.RunAsync("dotnet", ["build", Path.Combine(clone, "src", "Foobar.Ops.PowerShell"), "-v", "q"], limit: TimeSpan.FromMinutes(5), cancel: cancel);
        }

        return FindStaged(clone) is string staged ? new ModuleAuditor(staged) : null;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AuditLine>> AuditAsync(string inventory, CancellationToken cancel)
    {
        string json = await Tool.RunAsync(
            "env", [$"FOOBAR_DEMO_MODULE={manifest}", $"FOOBAR_INVENTORY={inventory}", "NO_COLOR=1", "pwsh", "-NoProfile", "-NonInteractive", "-Command", Script], limit: Limit, cancel: cancel);
        try
        {
            return JsonSerializer.Deserialize<AuditLine[]>(json)!;
        }
        catch (JsonException unexpected)
        {
            throw LabException.Failed($"Invoke-FoobarAudit did not give findings: {json.Trim()}", cause: unexpected);
        }
    }

    private static string? FindClone()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, ManifestName)) && Directory.Exists(Path.Combine(directory.FullName, "src")))
            {
                return directory.FullName;
            }
        }

        return null;
    }

    private static string? FindStaged(string clone)
    {
        string output = Path.Combine(clone, "output", "Foobar.Ops");
        return Directory.Exists(output)
            ? Directory.GetDirectories(output).Select(version => Path.Combine(version, ManifestName)).Where(File.Exists).MaxBy(File.GetLastWriteTimeUtc)
            : null;
    }
}
