using System.Management.Automation;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tls;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Shows the certificate that an endpoint really serves: those of the site, or any host and port, seen from here or from a server.</summary>
[Cmdlet(VerbsCommon.Get, "FoobarCertificate", DefaultParameterSetName = SiteSet)]
[OutputType(typeof(ServedCertificate))]
public sealed class GetFoobarCertificate : ServerCmdlet
{
    private const string SiteSet = "Site";

    private const string HostSet = "Host";

    /// <summary>The host or address to look at instead of the site's own endpoints.</summary>
    [Parameter(Mandatory = true, ParameterSetName = HostSet)]
    [ValidateNotNullOrEmpty]
    public string HostName { get; set; } = string.Empty;

    /// <summary>The TCP port of the host.</summary>
    [Parameter(ParameterSetName = HostSet)]
    [ValidateRange(1, 65535)]
    public int Port { get; set; } = 443;

    /// <summary>The host name to ask for in the handshake.</summary>
    [Parameter(ParameterSetName = HostSet)]
    [ValidateNotNullOrEmpty]
    public string? ServerName { get; set; }

    /// <summary>The PEM file with the authorities to trust.</summary>
    [Parameter(ParameterSetName = HostSet)]
    [ValidateNotNullOrEmpty]
    public string? TrustedAuthorities { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        TrustedAuthorities = TrustedAuthorities is null ? null : SessionState.Path.GetUnresolvedProviderPathFromPSPath(TrustedAuthorities);
        if (ParameterSetName == HostSet && Server is null && Role is null && !MyInvocation.ExpectingInput)
        {
            Run((output, token) => LookAsync(output, null, ConnectAsync, TrustedAuthorities, token));
        }
        else
        {
            base.EndProcessing();
        }
    }

    // Without a host only servers that should serve a certificate are asked.
    private protected override bool Approve(Server server) => ParameterSetName == HostSet || new CertificateCollector().AppliesTo(server, FindSite());

    private protected override async Task ProcessServerAsync(ISiteSession site, Server server, CmdletOutput output, CancellationToken cancellationToken)
    {
        if (ParameterSetName == HostSet)
        {
            IServerSession session = await site.GetServerAsync(server.Name, cancellationToken);
            await LookAsync(
                output, server.Name, token => session.ConnectAsync(new RemoteEndpoint.Tcp(HostName, Port), token),
                TrustedAuthorities ?? site.Site.Policy.Tls.TrustedAuthorities, cancellationToken);
            return;
        }

        CertificateFacts facts = await new CertificateCollector().CollectAsync(site, server, cancellationToken);
        foreach (EndpointAnswer answer in facts.Endpoints)
        {
            if (answer.Certificate.TryGet(out ServedCertificate? served))
            {
                output.Write(served);
            }
            else
            {
                output.Fail(new FoobarException(answer.ErrorId ?? "FactUnreadable", ErrorKind.Failed, answer.Certificate.Failure ?? "no answer") { Server = server.Name });
            }
        }
    }

    private async Task LookAsync(
        CmdletOutput output, string? via, Func<CancellationToken, Task<Stream>> connect, string? authorities,
        CancellationToken cancellationToken)
    {
        TlsEndpoint endpoint = new() { Host = HostName, Port = Port, ServerName = ServerName ?? HostName, Via = via };
        Foobar.Ops.Tls.TrustedAuthorities trusted = Foobar.Ops.Tls.TrustedAuthorities.From(authorities);
        TimeSpan limit = TimeSpan.FromSeconds(Math.Min(TimeoutSeconds, CertificateProbe.DefaultTimeLimit.TotalSeconds));
        foreach (Reading<ServedCertificate> other in await CertificateOffers.LookAsync(endpoint, connect, trusted, limit, cancellationToken))
        {
            if (other.TryGet(out ServedCertificate? served))
            {
                output.Write(served);
            }
            else
            {
                output.Warn(other.Failure!);
            }
        }
    }

    private Task<Stream> ConnectAsync(CancellationToken cancellationToken) => DirectConnection.OpenAsync(HostName, Port, cancellationToken);
}
