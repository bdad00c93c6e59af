using Foobar.Ops.Errors;
using Foobar.Ops.Remoting.Forwarding;
using Foobar.Ops.Remoting.Shell;

namespace Foobar.Ops.Remoting.Transports;

/// <summary>One server's SSH connection, as a session is built on it.</summary>
/// <param name="Shell">The login's shell. Disposing it ends the connection.</param>
/// <param name="Forwarder">Carries connections to endpoints beyond the server; disposed before the shell.</param>
/// <param name="StartAsync">Starts a command whose streams are apart from the shell's.</param>
internal sealed record SshConnection(IShellTransport Shell, IForwarder Forwarder, StreamStart StartAsync)
{
    /// <summary>
    /// Asked once the shell has answered: why the connection is not to be used after all; <see langword="null"/> if nothing
    /// is against it.
    /// </summary>
    public Func<FoobarException?> Objection { get; init; } = static () => null;
}

/// <summary>Starts a command whose streams are apart from the shell's; the session ends it by its mark.</summary>
internal delegate Task<ICommandStream> StreamStart(RemoteCommand command, StreamMark mark, CancellationToken cancellationToken);
