using System.Management.Automation;
using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Services.Sending;
using Foobar.Ops.Tests.Remoting;
using Foobar.Ops.Tests.Services;
using Foobar.Ops.Traffic;
using static Foobar.Ops.Tests.Services.Answers;

namespace Foobar.Ops.Tests.PowerShell.Hosted;

/// <summary>Cmdlets that send to a service: what is sent, what is said, and that a key is found nowhere.</summary>
public sealed class SendTests : IDisposable
{
    private const string Key = "NRAK-hidden-key-9876543210";

    private readonly Shell _shell = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("foobar-send-").FullName;

    public SendTests() => _shell.Set("folder", _folder)
        .Set(
            "rate",
            new TrafficRate
            {
                Server = "lb-01",
                Origin = TrafficOrigin.HaproxyFrontend,
                Name = "www",
                Unit = TrafficUnit.Requests,
                Start = DateTimeOffset.UtcNow.AddSeconds(-5),
                End = DateTimeOffset.UtcNow,
                WindowSeconds = 5,
                Count = 10,
                CountLower = 9,
                CountUpper = 11,
            })
        .Set(
            "finding",
            new Finding
            {
                ControlId = "FW-003",
                Title = "t",
                Area = Area.Firewall,
                Severity = Severity.High,
                Status = FindingStatus.Fail,
                Server = "web-01",
                Time = DateTimeOffset.UtcNow,
            })
        .Set("credential", new PSCredential("ops", new NetworkCredential("", Key).SecurePassword))
        .Set("secure", new NetworkCredential("", Key).SecurePassword);

    public void Dispose()
    {
        _shell.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Objects_of_the_pipeline_are_sent_in_one_request_with_labels()
    {
        await using FakeService service = FakeService.Start(Whole("{}"));

        ShellRun run = Site(service).Run(
            "$rate, $rate | Send-FoobarMetric hook -Session $site -SpoolPath $folder -Label @{ env = 'test' } -ServiceCredential @{ HOOK = "
                + "$credential }");

        SendResult result = Assert.IsType<SendResult>(Assert.Single(run.Output));
        Assert.Equal(
            ("hook", MonitoringServiceKind.Webhook, 8, 0, 1), (result.Service, result.Kind, result.Sent, result.Waiting, result.Requests));
        SeenRequest request = Assert.Single(service.Requests);
        Assert.Equal("test", (string?)request.Json["entries"]![0]!["labels"]!["env"]);
        Assert.Equal($"Basic {Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes("ops:" + Key))}", request.Headers["Authorization"]);
    }

    [Fact]
    public async Task WhatIf_shows_what_would_be_sent_and_sends_and_keeps_nothing()
    {
        await using FakeService service = FakeService.Start(Whole("{}"));

        ShellRun run = Site(service).Run(
            "$finding | Send-FoobarFinding hook -Session $site -SpoolPath $folder -WhatIf -Verbose; $rate | Send-FoobarMetric hook "
                + "-Session $site -SpoolPath $folder -WhatIf");

        Assert.Empty(run.Errors);
        Assert.Empty(run.Output);
        Assert.Contains(run.Verbose, line => line.Contains("\"controlId\":\"FW-003\"", StringComparison.Ordinal));
        Assert.Empty(service.Requests);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task A_key_is_in_no_stream_transcript_error_or_file()
    {
        await using FakeService service = FakeService.Start(
            Whole($"the key {Key} is wrong", 403), Status(302, $"Location: http://x.example/{Key}"), Drop, Stall);
        string transcript = Path.Combine(_folder, "transcript.txt");

        ShellRun run = Site(service).Run($$"""
            $null = Start-Transcript {{transcript}}
            foreach ($index in 1..4) { $rate | Send-FoobarMetric hook -Session $site -SpoolPath $folder -ServiceCredential @{ hook = $secure } -TimeoutSeconds 1 -Verbose -Debug }
            foreach ($failure in $Error) { $failure | Get-Error | Out-String }
            $null = Stop-Transcript
            """);

        Assert.Equal(
            ["ServiceLoginRefused", "ServiceElsewhere", "ServiceTimeout", "ServiceTimeout"],
            run.Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]));
        string[] said =
        [
            .. run.Output.Select(value => value?.ToString() ?? ""), .. run.Verbose, .. run.Debug, .. run.Warnings,
            .. run.Errors.Select(error => $"{error}{error.ErrorDetails?.RecommendedAction}{error.Exception}"),
            .. Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories).Select(File.ReadAllText),
        ];
        Assert.True(said.Length > 12);
        Assert.All(said, text => Assert.DoesNotContain(Key, text, StringComparison.OrdinalIgnoreCase));
        Assert.Contains(run.Verbose, line => line.StartsWith("hook: asking: POST http://127.0.0.1:", StringComparison.Ordinal));
        Assert.All(service.Requests, request => Assert.Equal($"Bearer {Key}", request.Headers["Authorization"]));
    }

    [Fact]
    public async Task A_secret_address_comes_by_the_key_and_is_in_no_stream()
    {
        await using FakeService service = FakeService.Start(Whole("no", 500));
        string address = $"{service.Address}receiver/v1/http/{Key}";

        ShellRun run = Site(service).Set("address", new NetworkCredential("", address).SecurePassword)
            .Run(
                "$finding | Send-FoobarFinding sumo -Session $site -SpoolPath $folder -ServiceCredential @{ sumo = $address } "
                    + "-TimeoutSeconds 1 -Verbose");

        ErrorRecord error = Assert.Single(run.Errors);
        Assert.StartsWith("ServiceFailed,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(("sumo", "/receiver/v1/http/" + Key), (error.TargetObject, service.Requests[0].Path));
        Assert.All(
            [.. run.Verbose, error.ToString(), error.Exception.ToString()],
            text => Assert.DoesNotContain(Key, text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("$rate | Send-FoobarMetric nowhere -Session $site", "ServiceUnknown")]
    [InlineData("$rate | Send-FoobarMetric prom -Session $site", "ServiceTakesNothing")]
    [InlineData("$rate | Send-FoobarMetric sumo -Session $site", "ServiceKeyMissing")]
    [InlineData("'text' | Send-FoobarMetric hook -Session $site", "NotSendable")]
    [InlineData("$rate | Send-FoobarMetric hook -Session $site -ServiceCredential @{ hokk = $secure }", "ServiceCredentialInvalid")]
    [InlineData("$rate | Send-FoobarMetric hook -Session $site -ServiceCredential @{ hook = 5 }", "ServiceCredentialInvalid")]
    [InlineData(
        "$rate | Send-FoobarMetric hook -Session $site -ServiceCredential @{ hook = 'NRAK-hidden-key-9876543210' }",
        "VaultEntryUnreadable")]
    [InlineData("$rate | Send-FoobarMetric vaulted -Session $site", "VaultEntryUnreadable")]
    public async Task What_can_t_be_is_told_and_nothing_is_sent(string script, string id)
    {
        await using FakeService service = FakeService.Start(Whole("{}"));

        ShellRun run = Site(service).Run(script + " -SpoolPath $folder");

        ErrorRecord error = run.Ended?.ErrorRecord ?? Assert.Single(run.Errors);
        Assert.StartsWith(id + ",", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, $"{error}{error.Exception}", StringComparison.Ordinal);
        Assert.Empty(service.Requests);
    }

    [Fact]
    public async Task A_vault_entry_is_read_by_the_name_of_the_inventory_or_of_the_parameter()
    {
        await using FakeService service = FakeService.Start(Whole("{}"));

        ShellRun run = Site(service).Run("""
            $vault = New-Module -Name Microsoft.PowerShell.SecretManagement { function Get-Secret { param($Name) if ($Name -in 'entry', 'other') { $global:secure } else { throw "no $Name" } } }
            $vault | Import-Module
            $rate | Send-FoobarMetric vaulted -Session $site -SpoolPath $folder
            $rate | Send-FoobarMetric hook -Session $site -SpoolPath $folder -ServiceCredential @{ hook = 'other' }
            """);

        Assert.Empty(run.Errors);
        Assert.Equal(2, run.Output.Count);
        Assert.All(service.Requests, request => Assert.Equal($"Bearer {Key}", request.Headers["Authorization"]));
    }

    [Fact]
    public async Task Stopping_ends_a_stalled_sending_at_once_and_loses_nothing()
    {
        await using FakeService service = FakeService.Start(Stall);
        ShellRun run = Site(service).Start("$rate | Send-FoobarMetric hook -Session $site -SpoolPath $folder");
        while (service.Requests.Count == 0)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        run.Stop();

        Assert.Equal(PSInvocationState.Stopped, run.State);
        Assert.Single(Directory.EnumerateFiles(_folder, "*.batch", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Services_are_proposed_by_what_they_can_do()
    {
        await using FakeService service = FakeService.Start(Whole("{}"));
        Site(service);

        Assert.Equal(["hook", "sumo", "vaulted"], _shell.Complete("Send-FoobarMetric -Session $site -Service "));
        Assert.Equal(["prom"], _shell.Complete("Measure-FoobarQps -Session $site -Service "));
    }

    private Shell Site(FakeService service) => _shell.Set("site", new FakeSiteSession(TestSite.Small with
    {
        Policy = new Policy
        {
            Monitoring = new MonitoringPolicy
            {
                Services =
                [
                    new MonitoringService { Name = "hook", Kind = MonitoringServiceKind.Webhook, Url = service.Address },
                    new MonitoringService { Name = "sumo", Kind = MonitoringServiceKind.SumoLogicSource },
                    new MonitoringService
                    {
                        Name = "vaulted",
                        Kind = MonitoringServiceKind.Webhook,
                        Url = service.Address,
                        VaultEntries = ["entry"],
                    },
                    new MonitoringService { Name = "prom", Kind = MonitoringServiceKind.Prometheus, Url = service.Address },
                ],
            },
        },
    }));
}
