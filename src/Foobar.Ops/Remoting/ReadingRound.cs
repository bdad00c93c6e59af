using System.Collections.Concurrent;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Remoting;

/// <summary>
/// One round of reading from one server: commands that say so (<see cref="RemoteCommand.IsShared"/>) run once however many
/// collectors ask for them, so that all see the same moment. What a command reads that has not changed since an earlier round of the
/// session is not read again (<see cref="RemoteCommand.Sources"/>).
/// </summary>
/// <param name="session">The site's connections.</param>
/// <param name="limit">Ends the round, and the commands that are shared; each caller's own token ends only its waiting.</param>
internal sealed class ReadingRound(ISiteSession session, CancellationToken limit)
{
    private readonly ConcurrentDictionary<(string Server, RemoteCommand Command), Lazy<Task<CommandResult>>> _shared = new();
    private readonly ConcurrentDictionary<string, Lazy<Task<SourceLook?>>> _looks = new();
    private readonly ConcurrentDictionary<(string Server, bool Privileged), JoinedCommands> _joined = new();

    /// <summary>The session as one collector of the round has it.</summary>
    /// <param name="ran">Told of each command that has ended; called from several threads.</param>
    public ISiteSession For(Action<CommandResult>? ran = null) => new View(this, ran);

    private Task<CommandResult> RunAsync(IServerSession server, RemoteCommand command, CancellationToken cancellationToken)
    {
        if (!command.IsShared && command.Sources is null)
        {
            return command.IsShort ? StartAsync(server, command).WaitAsync(cancellationToken) : server.RunAsync(command, cancellationToken);
        }

        Lazy<Task<CommandResult>> run = _shared.GetOrAdd(
            (server.Server.Name, command),
            _ => new(() => command.Sources is null ? StartAsync(server, command) : RecallAsync(server, command)));
        return run.Value.WaitAsync(cancellationToken);
    }

    private Task<CommandResult> StartAsync(IServerSession server, RemoteCommand command) =>
        command.IsShort && command.Input.IsEmpty && command.Requires is null
            ? _joined.GetOrAdd((server.Server.Name, command.Privileged), _ => new JoinedCommands(server, limit)).RunAsync(command)
            : server.RunAsync(command, limit);

    private async Task<CommandResult> RecallAsync(IServerSession server, RemoteCommand command)
    {
        SessionMemory memory = SessionMemory.Of(server);
        Task<SourceLook?> looking = _looks.GetOrAdd(server.Server.Name, _ => new(() => memory.LookAsync(server, limit))).Value;
        if (memory.IsEmpty)
        {
            // Nothing to be looked for: the first round of a session does not wait.
            CommandResult first = await StartAsync(server, command).ConfigureAwait(false);
            if (await looking.ConfigureAwait(false) is { } began)
            {
                memory.Keep(command, first, began);
            }

            return first;
        }

        SourceLook? look = await looking.ConfigureAwait(false);
        if (look is not null && memory.Recall(command, look) is { } known)
        {
            return known;
        }

        CommandResult result = await StartAsync(server, command).ConfigureAwait(false);
        if (look is not null)
        {
            memory.Keep(command, result, look);
        }

        return result;
    }

    private sealed class View(ReadingRound round, Action<CommandResult>? ran) : ISiteSession
    {
        public Site Site => round.Session.Site;

        public TimeProvider Time => round.Session.Time;

        public bool IsClosed => round.Session.IsClosed;

        public async Task<IServerSession> GetServerAsync(string server, CancellationToken cancellationToken = default) =>
            new ServerView(await round.Session.GetServerAsync(server, cancellationToken).ConfigureAwait(false), round, ran);

        public Task<IDatabaseSession> OpenDatabaseAsync(string server, CancellationToken cancellationToken = default) =>
            round.Session.OpenDatabaseAsync(server, cancellationToken);

        public ISiteSession Fresh() => round.Session.Fresh();

        // The session belongs to whoever began the round.
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class ServerView(IServerSession server, ReadingRound round, Action<CommandResult>? ran) : IServerSession
    {
        public Server Server => server.Server;

        public TimeProvider Time => server.Time;

        public async Task<CommandResult> RunAsync(RemoteCommand command, CancellationToken cancellationToken = default)
        {
            CommandResult result = await round.RunAsync(server, command, cancellationToken).ConfigureAwait(false);
            ran?.Invoke(result);
            return result;
        }

        public Task<ICommandStream> StartAsync(RemoteCommand command, CancellationToken cancellationToken = default) =>
            server.StartAsync(command, cancellationToken);

        public Task<Stream> ConnectAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken = default) =>
            server.ConnectAsync(endpoint, cancellationToken);

        public Task<IForward> ForwardAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken = default) =>
            server.ForwardAsync(endpoint, cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private ISiteSession Session => session;
}
