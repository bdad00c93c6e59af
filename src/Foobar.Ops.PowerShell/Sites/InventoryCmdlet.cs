using System.Management.Automation;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Binding;

namespace Foobar.Ops.PowerShell.Sites;

/// <summary>
/// The base of cmdlets that need an inventory: <c>-Inventory</c>, else the environment's, else the one in the current folder.
/// </summary>
public abstract class InventoryCmdlet : LoginCmdlet
{
    /// <summary>The path of the inventory to use.</summary>
    [Parameter]
    [InventoryTransformation]
    public virtual string? Inventory { get; set; }

    /// <summary>Whether a login or a transport is given here, which means another session than the connected one.</summary>
    private protected bool NamesLogin => DatabaseCredential is not null || SshCredential is not null || SshTransport != SshTransport.Auto;

    /// <summary>The session that the parameters ask for.</summary>
    private protected SessionRequest Request() => new(LocateInventory(), DatabaseCredential?.ToLogin())
    {
        Ssh = SshCredential?.ToLogin(),
        Transport = SshTransport,
    };

    /// <summary>The absolute path of the inventory that the command line, the environment or the current folder names.</summary>
    /// <exception cref="FoobarException"><c>InventoryNotFound</c>: an empty path was given, or none is named and the current folder has
    /// none.</exception>
    private protected string LocateInventory()
    {
        // A variable that is empty must not lead to another site.
        if (string.IsNullOrEmpty(Inventory) && IsGiven(nameof(Inventory)))
        {
            throw new FoobarException("InventoryNotFound", ErrorKind.NotFound, "-Inventory was given an empty path.")
            {
                Recommendation = "Give the path of an inventory, or leave -Inventory out.",
            };
        }

        return InventoryLoader.Locate(
            Inventory,
            Environment.GetEnvironmentVariable(InventoryLoader.EnvironmentVariable),
            SessionState.Path.CurrentFileSystemLocation.ProviderPath);
    }
}
