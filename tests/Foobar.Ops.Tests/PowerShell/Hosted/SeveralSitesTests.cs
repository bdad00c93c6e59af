using System.Globalization;

namespace Foobar.Ops.Tests.PowerShell.Hosted;

/// <summary>Inventories through the pipeline: one audit of several sites. No server is reached, so that each finding is Unknown.</summary>
public sealed class SeveralSitesTests : IDisposable
{
    private readonly Shell _shell = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("foobar-sites-").FullName;

    public SeveralSitesTests()
    {
        Write("a.json", "a.example", "web-01");
        Write("b.json", "b.example", "web-01", "web-02");
        _shell.Set("folder", _folder).Run("Set-Location $folder");
    }

    public void Dispose()
    {
        _shell.Run("Disconnect-FoobarSite -All");
        _shell.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("Get-ChildItem *.json | {0}")]
    [InlineData("Get-ChildItem *.json | Select-Object FullName | {0}")]
    [InlineData("Get-ChildItem *.json | Select-Object PSPath | {0}")]
    public void Findings_of_several_sites_compose(string call)
    {
        ShellRun run = _shell.Run(
            string.Format(CultureInfo.InvariantCulture, call, "Invoke-FoobarAudit -Control SRV-001 -ErrorAction SilentlyContinue")
                + " | ForEach-Object { \"$($_.Site) $($_.Server)\" }");

        Assert.Null(run.Ended);
        Assert.Equal(["a.example web-01", "b.example web-01", "b.example web-02"], run.Output.Order());
    }

    [Fact]
    public void Servers_are_chosen_of_every_site_and_the_gate_holds_for_all()
    {
        ShellRun run = _shell.Run(
            "Get-ChildItem *.json | Invoke-FoobarAudit web-01 -Control SRV-001 -FailOn Fail -ErrorAction Continue | ForEach-Object Site");

        Assert.Equal(["a.example", "b.example"], run.Output);
        Assert.Contains("web-01 of a.example, web-01 of b.example", run.Errors[^1].Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_inventory_that_cannot_be_used_is_one_error_and_no_pass()
    {
        File.WriteAllText(Path.Combine(_folder, "0.json"), "{}");

        ShellRun run = _shell.Run(
            "Get-ChildItem *.json | Invoke-FoobarAudit -Control SRV-001 -ErrorAction Continue -FailOn Fail | ForEach-Object Site");

        Assert.Equal(["a.example", "b.example", "b.example"], run.Output);
        Assert.Equal("InventoryInvalid", run.Errors[0].FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains("0.json", run.Errors[^1].Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_file_in_the_pipeline_means_no_site_not_the_one_of_the_folder()
    {
        Write("foobar.json", "c.example", "web-01");

        Assert.Empty(_shell.Run("Get-ChildItem none*.json | Invoke-FoobarAudit").Output);
    }

    [Fact]
    public void A_session_has_its_own_inventory() => Assert.Equal(
        "InventoryNotUsed",
        _shell.Set("site", new Remoting.FakeSiteSession(TestSite.Small))
            .Run("Get-ChildItem a*.json | Invoke-FoobarAudit -Session $site").Errors[^1].FullyQualifiedErrorId
            .Split(',')[0]);

    [Fact]
    public void The_view_shows_the_sites_apart()
    {
        string text = string.Concat(
            _shell.Run(
                "Get-ChildItem *.json | Invoke-FoobarAudit -Control SRV-001 -ErrorAction SilentlyContinue | Out-String -Width 120").Output);

        Assert.Contains("Site: a.example", text, StringComparison.Ordinal);
        Assert.Contains("Site: b.example", text, StringComparison.Ordinal);
    }

    private void Write(string file, string site, params string[] servers) => File.WriteAllText(
        Path.Combine(_folder, file),
        $$"""
        { "site": "{{site}}",
          "servers": { {{string.Join(", ", servers.Select((server, index) => $$"""
            "{{server}}": { "roles": ["web"], "ssh": { "host": "127.0.0.1", "port": {{9 + index}} }, "addresses": ["192.0.2.1{{index}}"] }
            """))}} },
          "policy": { "flows": [] } }
        """);
}
