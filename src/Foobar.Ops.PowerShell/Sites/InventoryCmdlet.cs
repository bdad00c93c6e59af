using System.Management.Automation;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Hosting;

namespace Foobar.Ops.PowerShell.Sites;

/// <summary>The base of cmdlets that need an inventory: <c>-Inventory</c>, else the environment's, else the one in the current folder.</summary>
public abstract class InventoryCmdlet : AsyncCmdlet
{
    /// <summary>The path of the inventory to use.</summary>
    [Parameter]
    [InventoryTransformation]
    public virtual string? Inventory { get; set; }

    /// <summary>The database login.</summary>
    [Parameter]
    [Credential]
    public PSCredential? DatabaseCredential { get; set; }

    /// <summary>The absolute path of the inventory that the command line, the environment or the current folder names.</summary>
    private protected string LocateInventory() => InventoryLoader.Locate(
        Inventory,
        Environment.GetEnvironmentVariable(InventoryLoader.EnvironmentVariable),
        SessionState.Path.CurrentFileSystemLocation.ProviderPath);
}
