using System.Globalization;
using System.Management.Automation;
using Foobar.Ops.Auditing;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tls;
using Foobar.Ops.Tls.Profiles;
using Foobar.Ops.Tls.Scan;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>
/// Scans what an endpoint really speaks by ClientHellos of its own, and judges it: those of the site, or any host and port.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "FoobarTls", DefaultParameterSetName = SiteSet)]
[OutputType(typeof(Finding), typeof(TlsScan))]
public sealed class TestFoobarTls : ServerCmdlet
{
    private const string SiteSet = "Site";

    private const string HostSet = "Host";

    private AuditScope _scope = AuditScope.Everything;

    /// <summary>The host or address to scan instead of the site's own endpoints.</summary>
    [Parameter(Mandatory = true, ParameterSetName = HostSet)]
    [ValidateNotNullOrEmpty]
    public string HostName { get; set; } = string.Empty;

    /// <summary>The TCP port of the host; the usual one of the protocol unless told.</summary>
    [Parameter(ParameterSetName = HostSet)]
    [ValidateRange(1, 65535)]
    public int Port { get; set; }

    /// <summary>The host name to ask for in the handshake.</summary>
    [Parameter(ParameterSetName = HostSet)]
    [ValidateNotNullOrEmpty]
    public string? ServerName { get; set; }

    /// <summary>The protocol in which TLS is begun.</summary>
    [Parameter(ParameterSetName = HostSet)]
    public StartTls StartTls { get; set; }

    /// <summary>The profile of Mozilla's guidelines to judge by, instead of that of the policy.</summary>
    [Parameter]
    [ValidateSet("modern", "intermediate", "old")]
    public string? Profile { get; set; }

    /// <summary>The controls that are meant, by id or wildcard.</summary>
    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ControlIdCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Control { get; set; } = [];

    /// <summary>Whether one connection is made at a time, with pauses.</summary>
    [Parameter]
    public SwitchParameter Gentle { get; set; }

    /// <summary>Whether the scan itself is written, with its findings in it.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private ScanOptions Options
    {
        get
        {
            ScanOptions options = new() { StartTls = StartTls, TimeLimit = TimeSpan.FromSeconds(TimeoutSeconds) };
            return Gentle ? options.Gently() : options;
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        _scope = Try(() =>
        {
            ControlInfo[] controls = [.. ScanControls.All.Select(control => control.Info)];
            AuditScope scope = new() { Controls = ControlIds.Expand(Control, controls) };
            scope.Check(controls);
            return scope;
        });
        Port = IsGiven(nameof(Port)) ? Port : StartTls.UsualPort();
        if (ParameterSetName == HostSet && Server is null && Role is null && !MyInvocation.ExpectingInput)
        {
            Run((output, token) => ScanAsync(
                new EndpointScan(Endpoint(via: null), Options, (port, cancel) => DirectConnection.OpenAsync(HostName, port, cancel), null),
                Profile ?? "intermediate", null, output, token));
        }
        else
        {
            base.EndProcessing();
        }
    }

    // Without a host only servers that should speak TLS are asked.
    private protected override bool Approve(Server server) => ParameterSetName == HostSet || SiteScan.AppliesTo(server, FindSite());

    private protected override async Task ProcessServersAsync(
        ISiteSession site, IReadOnlyList<Server> servers, CmdletOutput output, CancellationToken cancellationToken) =>
        await new ServerFanOut(ThrottleLimit, TimeSpan.FromSeconds(TimeoutSeconds) + ScanOptions.Grace)
            .RunAsync(servers, output, (server, token) => ProcessServerAsync(site, server, output, token), cancellationToken);

    private protected override async Task ProcessServerAsync(
        ISiteSession site, Server server, CmdletOutput output, CancellationToken cancellationToken)
    {
        IServerSession session = await site.GetServerAsync(server.Name, cancellationToken);
        IReadOnlyList<TlsEndpoint> endpoints = ParameterSetName == HostSet
            ? [Endpoint(server.Name)]
            : await SiteScan.EndpointsAsync(session, server, site.Site, cancellationToken);
        foreach (TlsEndpoint endpoint in endpoints)
        {
            await ScanAsync(
                await SiteScan.PrepareAsync(session, endpoint, Options, site.Site.Policy.Tls.TrustedAuthorities, cancellationToken),
                Profile ?? site.Site.Policy.Tls.Profile, site.Site, output, cancellationToken);
        }
    }

    /// <summary>
    /// Scans an endpoint and writes what came of it; an endpoint that can't be scanned is an error, and the others go on.
    /// </summary>
    private async Task ScanAsync(
        EndpointScan endpointScan, string profile, Site? site, CmdletOutput output, CancellationToken cancellationToken)
    {
        TlsEndpoint endpoint = endpointScan.Endpoint;
        if (StartTls.Risk(endpoint.Host) is { } risk)
        {
            output.Warn($"{endpoint}: {risk}");
        }

        TlsScan scan;
        try
        {
            scan = await endpointScan.RunAsync(output.Progress.Report, cancellationToken);
        }
        catch (FoobarException error) when (error.ErrorId != "ConnectionLost")
        {
            output.Fail(error, endpoint.ToString());
            return;
        }

        output.Verbose(
            string.Create(
                CultureInfo.InvariantCulture, $"{endpoint}: {scan.Connections} connections in {scan.Duration.TotalSeconds:0.00} s."));
        IEnumerable<Finding> findings = ScanControls.Judge(new ScanCase(scan, MozillaProfile.Of(profile)), _scope.Holds);
        scan = scan with { Findings = [.. site is null ? findings : findings.Of(site)] };
        if (PassThru)
        {
            output.Write(scan);
        }
        else
        {
            output.WriteAll(scan.Findings);
        }
    }

    private TlsEndpoint Endpoint(string? via) => new() { Host = HostName, Port = Port, ServerName = ServerName ?? HostName, Via = via };
}
