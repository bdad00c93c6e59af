using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Sites;

/// <summary>A site's session whose every use <c>-Verbose</c> tells: what runs where. Standard input, where secrets travel, is never told.</summary>
internal sealed class LoggedSiteSession(ISiteSession inner, CmdletOutput output) : ISiteSession
{
    public Site Site => inner.Site;

    public async Task<IServerSession> GetServerAsync(string server, CancellationToken cancellationToken = default) =>
        new LoggedServerSession(await inner.GetServerAsync(server, cancellationToken), output);

    public async Task<IDatabaseSession> OpenDatabaseAsync(string server, CancellationToken cancellationToken = default)
    {
        output.Verbose($"{server}: opening a database connection");
        return new LoggedDatabaseSession(await inner.OpenDatabaseAsync(server, cancellationToken), output);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}

/// <summary>A server's session that tells each command.</summary>
internal sealed class LoggedServerSession(IServerSession inner, CmdletOutput output) : IServerSession
{
    public Server Server => inner.Server;

    public async Task<CommandResult> RunAsync(RemoteCommand command, CancellationToken cancellationToken = default)
    {
        output.Verbose($"{Server}: running{(command.Privileged ? " as root" : string.Empty)}: {LogText.Shorten(command.Script)}");
        CommandResult result = await inner.RunAsync(command, cancellationToken);
        output.Debug($"{Server}: exit code {result.ExitCode} after {result.Duration.TotalMilliseconds:F1} ms, {result.Output.Length} bytes of output, {result.Error.Length} of error: {LogText.Shorten(command.Script)}");
        return result;
    }

    public Task<Stream> ConnectAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken = default)
    {
        output.Verbose($"{Server}: connecting through it to {endpoint}");
        return inner.ConnectAsync(endpoint, cancellationToken);
    }

    public Task<IForward> ForwardAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken = default)
    {
        output.Verbose($"{Server}: forwarding a local socket to {endpoint}");
        return inner.ForwardAsync(endpoint, cancellationToken);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}

/// <summary>A database connection that tells each statement; the values of parameters are never told.</summary>
internal sealed class LoggedDatabaseSession(IDatabaseSession inner, CmdletOutput output) : IDatabaseSession
{
    public string Server => inner.Server;

    public string ServerVersion => inner.ServerVersion;

    public bool IsMariaDb => inner.IsMariaDb;

    public Task<IReadOnlyList<DatabaseRow>> QueryAsync(string sql, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default)
    {
        output.Verbose($"{Server}: SQL: {LogText.Shorten(sql)}");
        return inner.QueryAsync(sql, parameters, cancellationToken);
    }

    public Task<int> ExecuteAsync(string sql, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default)
    {
        output.Verbose($"{Server}: SQL: {LogText.Shorten(sql)}");
        return inner.ExecuteAsync(sql, parameters, cancellationToken);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
