using System.Globalization;
using Foobar.Ops.Auditing;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Sites;

/// <summary>
/// The base of cmdlets that read facts by the audit's own collectors: all servers meant at once, one error a server that
/// can't be read.
/// </summary>
public abstract class SnapshotCmdlet : ServerCmdlet
{
    /// <summary>The areas and controls whose facts are read; the servers are those of the command line.</summary>
    private protected virtual AuditScope Controls => AuditScope.Everything;

    /// <summary>Whether the endpoints of the site are scanned too.</summary>
    private protected virtual bool ScansTls => false;

    /// <summary>Does with the snapshot what the cmdlet is for.</summary>
    private protected abstract void Take(Snapshot snapshot, AuditScope scope, CmdletOutput output);

    /// <inheritdoc/>
    private protected override async Task ProcessServersAsync(
        ISiteSession site, IReadOnlyList<Server> servers, CmdletOutput output, CancellationToken cancellationToken)
    {
        AuditScope scope = Narrow(Controls, site.Site, servers);
        output.Progress.Report("reading facts");
        SnapshotResult result = await ReadAsync(site, scope, Options(output), output, cancellationToken);
        foreach (FoobarException error in result.Errors)
        {
            output.Fail(error);
        }

        Take(result.Snapshot, scope, output);
    }

    /// <summary>Reads the facts.</summary>
    private protected virtual Task<SnapshotResult> ReadAsync(
        ISiteSession site, AuditScope scope, CollectOptions options, CmdletOutput output, CancellationToken cancellationToken) =>
        new SnapshotCollector(site, scope, options).CollectAsync(cancellationToken);

    private CollectOptions Options(CmdletOutput output) => new()
    {
        ThrottleLimit = ThrottleLimit,
        ServerTimeLimit = TimeSpan.FromSeconds(TimeoutSeconds),
        IncludeTlsScan = ScansTls,
        Progress = done => output.Progress.Report(string.Create(CultureInfo.InvariantCulture, $"{done.Done} of {done.Total} servers read")),
    };

    /// <summary>The scope with the servers that are meant; all of them leave it the whole site.</summary>
    private protected static AuditScope Narrow(AuditScope scope, Site site, IReadOnlyList<Server> servers) =>
        servers.Count == site.Servers.Count ? scope : scope with { Servers = [.. servers.Select(server => server.Name)] };
}
