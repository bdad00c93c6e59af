using System.Diagnostics;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.LabTests.Lab;

namespace Foobar.Ops.LabTests.PowerShell;

/// <summary>
/// Runs the module's Pester tests on a real PowerShell, the machine's own or the local tool: the offline ones anywhere,
/// those tagged Lab on a lab. Their own counts go to TestResults/pester.*.json.
/// </summary>
[Collection(LabCollection.Name)]
public sealed class PesterTests(LabFixture labs)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    [Fact]
    public Task The_staged_module_passes_its_offline_Pester_tests() => RunAsync("offline", inventory: null, "-ExcludeTag", "Lab");

    [Fact]
    public async Task The_staged_module_passes_its_Pester_tests_on_the_lab()
    {
        RaisedLab lab = await labs.RequireAsync();

        await RunAsync("lab", lab.Inventory, "-Tag", "Lab");
    }

    private static async Task RunAsync(string name, string? inventory, params string[] filter)
    {
        PowerShellHost shell = await PowerShellHost.FindAsync(TestContext.Current.CancellationToken);
        ProcessStartInfo start = shell.Prepare(
            ["-File", Path.Combine(Repository.Root, "tests", "Pester", "Invoke-Tests.ps1"), "-ResultPath", Path.Combine(Repository.Root, "TestResults", $"pester.{name}.json"), .. filter]);
        start.Environment["FOOBAR_INVENTORY"] = inventory;

        ToolResult said = await Tool.TryAsync(start, limit: Limit, cancel: TestContext.Current.CancellationToken);

        Assert.True(said.Succeeded, said.Output + said.Error);
    }
}
