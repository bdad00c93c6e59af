using System.Management.Automation;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Sites;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Lists the servers of the site, as declared; connects to none.</summary>
[Cmdlet(VerbsCommon.Get, "FoobarServer")]
[OutputType(typeof(Server))]
public sealed class GetFoobarServer : ServerChoiceCmdlet
{
    /// <inheritdoc/>
    protected override void EndProcessing() => WriteObject(ChooseServers(FindSite()), enumerateCollection: true);
}
