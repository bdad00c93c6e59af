using System.Management.Automation;

namespace Foobar.Ops.PowerShell.Sites;

/// <summary>Closes the sessions of a runspace when the module is removed from it; PowerShell finds it by its interface.</summary>
public sealed class SessionCleanup : IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo) => RunspaceSessions.CloseHere();
}
