using System.Management.Automation;
using System.Net;
using System.Security;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Connects to the servers of a site, to all at once, and makes it the site that further cmdlets use.</summary>
[Cmdlet(VerbsCommunications.Connect, "FoobarSite")]
[OutputType(typeof(SiteSession))]
public sealed class ConnectFoobarSite : InventoryCmdlet
{
    /// <inheritdoc/>
    [Parameter(Position = 0)]
    [InventoryTransformation]
    public override string? Inventory { get; set; }

    /// <summary>The servers to connect to.</summary>
    [Parameter]
    [SupportsWildcards]
    [ServerNameTransformation]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Server { get; set; }

    /// <summary>The roles to connect to.</summary>
    [Parameter]
    [RoleTransformation]
    public Role[]? Role { get; set; }

    /// <summary>sudo's password on the servers.</summary>
    [Parameter]
    [ValidateNotNull]
    public SecureString? SudoPassword { get; set; }

    /// <summary>Whether the key of a server never seen before is accepted and kept.</summary>
    [Parameter]
    public SwitchParameter AcceptNewHostKey { get; set; }

    /// <summary>How many servers are connected to at once.</summary>
    [Parameter]
    [ValidateRange(1, 1024)]
    public int ThrottleLimit { get; set; } = 32;

    /// <summary>How long connecting to one server may take, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int TimeoutSeconds { get; set; } = 60;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        SessionRequest request = Try(Request) with
        {
            Sudo = SudoPassword is null ? null : new NetworkCredential(string.Empty, SudoPassword),
            AcceptNewHostKey = AcceptNewHostKey,
        };
        ISiteSession session = Try(() => SessionOpener.Open(request, connect: true));
        ServerSelection selection = ServerSelection.Of(session.Site, Server, Role, Wildcards.Test);
        foreach (Exception unknown in selection.Unknown)
        {
            Fail(unknown);
        }

        int connected = Run((output, token) => ConnectAsync(session, selection.Servers, output, token));
        if (connected == 0)
        {
            RunspaceSessions.Here.Take(session);
            RunspaceSessions.Close([session]);
            return;
        }

        WriteObject(session);
    }

    private async Task<int> ConnectAsync(
        ISiteSession session, IReadOnlyList<Server> servers, CmdletOutput output, CancellationToken cancellationToken)
    {
        int connected = 0;
        ServerFanOut fanOut = new(ThrottleLimit, TimeSpan.FromSeconds(TimeoutSeconds));
        await fanOut.RunAsync(
            servers,
            output,
            async (server, token) =>
            {
                await session.GetServerAsync(server.Name, token);
                Interlocked.Increment(ref connected);
            },
            cancellationToken);
        return connected;
    }
}
