using System.Management.Automation;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.FirewallChange;
using Foobar.Ops.Planning;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>
/// Makes the firewalls of servers what the policy says, or what they were before their last change, with a rollback on each
/// server that fires unless the change is confirmed.
/// </summary>
[Cmdlet(
    VerbsCommon.Set,
    "FoobarFirewall",
    SupportsShouldProcess = true,
    ConfirmImpact = ConfirmImpact.High,
    DefaultParameterSetName = "Policy")]
[OutputType(typeof(FirewallChangeResult), typeof(FirewallChangePreview))]
public sealed class SetFoobarFirewall : ServerChoiceCmdlet
{
    /// <summary>Whether the last change of each server is undone.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Undo")]
    public SwitchParameter Undo { get; set; }

    /// <summary>Whether it is undone though something else has changed rules or nftables.conf since.</summary>
    [Parameter(ParameterSetName = "Undo")]
    public SwitchParameter AcceptLaterChanges { get; set; }

    /// <summary>After how many seconds a server whose change was not confirmed puts its old rules back.</summary>
    [Parameter]
    [ValidateRange(30, 3600)]
    public int RollbackSeconds { get; set; } = 180;

    /// <summary>Whether the change is made although it would end the operator's access.</summary>
    [Parameter]
    public SwitchParameter AcceptLockout { get; set; }

    /// <summary>Whether rules that another program makes are replaced.</summary>
    [Parameter(ParameterSetName = "Policy")]
    public SwitchParameter AcceptOtherManagers { get; set; }

    private protected override bool MustNameServers => true;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        IReadOnlyList<Server> servers = ChooseServers(FindSite());
        if (servers.Count == 0)
        {
            return;
        }

        ISiteSession site = OpenSite();
        OperationStore store = OperationStore.Of(site.Site);
        EarlierChange? earlier = Run((_, token) => EarlierChange.FindAsync(store, site, token));
        if (earlier is not null)
        {
            WriteWarning(earlier.ToString());
        }

        FirewallChange change = Run((_, token) => FirewallChange.PrepareAsync(
            site, OwnOf(site, servers), Options(), TimeProvider.System, token));
        FirewallChangePreview[] changing = [.. change.Previews.Where(static preview => preview.IsChange)];
        if (IsWhatIf())
        {
            // What would be refused is an error when it is tried.
            foreach (string refusal in changing.SelectMany(static preview => preview.Refusals))
            {
                WriteWarning(refusal);
            }
        }
        else
        {
            Run((_, _) =>
            {
                change.Refuse();
                return Task.CompletedTask;
            });
        }

        bool approved = changing.Count(preview => ShouldProcess(
            $"{preview.Server}: {preview.Summary}",
            $"{preview.Server}: {preview.Summary}\n{string.Join('\n', preview.Outline)}",
            "Set-FoobarFirewall"))
                == changing.Length
                && changing.Length > 0;
        if (earlier is not null && changing.Length == 0 && ShouldProcess(site.Site.Name, "Take note that the earlier change is ended"))
        {
            earlier.Close();
        }

        if (!approved)
        {
            WriteObject(change.Previews, enumerateCollection: true);
            return;
        }

        FirewallChangeResult result = Run((output, token) => change.RunAsync(store, new StepProgress(output), token));
        WriteObject(result);
        if (Failure(result) is { } failure)
        {
            Fail(failure, result);
        }
    }

    private FirewallChangeOptions Options() => new()
    {
        RollbackAfter = TimeSpan.FromSeconds(RollbackSeconds),
        AcceptLockout = AcceptLockout,
        AcceptOtherManagers = AcceptOtherManagers,
        Undo = Undo,
        AcceptLaterChanges = AcceptLaterChanges,
    };

    private static FoobarException? Failure(FirewallChangeResult result) => result.Outcome switch
    {
        PlanOutcome.Undone => new FoobarException(
            "FirewallChangeUndone", ErrorKind.Failed, $"The firewalls are as they were: {result.Error}")
        {
            Recommendation = "Put right what the message names, and try again.",
        },
        PlanOutcome.Degraded => new FoobarException(
            "FirewallChangeDegraded", ErrorKind.Failed,
            "The new rules were confirmed, but a later step failed; a server whose rollback was not disarmed goes back to its old rules: "
                + $"{result.Error}")
        {
            Recommendation = "See the Steps of the result, and run Set-FoobarFirewall again.",
        },
        PlanOutcome.UndoFailed => new FoobarException(
            "FirewallChangeUndoFailed", ErrorKind.Failed,
            $"The change failed, and undoing it was not confirmed; the servers put their old rules back at their deadline: {result.Error}")
        {
            Recommendation = $"Wait for the deadline, then run Test-FoobarFirewall. The journal is {result.Journal}.",
        },
        _ => null,
    };
}
