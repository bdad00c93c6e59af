using System.Management.Automation;
using System.Net;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.CertificateChange;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Makes a private key on a server, which it never leaves, and a certificate request for it.</summary>
[Cmdlet(VerbsCommon.New, "FoobarCertificateRequest", SupportsShouldProcess = true)]
[OutputType(typeof(NewCertificateRequest))]
public sealed class NewFoobarCertificateRequest : ServerCmdlet
{
    private CertificateRequestOptions _options = new();
    private string _path = string.Empty;

    /// <summary>The host names.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? DnsName { get; set; }

    /// <summary>The addresses.</summary>
    [Parameter]
    [ValidateNotNull]
    public IPAddress[] IPAddress { get; set; } = [];

    /// <summary>The subject as a distinguished name.</summary>
    [Parameter]
    [ValidateNotNull]
    public string? Subject { get; set; }

    /// <summary>The kind of key.</summary>
    [Parameter]
    public CertificateKeyAlgorithm KeyAlgorithm { get; set; }

    /// <summary>The path of the key on the server.</summary>
    [Parameter]
    [ValidatePattern("^/.*[^/]$")]
    public string? KeyPath { get; set; }

    /// <summary>Whether the request asks for must-staple.</summary>
    [Parameter]
    public SwitchParameter MustStaple { get; set; }

    /// <summary>Whether the key that is there is used.</summary>
    [Parameter]
    public SwitchParameter ReuseKey { get; set; }

    /// <summary>Whether the key that is there is replaced.</summary>
    [Parameter]
    public SwitchParameter ReplaceKey { get; set; }

    /// <summary>Whether a key that the server can't make is made on this machine.</summary>
    [Parameter]
    public SwitchParameter AcceptLocalKey { get; set; }

    private protected override bool MustNameServers => true;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        Site site = FindSite();
        _options = new CertificateRequestOptions
        {
            DnsNames = DnsName ?? (IPAddress.Length > 0 ? [] : [.. site.Policy.Tls.Names.Prepend(site.Name)]),
            Addresses = IPAddress,
            Subject = Subject,
            KeyAlgorithm = KeyAlgorithm,
            KeyPath = KeyPath,
            MustStaple = MustStaple,
            ReuseKey = ReuseKey,
            ReplaceKey = ReplaceKey,
            AcceptLocalKey = AcceptLocalKey,
        };
        _path = Try(() => RequestOperation.Check(_options));
        base.EndProcessing();
    }

    private protected override bool Approve(Server server) => ShouldProcess(
        server.Name,
        $"{(ReuseKey ? "Use the key" : $"Make a key ({KeyAlgorithm})")} at {_path} for a certificate request for "
            + $"{string.Join(", ", _options.DnsNames.Concat(_options.Addresses.Select(static address => address.ToString())))}");

    private protected override async Task ProcessServerAsync(
        ISiteSession site, Server server, CmdletOutput output, CancellationToken cancellationToken) =>
        output.Write(await RequestOperation.MakeAsync(site, server, _options, cancellationToken));
}
