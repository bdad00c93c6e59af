using System.Management.Automation;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tls;
using Foobar.Ops.Tls.Files;
using Foobar.Ops.Tls.Scan;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>
/// Shows the certificates that endpoints really serve: those of the site, or any host and port, seen from here or from a
/// server; and the files that servers load them from.
/// </summary>
[Cmdlet(VerbsCommon.Get, "FoobarCertificate", DefaultParameterSetName = SiteSet)]
[OutputType(typeof(ServedCertificate), ParameterSetName = [SiteSet, HostSet])]
[OutputType(typeof(CertificateFile), ParameterSetName = [FileSet])]
public sealed class GetFoobarCertificate : ServerCmdlet
{
    private const string SiteSet = "Site";

    private const string HostSet = "Host";

    private const string FileSet = "File";

    /// <summary>The host or address to look at instead of the site's own endpoints.</summary>
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

    /// <summary>Whether no host name is asked for.</summary>
    [Parameter(ParameterSetName = HostSet)]
    public SwitchParameter WithoutServerName { get; set; }

    /// <summary>The protocol in which TLS is begun.</summary>
    [Parameter(ParameterSetName = HostSet)]
    public StartTls StartTls { get; set; }

    /// <summary>The PEM file with the authorities to trust.</summary>
    [Parameter(ParameterSetName = HostSet)]
    [ValidateNotNullOrEmpty]
    public string? TrustedAuthorities { get; set; }

    /// <summary>Whether the files are shown that the servers' programs load certificates from.</summary>
    [Parameter(Mandatory = true, ParameterSetName = FileSet)]
    public SwitchParameter File { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        TrustedAuthorities = TrustedAuthorities is null ? null : SessionState.Path.GetUnresolvedProviderPathFromPSPath(TrustedAuthorities);
        Port = IsGiven(nameof(Port)) ? Port : StartTls.UsualPort();
        if (ParameterSetName == HostSet && Server is null && Role is null && !MyInvocation.ExpectingInput)
        {
            Run(async (output, token) => await LookAtEachAsync(
                output, null, await HostAddresses.OfAsync(HostName, token), (host, cancel) =>
                    DirectConnection.OpenAsync(host, Port, cancel), TrustedAuthorities, token));
        }
        else
        {
            base.EndProcessing();
        }
    }

    // Without a host only servers that may serve a certificate are asked.
    private protected override bool Approve(Server server) => ParameterSetName switch
    {
        HostSet => true,
        FileSet => new CertificateCollector().AppliesTo(server, FindSite()),
        _ => CertificateCollector.HasEndpoints(server, FindSite()),
    };

    private protected override async Task ProcessServerAsync(
        ISiteSession site, Server server, CmdletOutput output, CancellationToken cancellationToken)
    {
        IServerSession session = await site.GetServerAsync(server.Name, cancellationToken);
        switch (ParameterSetName)
        {
            case HostSet:
                await LookAtEachAsync(
                    output, server.Name, await HostAddresses.OfAsync(session, HostName, cancellationToken),
                    (host, token) => session.ConnectAsync(new RemoteEndpoint.Tcp(host, Port), token),
                    TrustedAuthorities ?? site.Site.Policy.Tls.TrustedAuthorities, cancellationToken);
                break;
            case FileSet:
                await ShowFilesAsync(session, output, cancellationToken);
                break;
            default:
                foreach (EndpointAnswer answer in await CertificateCollector.LookAsync(session, server, site.Site, cancellationToken))
                {
                    Show(answer, server, output);
                }

                break;
        }
    }

    private static void Show(EndpointAnswer answer, Server server, CmdletOutput output)
    {
        if (answer.Certificate.TryGet(out ServedCertificate? served))
        {
            output.Write(served);
        }
        else
        {
            output.Fail(new FoobarException(
                answer.ErrorId ?? "FactUnreadable", ErrorKind.Failed, answer.Certificate.Failure ?? "no answer") { Server = server.Name });
        }
    }

    private static async Task ShowFilesAsync(IServerSession session, CmdletOutput output, CancellationToken cancellationToken)
    {
        (Reading<IReadOnlyList<CertificateFile>> files, IReadOnlyList<string> doubts) = await CertificateFileSearch.RunAsync(
            session, cancellationToken);
        foreach (string doubt in doubts)
        {
            output.Warn($"{session.Server.Name}: {doubt}.");
        }

        output.WriteAll(files.TryGet(out IReadOnlyList<CertificateFile>? found) ? found
            : throw new FoobarException("FactUnreadable", ErrorKind.Failed, files.Failure ?? "no answer") { Server = session.Server.Name });
    }

    /// <summary>Looks at each address of the host; one that can't be looked at is an error, and the others go on.</summary>
    private async Task LookAtEachAsync(
        CmdletOutput output,
        string? via,
        IReadOnlyList<string> addresses,
        Func<string, CancellationToken, Task<Stream>> connect,
        string? authorities,
        CancellationToken cancellationToken)
    {
        Foobar.Ops.Tls.TrustedAuthorities trusted = Foobar.Ops.Tls.TrustedAuthorities.From(authorities);
        foreach (string address in addresses)
        {
            TlsEndpoint endpoint = new()
            {
                Host = address,
                Port = Port,
                ServerName = WithoutServerName ? "" : ServerName ?? HostName,
                Via = via,
            };
            if (StartTls.Risk(address) is { } risk)
            {
                output.Warn($"{endpoint}: {risk}");
            }

            try
            {
                await LookAsync(
                    output, endpoint,
                    StartTlsConnection.Over(endpoint, token => connect(address, token), StartTls),
                    trusted, cancellationToken);
            }
            catch (FoobarException error)
                when (error.ErrorId == "EndpointUnreachable" && addresses.Count > 1 && address.Contains(':', StringComparison.Ordinal))
            {
                // Not every machine has IPv6.
                output.Warn(error.Message);
            }
            catch (FoobarException error) when (error.ErrorId != "ConnectionLost")
            {
                output.Fail(error, endpoint.ToString());
            }
        }
    }

    private async Task LookAsync(
        CmdletOutput output, TlsEndpoint endpoint, Func<CancellationToken, Task<Stream>> connect, Foobar.Ops.Tls.TrustedAuthorities trusted,
        CancellationToken cancellationToken)
    {
        TimeSpan limit = TimeSpan.FromSeconds(Math.Min(TimeoutSeconds, CertificateProbe.DefaultTimeLimit.TotalSeconds));
        foreach (Reading<ServedCertificate> one in await CertificateOffers.LookAsync(endpoint, connect, trusted, limit, cancellationToken))
        {
            if (one.TryGet(out ServedCertificate? served))
            {
                output.Write(served);
            }
            else
            {
                output.Warn(one.Failure!);
            }
        }
    }
}
