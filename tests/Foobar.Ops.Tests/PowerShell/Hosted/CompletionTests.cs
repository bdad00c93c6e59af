using Foobar.Ops.Tests.Remoting;

namespace Foobar.Ops.Tests.PowerShell.Hosted;

/// <summary>What the tabulator key proposes, through PowerShell's own completion.</summary>
[Collection(nameof(InventoryEnvironment))]
public sealed class CompletionTests : IDisposable
{
    private readonly Shell _shell = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("foobar-complete-").FullName;

    public CompletionTests() => _shell.Set("site", new FakeSiteSession(TestSite.Small)).Set("folder", _folder).Run("Set-Location $folder");

    public void Dispose()
    {
        _shell.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("Get-FoobarMetric -Session $site -Server w", "web-01", "web-02")]
    [InlineData("Get-FoobarMetric -Session $site -Server web-0[2-9]", "web-02")]
    [InlineData("Get-FoobarMetric -Session $site -Server *-01", "lb-01", "web-01")]
    [InlineData("Get-FoobarMetric -Session $site -Server x")]
    [InlineData("Get-FoobarMetric -Session $site -Server web-0[")]
    public void Names_of_servers_are_those_of_the_session(string line, params string[] words) =>
        Assert.Equal(words, _shell.Complete(line).Where(word => !word.StartsWith('.')));

    [Theory]
    [InlineData("Invoke-FoobarAudit -Control TLS-00", "TLS-001")]
    [InlineData("Get-FoobarControl DB-", "DB-001")]
    [InlineData("Test-FoobarFirewall -Control FW-00[3-3]", "FW-003")]
    [InlineData("Invoke-FoobarAudit -FailOn Unk", "Unknown")]
    [InlineData("Invoke-FoobarAudit -Area Fire", "Firewall")]
    [InlineData("Measure-FoobarWrite -Data", "-DatabaseCredential")]
    public void Words_that_the_module_knows_are_proposed(string line, string word) => Assert.Contains(word, _shell.Complete(line));

    [Fact]
    public void No_inventory_is_no_proposal_and_no_error() =>
        Assert.DoesNotContain("web-01", _shell.Complete("Get-FoobarMetric -Inventory none.json -Server "));
}
