using System.Management.Automation;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.PowerShell.Hosted;

/// <summary>Does the work it is given, off the pipeline thread.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "Work")]
internal sealed class InvokeWork : AsyncCmdlet
{
    [Parameter(Mandatory = true, Position = 0)]
    public Func<CmdletOutput, CancellationToken, Task>? Work { get; set; }

    [Parameter(ValueFromPipeline = true)]
    public object? InputObject { get; set; }

    protected override void ProcessRecord() => Run(Work!);
}

/// <summary>Does a short thing on the pipeline thread.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "Try")]
internal sealed class InvokeTry : AsyncCmdlet
{
    [Parameter(Mandatory = true, Position = 0)]
    public Func<object>? Act { get; set; }

    protected override void ProcessRecord() => WriteObject(Try(Act!));
}

/// <summary>What happened in a <c>Set-Thing</c>, for the test to look at.</summary>
internal sealed class ThingLog
{
    public List<string> Events { get; } = [];

    public HashSet<int> AskingThreads { get; } = [];

    /// <summary>What is done on a server; nothing unless a test says what.</summary>
    public Func<Server, CmdletOutput, CancellationToken, Task> Work { get; init; } = (_, _, _) => Task.CompletedTask;

    public void Add(string what)
    {
        lock (Events)
        {
            Events.Add(what);
        }
    }
}

/// <summary>Changes a thing on servers, once it has asked.</summary>
[Cmdlet(VerbsCommon.Set, "Thing", SupportsShouldProcess = true)]
internal sealed class SetThing : ServerCmdlet
{
    [Parameter(Mandatory = true)]
    public ThingLog? Log { get; set; }

    [Parameter]
    public SwitchParameter MustName { get; set; }

    private protected override bool MustNameServers => MustName;

    private protected override bool Approve(Server server)
    {
        Log!.AskingThreads.Add(Environment.CurrentManagedThreadId);
        Log.Add($"ask {server.Name}");
        return ShouldProcess(server.Name, "Change the thing");
    }

    private protected override async Task ProcessServerAsync(
        ISiteSession site, Server server, CmdletOutput output, CancellationToken cancellationToken)
    {
        Log!.Add(
            ReferenceEquals(site.Site.Find(server.Name), server)
                ? $"work {server.Name}"
                : $"work {server.Name}, which the session does not know");
        await Task.Yield();
        await Log.Work(server, output, cancellationToken);
        output.Write(server.Name);
    }
}

/// <summary>Gives the site that a cmdlet would work on, and its session if it opened one.</summary>
[Cmdlet(VerbsCommon.Get, "Declared")]
internal sealed class GetDeclared : SiteCmdlet
{
    [Parameter]
    public SwitchParameter Open { get; set; }

    protected override void EndProcessing() => WriteObject(Open ? OpenSite() : FindSite());
}

/// <summary>Gives the inventory that a cmdlet would use, and the users that it would log in as: on databases, on servers.</summary>
[Cmdlet(VerbsCommon.Get, "Place")]
internal sealed class GetPlace : InventoryCmdlet
{
    protected override void EndProcessing()
    {
        WriteObject(Try(LocateInventory));
        SessionRequest request = Try(Request);
        WriteObject(request.Database?.UserName);
        WriteObject(request.Ssh?.UserName);
    }
}
