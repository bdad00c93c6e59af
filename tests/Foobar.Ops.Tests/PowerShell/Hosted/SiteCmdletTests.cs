using System.Management.Automation;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.PowerShell.Hosted;

/// <summary>Which site a cmdlet works on, and whose sessions are whose.</summary>
[Collection(nameof(InventoryEnvironment))]
public sealed class SiteCmdletTests : IDisposable
{
    private readonly Shell _shell = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("foobar-site-").FullName;
    private readonly string? _before = Environment.GetEnvironmentVariable(InventoryLoader.EnvironmentVariable);

    public SiteCmdletTests()
    {
        Environment.SetEnvironmentVariable(InventoryLoader.EnvironmentVariable, null);
        foreach (string name in (string[])["foobar", "one", "two"])
        {
            File.WriteAllText(
                Path.Combine(_folder, name + ".json"),
                $$"""{ "site": "{{name}}", "servers": { "web-01": { "roles": ["web"], "ssh": "web-01", "addresses": ["192.0.2.11"] } }, "policy": {} }""");
        }

        _shell.Set("folder", _folder).Run("Set-Location $folder");
    }

    public void Dispose()
    {
        _shell.Dispose();
        Environment.SetEnvironmentVariable(InventoryLoader.EnvironmentVariable, _before);
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("Get-Place", "foobar.json")]
    [InlineData("Get-Place -Inventory one.json", "one.json")]
    [InlineData("Get-Place -Inventory ./one.json", "one.json")]
    [InlineData("Get-Place -Inventory (Get-Item two.json)", "two.json")]
    [InlineData("Get-Place -Inventory (Resolve-Path two.json)", "two.json")]
    [InlineData("Push-Location /; Get-Place -Inventory (Join-Path $folder two.json)", "two.json")]
    [InlineData("$env:FOOBAR_INVENTORY = Join-Path $folder one.json; Get-Place", "one.json")]
    [InlineData("$env:FOOBAR_INVENTORY = Join-Path $folder one.json; Get-Place -Inventory two.json", "two.json")]
    public void The_inventory_is_found_from_PowerShell_s_own_folder(string script, string file) =>
        Assert.Equal(Path.Combine(_folder, file), _shell.Run(script).Output[0]);

    [Theory]
    [InlineData("Get-Declared -Inventory none.json", "InventoryNotFound")]
    [InlineData("Get-Place -Inventory ''", "InventoryNotFound")]
    [InlineData("Get-Place -Inventory $null", "InventoryNotFound")]
    [InlineData("Get-Declared -Session $null", "SessionRequired")]
    [InlineData("Get-Declared -Session $null -Open", "SessionRequired")]
    public void What_was_named_and_is_not_there_is_an_error_never_another_site(string script, string id)
    {
        ShellRun run = _shell.Run("$null = Get-Declared -Open; " + script);

        Assert.Empty(run.Output);
        Assert.StartsWith(id + ",", Assert.Single(run.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void A_login_may_be_given_by_its_name_and_is_asked_for()
    {
        _shell.Host.Answer("s3cret");

        Assert.Equal("monitoring", _shell.Run("Get-Place -DatabaseCredential monitoring").Output[1]);
        Assert.Contains("monitoring", Assert.Single(_shell.Host.Questions), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(@"CORP\anna")]
    [InlineData("anna@corp")]
    [InlineData("anna@corp.example")]
    public void The_user_of_a_login_is_taken_whole(string user) => Assert.Equal(
        [user, user],
        _shell.Set("user", user).Run("""
            $login = [pscredential]::new($user, (ConvertTo-SecureString x -AsPlainText -Force))
            Get-Place -DatabaseCredential $login -SshCredential $login
            """).Output.Skip(1));

    [Fact]
    public void A_session_is_kept_for_the_next_cmdlet_of_the_same_site_and_login()
    {
        ShellRun run = _shell.Run("""
            $login = [pscredential]::new('app', (ConvertTo-SecureString x -AsPlainText -Force))
            Get-Declared -Open; Get-Declared -Open -Inventory ./foobar.json
            Get-Declared -Open -Inventory one.json
            Get-Declared -Open -DatabaseCredential $login; Get-Declared -Open -DatabaseCredential $login
            """);

        Assert.Same(run.Output[0], run.Output[1]);
        Assert.NotSame(run.Output[0], run.Output[2]);
        Assert.NotSame(run.Output[0], run.Output[3]);
        Assert.Same(run.Output[3], run.Output[4]);
    }

    [Fact]
    public void The_session_given_goes_before_the_inventory()
    {
        using Remembered fake = new("given");

        Assert.Equal("given", ((Site)_shell.Set("site", fake).Run("Get-Declared -Session $site -Inventory one.json").Output[0]!).Name);
        Assert.Same(fake, _shell.Run("Get-Declared -Session $site -Open").Output[0]);
    }

    [Fact]
    public void A_session_that_was_closed_is_an_error_with_an_id_that_says_what_to_do()
    {
        ShellRun run = _shell.Run("$site = Get-Declared -Open; Disconnect-FoobarSite $site; Get-Declared -Session $site -Open");

        ErrorRecord error = Assert.Single(run.Errors);
        Assert.StartsWith("SessionClosed,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(ErrorCategory.InvalidOperation, error.CategoryInfo.Category);
        Assert.Contains("Connect-FoobarSite", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_closed_session_is_no_longer_the_one_that_cmdlets_share()
    {
        ShellRun run = _shell.Run("$a = Get-Declared -Open; Disconnect-FoobarSite -All; $b = Get-Declared -Open; $a.IsClosed; $b.IsClosed");

        Assert.Equal([true, false], run.Output);
    }

    [Fact]
    public void Each_runspace_has_sessions_of_its_own_which_end_with_it()
    {
        using Shell other = new();
        other.Set("folder", _folder).Run("Set-Location $folder");

        ISiteSession here = (ISiteSession)_shell.Run("Get-Declared -Open").Output[0]!;
        ISiteSession there = (ISiteSession)other.Run("Get-Declared -Open").Output[0]!;
        Assert.NotSame(here, there);

        other.Dispose();

        Assert.True(there.IsClosed);
        Assert.False(here.IsClosed);
    }

    [Fact]
    public void Removing_the_module_closes_the_sessions_of_its_runspace_only()
    {
        using Shell other = new();
        other.Set("folder", _folder).Run("Set-Location $folder");
        ISiteSession here = (ISiteSession)_shell.Run("Get-Declared -Open").Output[0]!;
        ISiteSession there = (ISiteSession)other.Run("Get-Declared -Open").Output[0]!;

        other.Set("close", new Action(RunspaceSessions.CloseHere)).Run("$close.Invoke()");

        Assert.True(there.IsClosed);
        Assert.False(here.IsClosed);
    }

    /// <summary>A session that only has a name.</summary>
    private sealed class Remembered(string name) : ISiteSession, IDisposable
    {
        public Site Site { get; } = TestSite.Small with { Name = name };

        public bool IsClosed => false;

        public Task<IServerSession> GetServerAsync(string server, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task<IDatabaseSession> OpenDatabaseAsync(string server, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ISiteSession Fresh() => this;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        public void Dispose()
        {
        }
    }
}

/// <summary>Tests that set the environment's inventory run alone.</summary>
[CollectionDefinition(nameof(InventoryEnvironment), DisableParallelization = true)]
public sealed class InventoryEnvironment;
