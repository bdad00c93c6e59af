using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting.Database;
using Foobar.Ops.Remoting.Forwarding;
using Foobar.Ops.Remoting.Shell;
using Foobar.Ops.Remoting.Transports;

namespace Foobar.Ops.Remoting;

/// <summary>The live session to one server: commands over one shell, forwards beside it.</summary>
/// <param name="server">The server.</param>
/// <param name="channel">Its shell.</param>
/// <param name="forwarder">Its forwards.</param>
/// <param name="start">Starts a command whose streams are apart from the shell's.</param>
/// <param name="log">Takes note of what runs.</param>
internal sealed class ServerSession(
    Server server, ShellChannel channel, IForwarder forwarder, StreamStart start, IActivityLog? log) : IServerSession
{
    /// <summary>How long a cancelled command's end is awaited: callers are back within a second.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(700);

    private readonly Lock _lock = new();
    private Task<DatabaseAddress>? _database;

    public Server Server => server;

    /// <summary>Ends, with the reason, when the connection is gone.</summary>
    public Task<FoobarException> Lost => channel.Lost;

    public async Task<CommandResult> RunAsync(RemoteCommand command, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        log?.Record(new Activity(
            DateTimeOffset.UtcNow, server.Name, ActivityKind.Command, command.Privileged ? $"(root) {command.Script}" : command.Script));
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(command.TimeLimit);
        CommandResult result;
        try
        {
            result = await RunAsync(command, limit).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw RemotingErrors.CommandTimeout(server.Name, command);
        }

        if (result.Truncated && !command.TakesBeginning)
        {
            throw RemotingErrors.OutputTruncated(result, command);
        }

        return command.Requires is not null && result.ExitCode == 127
            ? throw RemotingErrors.CommandNotFound(server.Name, command.Requires)
            : result;
    }

    public async Task<ICommandStream> StartAsync(RemoteCommand command, CancellationToken cancellationToken = default)
    {
        log?.Record(new Activity(
            DateTimeOffset.UtcNow, server.Name, ActivityKind.Command,
            command.Privileged ? $"(root, streamed) {command.Script}" : $"(streamed) {command.Script}"));
        StreamMark mark = await channel.AllowStreamAsync(command, cancellationToken).ConfigureAwait(false);
        try
        {
            return new SessionCommand(await start(command, mark, cancellationToken).ConfigureAwait(false), mark, channel);
        }
        catch
        {
            await channel.EndStreamAsync(mark).ConfigureAwait(false);
            throw;
        }
    }

    public Task<Stream> ConnectAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken = default)
    {
        log?.Record(new Activity(DateTimeOffset.UtcNow, server.Name, ActivityKind.Forward, endpoint.ToString()));
        return forwarder.ConnectAsync(endpoint, cancellationToken);
    }

    public Task<IForward> ForwardAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken = default)
    {
        log?.Record(new Activity(DateTimeOffset.UtcNow, server.Name, ActivityKind.Forward, endpoint.ToString()));
        return forwarder.ForwardAsync(endpoint, cancellationToken);
    }

    /// <summary>Where the server's database is; found once a session.</summary>
    public Task<DatabaseAddress> DatabaseAsync(IReadOnlyList<string> sockets, int? port, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_database is null or { IsFaulted: true })
            {
                _database = DatabaseAddress.FindAsync(this, sockets, port, CancellationToken.None);
            }

            return _database.WaitAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await forwarder.DisposeAsync().ConfigureAwait(false);
        await channel.DisposeAsync().ConfigureAwait(false);
        log?.Record(new Activity(DateTimeOffset.UtcNow, server.Name, ActivityKind.Disconnect, "session ended"));
    }

    private async Task<CommandResult> RunAsync(RemoteCommand command, CancellationTokenSource limit)
    {
        Job job = await channel.StartAsync(command, limit.Token).ConfigureAwait(false);
        try
        {
            return await job.Result.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await EndAsync(job).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Ends a command on the server. A server that doesn't even acknowledge within our patience is given up: the
    /// connection is cut, so that nothing hangs on it, and the error says so.
    /// </summary>
    private async Task EndAsync(Job job)
    {
        long asked = Environment.TickCount64;
        Task told = channel.KillAsync(job);
        await Task.WhenAny(Task.WhenAll(told, Task.WhenAny(job.Result)), Task.Delay(Patience)).ConfigureAwait(false);
        if (!job.Result.IsCompleted && !job.Acknowledged.IsCompleted && channel.LastHeard < asked)
        {
            throw channel.GiveUp();
        }
    }
}
