using Foobar.Ops.Drivers.Ssh.Channels;
using Foobar.Ops.Drivers.Ssh.Logins;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Drivers;
using Foobar.Ops.Remoting.Ssh.Hops;
using Foobar.Ops.Remoting.Transports;

namespace Foobar.Ops.Drivers.Ssh;

/// <summary>
/// Connections by SSH.NET: one authenticated connection a server, each jump host's key judged on the way; a channel for the shell, one for
/// each forward and each streamed command.
/// </summary>
/// <param name="context">What it works with.</param>
internal sealed class SshNetTransport(SshDriverContext context) : ISshTransport
{
    private readonly KeyRing _ring = new(context.Options.Ssh?.Password);

    /// <inheritdoc/>
    public string Describe(Server server) => $"SSH.NET {server.Ssh.Host}{(context.Options.Ssh is { } login ? $" as {login.User}" : "")}";

    /// <inheritdoc/>
    public void Dispose() => _ring.Dispose();

    /// <inheritdoc/>
    public async Task<SshConnection> OpenAsync(Server server, CancellationToken cancellationToken)
    {
        IReadOnlyList<SshHop> hops = await context.Hops.ResolveAsync(server, cancellationToken).ConfigureAwait(false);
        Stack<SshNetConnection> open = new();
        try
        {
            for (int at = 0; at < hops.Count; at++)
            {
                HopConnector connector = new(server.Name, hops[at], isJump: at < hops.Count - 1, context.Options, _ring);
                open.Push(
                    await connector.ConnectAsync(
                        open.TryPeek(out SshNetConnection? previous)
                            ? previous
                            : null, context.Directory, cancellationToken)
                            .ConfigureAwait(false));
            }

            SshNetConnection connection = open.Peek();
            SshNetShell shell = await SshNetShell.StartAsync(server.Name, [.. open], cancellationToken).ConfigureAwait(false);
            return new SshConnection(
                shell,
                new SshNetForwarder(server.Name, connection, context.Directory),
                (command, mark, token) =>
                    SshNetCommand.StartAsync(server.Name, connection, command, mark, context.Options.SudoPassword, token));
        }
        catch
        {
            foreach (SshNetConnection connection in open)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }

            throw;
        }
    }
}
