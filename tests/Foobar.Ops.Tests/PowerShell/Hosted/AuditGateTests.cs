using Foobar.Ops.Auditing;
using Foobar.Ops.Tests.Remoting;

namespace Foobar.Ops.Tests.PowerShell.Hosted;

/// <summary>Exit codes of an audit in CI: 0 only if every server was judged and nothing fails.</summary>
public sealed class AuditGateTests : IDisposable
{
    private readonly Shell _shell = new();

    public AuditGateTests() => _shell
        .Set("after", Repository.PathOf("tests", "Pester", "Data", "after.snapshot.json"))
        .Set("before", Repository.PathOf("tests", "Pester", "Data", "before.snapshot.json"))
        .Set("site", new FakeSiteSession(TestSite.Small).Unreachable("lb-01").Unreachable("web-01").Unreachable("web-02"));

    public void Dispose() => _shell.Dispose();

    // after.snapshot.json, TLS-008: lb-01 fails, web-01 passes, web-02 could not be read.
    [Theory]
    [InlineData("-Snapshot $after -Control TLS-008 -FailOn Fail, Unknown", 1, "AuditFailed")]
    [InlineData("-Snapshot $after -Control TLS-008 -FailOn Fail", 1, "AuditFailed")]
    [InlineData("-Snapshot $after -Control TLS-008 -FailOn Unknown", 2, "AuditFailed")]
    [InlineData("-Snapshot $after -Control TLS-008 -FailOn Warning", 3, "AuditIncomplete")]
    [InlineData("-Snapshot $after -Control TLS-008 -FailOn Fail -MinimumSeverity Critical", 3, "AuditIncomplete")]
    [InlineData("-Snapshot $after -Control TLS-008 -Server web-01 -FailOn Fail, Unknown", 0, null)]
    [InlineData("-Snapshot $after -Control TLS-008 -Server web-01, web-77 -FailOn Fail", 3, "AuditIncomplete")]
    [InlineData("-Snapshot $after -Control TLS-008 -Server web-77 -FailOn Fail", 3, "AuditIncomplete")]
    [InlineData("-Snapshot $after -Control TLS-008 -Server web-01, db-* -FailOn Fail", 3, "AuditIncomplete")]
    [InlineData("-Snapshot $after -Control FWW-* -FailOn Fail", 3, "ControlNotFound")]
    [InlineData("-Snapshot $after -Control TLS-008, TSL-001 -Server web-01 -FailOn Fail", 3, "ControlNotFound")]
    [InlineData("-Snapshot $after -Control @('TLS-008', $null) -Server web-01 -FailOn Fail", 3, "ControlNotFound")]
    [InlineData("-Snapshot $after -ExcludeControl 'TLS-008', '' -FailOn Fail", 3, "ControlNotFound")]
    [InlineData("-Snapshot $after -ExcludeControl * -FailOn Fail", 3, "AuditIncomplete")]
    [InlineData("-Snapshot $after -Server $null -FailOn Fail", 3, "ServerRequired")]
    [InlineData("-Snapshot $after -FailOn $null", 3, "FailOnEmpty")]
    [InlineData("-Snapshot $after -FailOn @()", 3, "FailOnEmpty")]
    [InlineData("-Snapshot ./none.json -FailOn Fail", 3, "SnapshotNotFound")]
    [InlineData("-Snapshot $nothing -FailOn Fail", 3, "SnapshotInvalid")]
    [InlineData("-Snapshot 42 -FailOn Fail", 3, "SnapshotInvalid")]
    [InlineData("-Snapshot $after -Control TLS-008 -FailOn Fail -Baseline $after", 3, "AuditIncomplete")]
    [InlineData("-Snapshot $after -Control TLS-008 -FailOn Fail -Baseline $before", 1, "AuditFailed")]
    [InlineData("-Snapshot $after -Control TLS-008 -Server lb-01 -FailOn Fail, Unknown -Baseline $after", 0, null)]
    [InlineData("-Snapshot $after -FailOn Fail -Baseline ./none.json", 3, "BaselineNotFound")]
    [InlineData("-Snapshot $after -FailOn Fail -Baseline $nothing", 3, "BaselineInvalid")]
    [InlineData("-Snapshot $after -FailOn Fail -Baseline 42", 3, "BaselineInvalid")]
    [InlineData("-Inventory /nope.json -FailOn Fail", 3, "InventoryNotFound")]
    [InlineData("-Inventory $nothing -FailOn Fail", 3, "InventoryNotFound")]
    [InlineData("-Session $nothing -FailOn Fail", 3, "SessionRequired")]
    [InlineData("-Session $site -Area Server -FailOn Fail", 3, "AuditIncomplete")]
    public void The_exit_code_says_whether_the_site_was_judged(string parameters, int exitCode, string? id)
    {
        ShellRun run = _shell.Run($"$null = Invoke-FoobarAudit {parameters} -ErrorAction Continue -ExitCodeVariable code; $code");

        Assert.Equal([exitCode], run.Output);
        Assert.Equal(id is null, run.Errors.Count == 0);
        Assert.True(
            id is null || run.Errors[^1].FullyQualifiedErrorId.StartsWith(id + ",", StringComparison.Ordinal),
            run.Errors.Count > 0 ? run.Errors[^1].FullyQualifiedErrorId : "");
    }

    [Theory]
    [InlineData("@() | Invoke-FoobarAudit -Snapshot $after -FailOn Fail -ExitCodeVariable code")]
    [InlineData("Invoke-FoobarAudit -Snapshot $after -FailOn Fail -ExitCodeVariable code | Select-Object -First 1")]
    public void An_audit_that_did_not_come_to_its_end_has_not_passed(string audit) =>
        Assert.Equal(3, _shell.Run($"$null = {audit}; $code").Output[^1]);

    [Theory]
    [InlineData("Invoke-FoobarAudit -Snapshot $after -Control TLS-008")]
    [InlineData("Invoke-FoobarAudit -Inventory /nope.json")]
    [InlineData("Invoke-FoobarAudit -Inventory /nope.json -FailOn Fail -ExitCodeVariable code")]
    [InlineData("Invoke-FoobarAudit -Snapshot $after -Control TLS-008 -FailOn Fail -ExitCodeVariable code -ErrorAction SilentlyContinue")]
    [InlineData("Measure-FoobarQps -Inventory /nope.json -AlertOn Spike -ExitCodeVariable code")]
    [InlineData("Test-FoobarCertificate -Inventory /nope.json")]
    public void The_exit_code_of_the_last_program_stays_the_caller_s(string audit) =>
        Assert.Equal([7], _shell.Run($"$global:LASTEXITCODE = 7; $null = {audit}; $LASTEXITCODE").Output);

    [Fact]
    public void The_exit_code_is_a_variable_of_the_caller_s_scope()
    {
        ShellRun run = _shell.Run("""
            function Audit { $null = Invoke-FoobarAudit -Snapshot $after -Control TLS-008 -Server web-01 -FailOn Fail -ExitCodeVariable code; $code }
            Audit
            $null -eq $code
            $null = Invoke-FoobarAudit -Snapshot $after -Control TLS-008 -ExitCodeVariable code; $code
            & { $null = Invoke-FoobarAudit -Snapshot $after -Control TLS-008 -Server web-01 -ExitCodeVariable global:other }; $other
            """);

        // Without -FailOn it says whether all was judged: web-02 was not.
        Assert.Equal([0, true, 3, 0], run.Output);
    }

    [Fact]
    public void The_pattern_of_the_help_fails_where_the_audit_never_ran()
    {
        string folder = Directory.CreateTempSubdirectory("foobar-gate-").FullName;

        ShellRun run = _shell.Set("folder", folder).Run("""
            Set-Location $folder
            Invoke-FoobarAudit -OutVariable findings -Inventory ./nope.json -FailOn Fail, Unknown -ExitCodeVariable code -ErrorAction Continue
            $findings | Export-FoobarReport audit.xml -Force
            $code
            """);

        Assert.Equal([3], run.Output);
        Assert.Equal(["InventoryNotFound", "ReportEmpty"], run.Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
        Directory.Delete(folder);
    }

    [Theory]
    [InlineData("Invoke-FoobarAudit -Snapshot $after -Control TLS-00[7-8]", "TLS-007", "TLS-008")]
    [InlineData("Invoke-FoobarAudit -Snapshot $after -Control TLS-00? -ExcludeControl TLS-00[1-79]", "TLS-008")]
    [InlineData("Get-FoobarControl FW-00[1-3] | Select-Object @{ n = 'ControlId'; e = 'Id' }", "FW-001", "FW-002", "FW-003")]
    public void Ids_take_the_wildcards_of_PowerShell(string call, params string[] ids)
    {
        ShellRun run = _shell.Run($"({call}).ControlId | Sort-Object -Unique");

        Assert.Empty(run.Errors);
        Assert.Equal(ids, run.Output);
    }

    [Fact]
    public void A_snapshot_is_saved_under_the_first_word_and_narrowed_by_the_second()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".json");

        _shell.Set("path", path).Run("Export-FoobarSnapshot $path lb-* -Session $site -ErrorAction SilentlyContinue");

        Snapshot saved = SnapshotFile.Load(path);
        Assert.Equal(["lb-01"], saved.Facts.Where(facts => facts.Part == saved.Facts[0].Part).Select(facts => facts.Server));
        File.Delete(path);
    }
}
