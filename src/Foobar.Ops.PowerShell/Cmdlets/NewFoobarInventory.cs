using System.Management.Automation;
using System.Net;
using System.Security;
using Foobar.Ops.Discovery;
using Foobar.Ops.Discovery.Facts;
using Foobar.Ops.Discovery.Proposing;
using Foobar.Ops.Discovery.Sources;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.InventoryChange;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Makes an inventory of what servers show, and asks what they can't tell.</summary>
[Cmdlet(VerbsCommon.New, "FoobarInventory", SupportsShouldProcess = true)]
[OutputType(typeof(DiscoveredInventory))]
public sealed class NewFoobarInventory : LoginCmdlet
{
    private readonly List<string> _names = [];

    /// <summary>The servers: aliases, host names, addresses, user@host:port, wildcards.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ServerNameTransformation]
    [ArgumentCompleter(typeof(SshAliasCompleter))]
    public string[]? Server { get; set; }

    /// <summary>The file to write.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = InventoryLoader.DefaultName;

    /// <summary>An OpenSSH client configuration to use instead of the user's own.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SshConfig { get; set; }

    /// <summary>An Ansible inventory to take hosts from.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? AnsibleInventory { get; set; }

    /// <summary>The site's name.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Site { get; set; }

    /// <summary>A PEM file with the authorities to trust.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? TrustedAuthorities { get; set; }

    /// <summary>sudo's password on the servers.</summary>
    [Parameter]
    [ValidateNotNull]
    public SecureString? SudoPassword { get; set; }

    /// <summary>Whether the key of a server never seen before is accepted and kept.</summary>
    [Parameter]
    public SwitchParameter AcceptNewHostKey { get; set; }

    /// <summary>How many servers are read at once.</summary>
    [Parameter]
    [ValidateRange(1, 1024)]
    public int ThrottleLimit { get; set; } = 32;

    /// <summary>How long one server may take, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int TimeoutSeconds { get; set; } = 60;

    /// <summary>Whether an existing inventory is replaced.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => _names.AddRange(Server ?? []);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        string path = Try(() => SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path));
        string? sshConfig = SshConfig is null ? null : Try(() => SessionState.Path.GetUnresolvedProviderPathFromPSPath(SshConfig));
        Try(() =>
        {
            InventoryFiles.EnsureFree(path, Force || IsWhatIf());
            return 0;
        });
        IReadOnlyList<DiscoveryTarget> targets = Try(() => Targets(sshConfig));
        if (targets.Count == 0)
        {
            return;
        }

        IReadOnlyList<ServerDiscovery> servers = Run((output, token) => ReadAsync(targets, sshConfig, output, token));
        InventoryProposal proposal = InventoryProposer.Propose(servers, new ProposalOptions
        {
            SiteName = Site,
            SshConfig = sshConfig,
            TrustedAuthorities = TrustedAuthorities is null
                ? null
                : Try(() => SessionState.Path.GetUnresolvedProviderPathFromPSPath(TrustedAuthorities)),
            AuthoritiesFile = System.IO.Path.GetFileName(InventoryFiles.AuthoritiesPath(path)),
            OwnInterfaces = Discoverer.OwnInterfaces(),
        });
        Try(() => InventoryFiles.Text(proposal, path));
        bool write = ShouldProcess(
            path, $"Write an inventory of {string.Join(", ", proposal.Site.Servers.Select(static server => server.Name))}");
        if (write)
        {
            Try(() =>
            {
                InventoryFiles.Save(proposal, path, Force);
                return 0;
            });
        }

        WriteObject(new DiscoveredInventory
        {
            Path = path,
            EvidencePath = InventoryFiles.EvidencePath(path),
            IsWritten = write,
            Site = proposal.Site,
            Questions = proposal.Questions,
            Evidence = proposal.Evidence,
            NotRead = [.. servers.Where(static server => server.Failure is not null).Select(static server => server.Name)],
        });
    }

    private IReadOnlyList<DiscoveryTarget> Targets(string? sshConfig)
    {
        if (AnsibleInventory is null && _names.Count == 0)
        {
            // An empty pipeline means no server.
            return MyInvocation.ExpectingInput
                ? []
                : throw new FoobarException("DestinationInvalid", ErrorKind.InvalidInput, "No server is named.")
            {
                Recommendation = "Name the servers as you do to ssh, or give an Ansible inventory with -AnsibleInventory.",
            };
        }

        return DiscoveryTargets.Distinct(
            AnsibleInventory is null ? _names.SelectMany(name => OfSsh(name, sshConfig)) : OfAnsible(AnsibleInventory));
    }

    private static IEnumerable<DiscoveryTarget> OfSsh(string name, string? sshConfig)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(name) || name.StartsWith('['))
        {
            return [DiscoveryTargets.Parse(name)];
        }

        string[] aliases = [.. SshConfigHosts.Read(sshConfig ?? SshConfigHosts.Own).Where(alias => Wildcards.Match(name, alias))];
        return aliases.Length > 0 ? aliases.Select(DiscoveryTargets.Parse) : throw NotFound(name, "no alias of ssh_config");
    }

    private IEnumerable<DiscoveryTarget> OfAnsible(string file)
    {
        AnsibleHosts read = Discovery.Sources.AnsibleInventory.Load(SessionState.Path.GetUnresolvedProviderPathFromPSPath(file));
        foreach (string doubt in read.Doubts)
        {
            WriteWarning(doubt);
        }

        return _names.Count == 0 ? read.Hosts.Select(static host => host.Target) : _names.SelectMany(name =>
        {
            DiscoveryTarget[] chosen =
            [
                .. read.Hosts.Where(
                    host => Wildcards.Match(name, host.Target.Name) || host.Groups.Any(group => Wildcards.Match(name, group)))
                    .Select(static host => host.Target),
            ];
            return chosen.Length > 0 ? chosen : throw NotFound(name, "neither a host nor a group of the Ansible inventory");
        });
    }

    private static FoobarException NotFound(string name, string problem) =>
        new("ServerNotFound", ErrorKind.NotFound, $"'{name}' is {problem}.")
        {
            Recommendation = "Tab completes the names that are known; a name without wildcards is given to ssh as it is.",
        };

    private async Task<IReadOnlyList<ServerDiscovery>> ReadAsync(
        IReadOnlyList<DiscoveryTarget> targets, string? sshConfig, CmdletOutput output, CancellationToken cancellationToken)
    {
        SessionRequest request = new(
            string.Empty, DatabaseCredential?.ToLogin(),
            SudoPassword is null ? null : new NetworkCredential(string.Empty, SudoPassword),
            AcceptNewHostKey)
        {
            Ssh = SshCredential?.ToLogin(),
            Transport = SshTransport,
        };
        await using SiteSession session = new(DiscoveryCollector.SiteOf(targets, sshConfig), request.Options());
        return await new Discoverer(ThrottleLimit, TimeSpan.FromSeconds(TimeoutSeconds)).ReadAsync(session, output, cancellationToken);
    }
}
