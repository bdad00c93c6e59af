using Foobar.Ops.Inventory;

namespace Foobar.Ops.Remoting;

/// <summary>
/// The live SSH connection to one server: many commands over one authenticated connection, several at once. Safe for
/// concurrent use. Errors are <see cref="Errors.FoobarException"/>s that name the server.
/// </summary>
public interface IServerSession : IAsyncDisposable
{
    /// <summary>The server as declared.</summary>
    Server Server { get; }

    /// <summary>The clock by which what goes over it is waited for and limited.</summary>
    TimeProvider Time => TimeProvider.System;

    /// <summary>Runs a command and gives its output, error and exit code apart.</summary>
    /// <param name="command">The command with its privilege, input, time limit and output cap.</param>
    /// <param name="cancellationToken">Cancels: ends what runs on the server, leaves the session usable.</param>
    /// <exception cref="Errors.FoobarException"><c>CommandTimeout</c>, <c>ConnectionLost</c>, <c>SudoRefused</c> ...</exception>
    Task<CommandResult> RunAsync(RemoteCommand command, CancellationToken cancellationToken = default);

    /// <summary>
    /// Starts a command whose input and output are streamed, over a connection of its own: for what is too large to be held
    /// in memory. Its <see cref="RemoteCommand.Input"/>, time limit and output cap don't count.
    /// </summary>
    /// <exception cref="Errors.FoobarException">As <see cref="RunAsync"/>.</exception>
    Task<ICommandStream> StartAsync(RemoteCommand command, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    /// <summary>Opens a byte stream to something that listens on, or is reachable from, the server, through the session.</summary>
    Task<Stream> ConnectAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken = default);

    /// <summary>
    /// Makes a unix socket in a directory only the operator can enter (mode 0700), each connection to which is carried to
    /// the endpoint on the server. For drivers that want an address instead of a stream.
    /// </summary>
    Task<IForward> ForwardAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken = default);
}

/// <summary>
/// A command that runs on a server, with its streams. Disposing ends it there with all it started, and waits for that for up
/// to 5 s. Where its session is lost, the server ends it with the session: within a minute at the latest.
/// </summary>
public interface ICommandStream : IAsyncDisposable
{
    /// <summary>What it reads; dispose it to end its input.</summary>
    Stream Input { get; }

    /// <summary>What it writes.</summary>
    Stream Output { get; }

    /// <summary>Waits until it has ended; its output must have been read.</summary>
    /// <returns>Its exit code, and the last lines of its standard error.</returns>
    Task<(int ExitCode, string Error)> ExitAsync(CancellationToken cancellationToken = default);
}

/// <summary>A local socket that leads through a session to an endpoint on a server; closed by disposing.</summary>
public interface IForward : IAsyncDisposable
{
    /// <summary>The absolute path of the local unix socket.</summary>
    string LocalPath { get; }
}
