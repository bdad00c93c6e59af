using System.Management.Automation;
using Foobar.Ops.Inventory;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Takes servers of HAProxy's backends out and back in, and waits until that is so.</summary>
[Cmdlet(VerbsCommon.Set, "FoobarBackend", SupportsShouldProcess = true)]
[OutputType(typeof(BackendChange))]
public sealed class SetFoobarBackend : ServerCmdlet
{
    private readonly List<(string? Server, string Backend, string Name)> _members = [];

    /// <summary>The backend.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ValidatePattern("^[A-Za-z0-9_.:-]+$")]
    public string Backend { get; set; } = string.Empty;

    /// <summary>The servers' names in the backend.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ValidatePattern("^[A-Za-z0-9_.:-]+$")]
    public string[] Name { get; set; } = [];

    /// <summary>What is wanted.</summary>
    [Parameter(Mandatory = true)]
    public BackendTarget State { get; set; }

    /// <summary>How long to wait until the server takes traffic, or until its sessions have ended, in seconds.</summary>
    [Parameter]
    [ValidateRange(0, 86400)]
    public int WaitSeconds { get; set; } = 30;

    /// <summary>Whether the last server of a backend may be taken out.</summary>
    [Parameter]
    public SwitchParameter AcceptOutage { get; set; }

    /// <summary>Whether a restart of HAProxy shall find it so too.</summary>
    [Parameter]
    public SwitchParameter Persist { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        TimeoutSeconds = Math.Max(TimeoutSeconds, WaitSeconds + 60);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        base.ProcessRecord();
        foreach (string name in Name)
        {
            foreach (string? server in (IReadOnlyList<string?>?)Server ?? [null])
            {
                _members.Add((server, Backend, name));
            }
        }
    }

    private protected override bool Approve(Server server) => server.Is(Foobar.Ops.Inventory.Role.LoadBalancer)
        && ShouldProcess(
            server.Name,
            $"Set {string.Join(", ", Members(server).Select(member => $"{member.Backend}/{member.Name}"))} to "
                + $"{State}{(Persist ? ", after a restart too" : "")}");

    private protected override async Task ProcessServerAsync(
        ISiteSession site, Server server, CmdletOutput output, CancellationToken cancellationToken)
    {
        IServerSession session = await site.GetServerAsync(server.Name, cancellationToken);
        foreach ((_, string backend, string name) in Members(server))
        {
            output.Progress.Report($"{backend}/{name} to {State}");
            BackendChange change = await BackendSwitch.SetAsync(
                session, site.Site.Policy.LoadBalancing.AdminSocket, backend, name, State, AcceptOutage, TimeSpan.FromSeconds(
                    WaitSeconds), cancellationToken);
            output.Write(Persist ? await BackendSwitch.PersistAsync(session, change, State, cancellationToken) : change);
            if (State != BackendTarget.Ready && change.SessionsLeft > 0)
            {
                output.Warn($"{server.Name}: {backend}/{name} still holds {change.SessionsLeft} sessions after {WaitSeconds} s.");
            }
        }
    }

    private IEnumerable<(string? Server, string Backend, string Name)> Members(Server server) =>
        _members.Where(
            member => member.Server is null || WildcardPattern.Get(member.Server, WildcardOptions.IgnoreCase).IsMatch(server.Name))
            .DistinctBy(member => (member.Backend, member.Name));
}
