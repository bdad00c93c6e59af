using System.Management.Automation;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Closes sessions: the connected site's, those given, or all.</summary>
[Cmdlet(VerbsCommunications.Disconnect, "FoobarSite", DefaultParameterSetName = "Session")]
[OutputType(typeof(void))]
public sealed class DisconnectFoobarSite : AsyncCmdlet
{
    private readonly List<ISiteSession> _sessions = [];

    /// <summary>The sessions to close.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ParameterSetName = "Session")]
    [ValidateNotNull]
    public ISiteSession[]? Session { get; set; }

    /// <summary>Whether all sessions of this PowerShell session are closed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "All")]
    public SwitchParameter All { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => _sessions.AddRange(Session ?? []);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        SessionTable table = RunspaceSessions.Here;
        IReadOnlyList<ISiteSession> closing = All
            ? table.TakeAll()
            : MyInvocation.ExpectingInput || Session is not null ? _sessions : Current(table);
        foreach (ISiteSession session in closing)
        {
            table.Take(session);
            WriteVerbose($"Closing the session to {session.Site.Name}.");
        }

        RunspaceSessions.Close(closing);
    }

    private static IReadOnlyList<ISiteSession> Current(SessionTable table) => table.Current is { } current ? [current] : [];
}
