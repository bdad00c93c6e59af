using System.Management.Automation;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.Operations.Backends;
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

    private protected override bool Approve(Server server)
    {
        if (!server.Is(Foobar.Ops.Inventory.Role.LoadBalancer))
        {
            return false;
        }

        (string? Server, string Backend, string Name)[] members = [.. IsWhatIf() ? Allowed(server) : Members(server)];
        return members.Length > 0
            && ShouldProcess(
                server.Name,
                $"Set {string.Join(", ", members.Select(member => $"{member.Backend}/{member.Name}"))} to "
                    + $"{State}{(Persist ? ", after a restart too" : "")}");
    }

    private protected override async Task ProcessServerAsync(
        ISiteSession site, Server server, CmdletOutput output, CancellationToken cancellationToken)
    {
        BackendOperation operation = new(site, State, AcceptOutage, Persist);
        foreach ((_, string backend, string name) in Members(server))
        {
            output.Progress.Report($"{backend}/{name} to {State}");
            BackendChange change = await operation.SetAsync(
                server.Name, backend, name, TimeSpan.FromSeconds(WaitSeconds), cancellationToken);
            output.Write(Persist ? await PersistAsync(operation, change, output, cancellationToken) : change);
            if (State != BackendTarget.Ready && change.SessionsLeft > 0)
            {
                output.Warn($"{server.Name}: {backend}/{name} still holds {change.SessionsLeft} sessions after {WaitSeconds} s.");
            }

            if (State != BackendTarget.Ready && change.SessionsOfOlderWorkers is null)
            {
                output.Warn($"{server.Name}: whether older workers of HAProxy still hold sessions of {backend}/{name} could not be seen "
                    + "(ss -tnp state established).");
            }
        }
    }

    // What was done before is shown though it can't be made to last.
    private static async Task<BackendChange> PersistAsync(
        BackendOperation operation, BackendChange change, CmdletOutput output, CancellationToken cancellationToken)
    {
        try
        {
            return await operation.PersistAsync(change, cancellationToken);
        }
        catch (FoobarException)
        {
            output.Write(change);
            throw;
        }
    }

    // What the real call refuses is an error of the preview too. A load balancer that can't be asked is told, no more.
    private List<(string? Server, string Backend, string Name)> Allowed(Server server)
    {
        ISiteSession site = OpenSite();
        BackendOperation operation = new(site, State, AcceptOutage, Persist);
        List<(string? Server, string Backend, string Name)> allowed = [];
        foreach ((string? Server, string Backend, string Name) member in Members(server))
        {
            FoobarException? refusal = Run(
                (_, token) => operation.FindRefusalAsync(server.Name, member.Backend, member.Name, token));
            if (refusal is { Kind: ErrorKind.Refused or ErrorKind.NotFound })
            {
                Fail(refusal, server.Name);
                continue;
            }

            if (refusal is not null)
            {
                WriteWarning($"Whether {member.Backend}/{member.Name} may be changed could not be seen: {refusal.Message}");
            }

            allowed.Add(member);
        }

        return allowed;
    }

    private IEnumerable<(string? Server, string Backend, string Name)> Members(Server server) =>
        _members.Where(
            member => member.Server is null || WildcardPattern.Get(member.Server, WildcardOptions.IgnoreCase).IsMatch(server.Name))
            .DistinctBy(member => (member.Backend, member.Name));
}
