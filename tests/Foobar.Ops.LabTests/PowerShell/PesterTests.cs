using System.Diagnostics;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.PowerShell;

/// <summary>The module's Pester tests that need no server, on a real PowerShell: the machine's own or the local tool.</summary>
[RunsFirst]
public sealed class OfflinePesterTests
{
    [Fact]
    public Task The_staged_module_passes_its_offline_Pester_tests() =>
        PesterRun.PassAsync("offline", inventory: null, "-ExcludeTag", "Lab");
}

/// <summary>Those tagged Lab, on a lab.</summary>
[Collection(OtherLabCollection.Name)]
public sealed class LabPesterTests(LabFixture labs)
{
    [Fact]
    public async Task The_staged_module_passes_its_Pester_tests_on_the_lab()
    {
        RaisedLab lab = await labs.RequireAsync();

        await PesterRun.PassAsync("lab", lab.Inventory, "-Tag", "Lab");
    }
}

/// <summary>A run of Pester. Its own counts go to TestResults/pester.*.json.</summary>
internal static class PesterRun
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    public static async Task PassAsync(string name, string? inventory, params string[] filter)
    {
        PowerShellHost shell = await PowerShellHost.FindAsync(TestContext.Current.CancellationToken);
        ProcessStartInfo start = shell.Prepare(
            [
                "-File",
                Path.Combine(Repository.Root, "tests", "Pester", "Invoke-Tests.ps1"),
                "-ResultPath",
                Path.Combine(Repository.Root, "TestResults", $"pester.{name}.json"),
                .. filter,
            ]);
        start.Environment["FOOBAR_INVENTORY"] = inventory;

        // As in the project files of the tests.
        start.Environment["DOTNET_TieredPGO"] = "0";

        ToolResult said = await Tool.TryAsync(start, limit: Limit, cancel: TestContext.Current.CancellationToken);

        Assert.True(said.Succeeded, said.Output + said.Error);
    }
}
