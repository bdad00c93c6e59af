using System.Globalization;
using System.Management.Automation;
using Foobar.Ops.Connectivity;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Probing;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>
/// Tries real connections from each vantage, and holds them against the policy and against what the firewalls' rules say.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "FoobarConnection")]
[OutputType(typeof(Finding))]
public sealed class TestFoobarConnection : ServerCmdlet
{
    /// <summary>Where to: servers by name or wildcard, roles, networks of the inventory, or addresses of its servers.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("To")]
    [SupportsWildcards]
    [ServerNameTransformation]
    [ArgumentCompleter(typeof(TargetCompleter))]
    [ValidateNotNullOrEmpty]
    public override string[]? Server { get; set; }

    /// <summary>Where from: servers by name or wildcard, roles, networks of the inventory, or operator for this machine.</summary>
    [Parameter]
    [SupportsWildcards]
    [ServerNameTransformation]
    [ArgumentCompleter(typeof(VantageCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] From { get; set; } = [];

    /// <summary>The ports to try instead of those of the policy: 443, 8000-8010, udp/53.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Port { get; set; } = [];

    /// <summary>The transport protocol that is meant.</summary>
    [Parameter]
    public TransportProtocol? Protocol { get; set; }

    /// <summary>The IP version that is meant.</summary>
    [Parameter]
    [ValidateSet("IPv4", "IPv6")]
    public string? AddressFamily { get; set; }

    /// <summary>Whether all ports on which something listens, and all that scanners look for, are tried instead of a sample.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <summary>How many undeclared ports of each address are tried from each vantage.</summary>
    [Parameter]
    [ValidateRange(0, 65535)]
    public int SampleSize { get; set; } = 6;

    /// <summary>How long a probe waits for an answer, in seconds.</summary>
    [Parameter]
    [ValidateRange(0.1, 60.0)]
    public double WaitSeconds { get; set; } = 2;

    /// <summary>How many probes a vantage begins a second, at most.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int MaxRate { get; set; } = 50;

    /// <summary>How many probes there may be at most.</summary>
    [Parameter]
    [ValidateRange(1, 100000)]
    public int MaxProbes { get; set; } = 2000;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        // An empty pipeline means no server, not all of them.
        if (MyInvocation.ExpectingInput && Names.Count == 0)
        {
            return;
        }

        ConnectionTestOptions options = Try(Options);
        ISiteSession site = OpenSite();
        Run(async (output, token) =>
        {
            ConnectionTestResult result = await new ConnectionTest(site, options, output.Progress.Report).RunAsync(token);
            foreach (FoobarException error in result.Errors)
            {
                output.Fail(error, error.Server);
            }

            output.Verbose(string.Create(CultureInfo.InvariantCulture, $"{result.Probes} probes were sent."));
            foreach (string pair in result.NotProbed)
            {
                output.Verbose($"Not probed: {pair}.");
            }

            output.WriteAll(result.Findings);
        });
    }

    private ConnectionTestOptions Options() => new()
    {
        From = From,
        To = Names,
        ToRoles = Role ?? [],
        Ports =
        [
            .. Port.SelectMany(static text => text.Split(',', StringSplitOptions.RemoveEmptyEntries))
                .Select(text => ProbePorts.Parse(text, Protocol)),
        ],
        Protocol = Protocol,
        Family = AddressFamily?.ToUpperInvariant() switch
        {
            "IPV4" => System.Net.Sockets.AddressFamily.InterNetwork,
            "IPV6" => System.Net.Sockets.AddressFamily.InterNetworkV6,
            _ => null,
        },
        All = All,
        SampleSize = SampleSize,
        MaxProbes = MaxProbes,
        ThrottleLimit = ThrottleLimit,
        ServerTimeLimit = TimeSpan.FromSeconds(TimeoutSeconds),
        Probing = new ProbeOptions { Wait = TimeSpan.FromSeconds(WaitSeconds), RatePerSecond = MaxRate },
    };
}
