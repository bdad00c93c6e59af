using System.Management.Automation;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Sites;

/// <summary>
/// The base of cmdlets that need a site: <c>-Session</c>, else <c>-Inventory</c>, else the connected site, else the
/// environment's inventory, else the one in the current folder.
/// </summary>
public abstract class SiteCmdlet : InventoryCmdlet
{
    /// <summary>The session to use.</summary>
    [Parameter]
    public ISiteSession? Session { get; set; }

    /// <summary>The site as declared; connects to nothing.</summary>
    private protected Site FindSite() => Try(() => Given()?.Site ?? InventoryLoader.Load(LocateInventory()));

    /// <summary>
    /// The session to work with; opened and kept for the next cmdlet where there is none. Servers are connected on first use.
    /// </summary>
    private protected ISiteSession OpenSite() => Try(() =>
    {
        ISiteSession session = Given() ?? SessionOpener.Open(Request(), connect: false);
        session.EnsureOpen();
        return session;
    });

    private ISiteSession? Given()
    {
        // A variable that is empty, since connecting failed or its name is mistyped, must not lead to another site.
        if (Session is null && IsGiven(nameof(Session)))
        {
            throw new FoobarException("SessionRequired", ErrorKind.InvalidInput, "-Session was given nothing.")
            {
                Recommendation = "Give what Connect-FoobarSite returned; it returns nothing where no server could be connected to.",
            };
        }

        // A login or an inventory given here means another session than the connected one.
        return Session ?? (Inventory is null && !NamesLogin ? RunspaceSessions.Here.Current : null);
    }
}
