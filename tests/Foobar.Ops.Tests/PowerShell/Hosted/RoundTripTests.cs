using System.Management.Automation;
using System.Reflection;
using System.Text.Json;
using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.PowerShell.Cmdlets;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tests.Remoting;

namespace Foobar.Ops.Tests.PowerShell.Hosted;

/// <summary>What becomes of our objects in JSON, in Export-Clixml and in a job.</summary>
public sealed class RoundTripTests : IDisposable
{
    private readonly Shell _shell = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("foobar-trip-").FullName;

    public RoundTripTests()
    {
        _shell
            .Set("after", Repository.PathOf("tests", "Pester", "Data", "after.snapshot.json"))
            .Set("folder", _folder)
            .Set("site", new FakeSiteSession(TestSite.Small));
        _shell.Run("""
            Set-Location $folder
            $findings = Invoke-FoobarAudit -Snapshot $after -Control TLS-00[678]
            function Over([string] $way, $objects) {
                switch ($way) {
                    Clixml { $objects | Export-Clixml trip.xml; Import-Clixml trip.xml }
                    Job { $objects | ForEach-Object { [System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize($_, 1)) } }
                    Json { $objects | ConvertTo-Json | ConvertFrom-Json }
                }
            }
            """);
    }

    public void Dispose()
    {
        _shell.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("Clixml")]
    [InlineData("Job")]
    public void The_words_of_findings_compare_as_before(string way)
    {
        ShellRun run = _shell.Run($$"""
            $trip = Over {{way}} $findings
            foreach ($test in { $_.Severity -ge 'High' }, { $_.Severity -lt 'High' }, { $_.Status -eq 'Fail' }, { $_.Status -in 'Fail', 'Unknown' }, { $_.Area -eq 'Tls' }) {
                @($trip | Where-Object $test).Count; @($findings | Where-Object $test).Count
            }
            """);

        Assert.Null(run.Ended);
        Assert.Empty(run.Errors);
        Assert.Equal(10, run.Output.Count);
        Assert.All(run.Output.Chunk(2), pair => Assert.Equal(pair[1], pair[0]));
        Assert.Contains(run.Output, count => (int)count! > 0);
    }

    [Theory]
    [InlineData("Clixml")]
    [InlineData("Job")]
    [InlineData("Json")]
    public void A_finding_that_came_back_names_its_site(string way) =>
        Assert.Equal(["www.foobar.com"], _shell.Run($"Over {way} $findings | ForEach-Object Site | Select-Object -Unique").Output);

    [Theory]
    [InlineData("Clixml")]
    [InlineData("Job")]
    [InlineData("Json")]
    public void A_report_of_findings_that_came_back_is_the_same_to_the_byte(string way)
    {
        ShellRun run = _shell.Run(
            $"$null = $findings | Export-FoobarReport one.json; $null = Over {way} $findings | Export-FoobarReport two.json; (Get-FileHash "
                + "one.json).Hash; (Get-FileHash two.json).Hash");

        Assert.Empty(run.Errors);
        Assert.Equal(run.Output[0], run.Output[1]);
    }

    [Theory]
    [InlineData("[pscustomobject] @{ A = 1 }", "ControlId")]
    [InlineData("($findings[0] | Select-Object * -ExcludeProperty Status)", "Status")]
    [InlineData("($findings[0] | Select-Object *, @{ n = 'Severity'; e = { 'Hihg' } } -ExcludeProperty Severity)", "Hihg")]
    [InlineData("'text'", "")]
    public void What_is_no_finding_is_refused_by_name_and_the_others_are_reported(string value, string named)
    {
        ShellRun run = _shell.Run($"{value}, $findings[0] | Export-FoobarReport a.md");

        Assert.Contains(named, Assert.Single(run.Errors).Exception.Message, StringComparison.Ordinal);
        Assert.Single(run.Output);
    }

    [Theory]
    [InlineData("Clixml")]
    [InlineData("Job")]
    public void Servers_and_findings_that_came_back_name_their_server(string way)
    {
        ShellRun run = _shell.Set("log", new ThingLog()).Run($"""
            Over {way} (Get-FoobarServer -Session $site -Role Web) | Set-Thing -Log $log -Session $site | Sort-Object
            Over {way} $findings[0] | Set-Thing -Log $log -Session $site
            """);

        Assert.Empty(run.Errors);
        Assert.Equal(["web-01", "web-02", "lb-01"], run.Output);
    }

    [Fact]
    public void A_snapshot_that_came_back_is_refused_for_what_it_lost()
    {
        ShellRun run = _shell.Run(
            "$saved = Over Clixml ([Foobar.Ops.Auditing.SnapshotFile]::Load($after)); Invoke-FoobarAudit -Snapshot $saved");

        Assert.StartsWith("SnapshotInvalid,", Assert.Single(run.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("lost its facts", run.Errors[0].Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_has_words_without_a_switch()
    {
        ShellRun run = _shell.Run(
            "$findings | ConvertTo-Json; ($findings | ConvertTo-Json | ConvertFrom-Json | Where-Object Status -eq Fail).Count; @($findings "
                + "| Where-Object Status -eq Fail).Count");

        Assert.Empty(run.Warnings);
        Assert.Equal(run.Output[2], run.Output[1]);
        JsonElement first = JsonDocument.Parse((string)run.Output[0]!).RootElement[0];
        Assert.Equal("Tls", first.GetProperty("Area").GetString());
        Assert.Equal(JsonValueKind.String, first.GetProperty("Severity").ValueKind);
    }

    [Fact]
    public void Replication_as_json_is_the_status_and_no_tree()
    {
        ReplicationStatus status = new()
        {
            Server = "web-02",
            Role = MemberRole.Replica,
            Receiver = ReplicationThread.Running,
            Applier = ReplicationThread.Running,
            LagSeconds = 0.5,
        };

        ShellRun run = _shell.Set("status", status).Run("$status, $status | ConvertTo-Json");

        Assert.Empty(run.Warnings);
        JsonElement first = JsonDocument.Parse((string)run.Output[0]!).RootElement[0];
        Assert.Equal("Replica", first.GetProperty("Role").GetString());
        Assert.Equal("Running", first.GetProperty("Receiver").GetString());
    }

    [Theory]
    [InlineData(true, true, "takes writes, semi-sync")]
    [InlineData(true, null, "takes writes")]
    [InlineData(false, null, "read-only")]
    public void The_state_of_a_primary_is_whether_it_takes_writes(bool takesWrites, bool? semiSync, string state)
    {
        ReplicationStatus status = new()
        {
            Server = "web-01",
            Role = MemberRole.Primary,
            TakesWrites = takesWrites,
            SemiSync = semiSync,
            Version = "9.7.0",
        };

        string table = (string)_shell.Set("status", status).Run("$status | Format-Table | Out-String -Width 120").Output[0]!;

        Assert.Contains(state, table, StringComparison.Ordinal);
        Assert.DoesNotContain("9.7.0", table, StringComparison.Ordinal);
    }

    // ConvertTo-Json writes enums over Int64 as words; the types file makes of what a job gives back what it was.
    [Fact]
    public void Every_enumeration_that_a_user_sees_keeps_its_words()
    {
        HashSet<Type> enums = [];
        foreach (Type output in typeof(GetFoobarServer).Assembly
            .GetExportedTypes()
            .SelectMany(type => type.GetCustomAttributes<OutputTypeAttribute>())
            .SelectMany(attribute => attribute.Type)
            .Select(name => name.Type)
            .OfType<Type>())
        {
            Walk(output, [], enums);
        }

        string types = File.ReadAllText(Repository.PathOf("module", "Foobar.Ops.Deserialized.Types.ps1xml"));
        Assert.Contains(typeof(Severity), enums);
        Assert.All(enums, type => Assert.Equal(typeof(long), Enum.GetUnderlyingType(type)));
        Assert.All(enums, type => Assert.Contains($"<Name>Deserialized.{type.FullName}</Name>", types, StringComparison.Ordinal));
        Assert.All(enums, type => Assert.Contains($"<Value>{type.FullName}, Foobar.Ops</Value>", types, StringComparison.Ordinal));
    }

    private static void Walk(Type type, HashSet<Type> seen, HashSet<Type> enums)
    {
        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        if (!seen.Add(plain) || plain == typeof(SiteSession))
        {
            return;
        }

        if (plain.IsArray)
        {
            Walk(plain.GetElementType()!, seen, enums);
        }

        foreach (Type argument in plain.GetGenericArguments())
        {
            Walk(argument, seen, enums);
        }

        if (plain.Assembly != typeof(Finding).Assembly)
        {
            return;
        }

        if (plain.IsEnum)
        {
            enums.Add(plain);
            return;
        }

        foreach (PropertyInfo property in plain.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.GetIndexParameters().Length == 0))
        {
            Walk(property.PropertyType, seen, enums);
        }
    }
}
