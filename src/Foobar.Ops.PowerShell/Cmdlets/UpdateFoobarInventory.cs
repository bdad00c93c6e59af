using System.Management.Automation;
using Foobar.Ops.Discovery;
using Foobar.Ops.Discovery.Facts;
using Foobar.Ops.Discovery.Proposing;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.InventoryChange;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Shows how an inventory and what its servers show differ, and takes over what was found where that is asked for.</summary>
[Cmdlet(VerbsData.Update, "FoobarInventory", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(InventoryDifference))]
public sealed class UpdateFoobarInventory : InventoryCmdlet
{
    /// <inheritdoc/>
    [Parameter(Position = 0)]
    [InventoryTransformation]
    public override string? Inventory { get; set; }

    /// <summary>Whether what was found is written into the inventory.</summary>
    [Parameter]
    public SwitchParameter Apply { get; set; }

    /// <summary>The keys of the inventory that are meant, by wildcard.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Key { get; set; } = ["*"];

    /// <summary>How many servers are read at once.</summary>
    [Parameter]
    [ValidateRange(1, 1024)]
    public int ThrottleLimit { get; set; } = 32;

    /// <summary>How long one server may take, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int TimeoutSeconds { get; set; } = 60;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        SessionRequest request = Try(Request);
        ISiteSession session = Try(() => SessionOpener.Open(request, connect: false));
        IReadOnlyList<ServerDiscovery> servers = Run((output, token) =>
            new Discoverer(ThrottleLimit, TimeSpan.FromSeconds(TimeoutSeconds)).ReadAsync(session, output, token));
        Site declared = session.Site;
        InventoryProposal proposal = InventoryProposer.Propose(servers, new ProposalOptions
        {
            SiteName = declared.Name,
            SshConfig = declared.SshConfig,
            TrustedAuthorities = declared.Policy.Tls.TrustedAuthorities,
            AuthoritiesFile = Path.GetFileName(InventoryFiles.AuthoritiesPath(request.Inventory)),
            OwnInterfaces = Discoverer.OwnInterfaces(),
        });
        bool isComplete = servers.All(static server => server.Failure is null);
        InventoryDifference[] differences =
            [
                .. InventoryComparer.Compare(declared, proposal, isComplete)
                    .Where(difference => Key.Any(key => Wildcards.Match(key, difference.Key))),
            ];
        HashSet<InventoryDifference> chosen =
        [
            .. differences.Where(difference => Apply && difference.CanApply && ShouldProcess(request.Inventory, Describe(difference))),
        ];
        if (chosen.Count > 0)
        {
            Try(() =>
            {
                InventoryFiles.Replace(InventoryComparer.Apply(declared, differences.Where(chosen.Contains)), proposal, request.Inventory);
                return 0;
            });
        }

        foreach (InventoryDifference difference in differences)
        {
            WriteObject(difference with { IsApplied = chosen.Contains(difference) });
        }
    }

    private static string Describe(InventoryDifference difference) =>
        difference.Declared is null
            ? $"Add {difference.Found} to {difference.Key}"
            : $"Set {difference.Key} from {difference.Declared} to {difference.Found}";
}
