using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting.Shell;
using Foobar.Ops.Remoting.Transports;

namespace Foobar.Ops.Remoting;

/// <summary>Opens sessions to the servers of one site.</summary>
internal sealed class ServerConnector(Site site, SessionOptions options) : IDisposable
{
    private readonly TransportFactory _transports = new(site, options);

    /// <summary>Opens a session.</summary>
    /// <exception cref="FoobarException">As <see cref="ISiteSession.GetServerAsync"/>.</exception>
    public async Task<ServerSession> ConnectAsync(Server server, CancellationToken cancellationToken)
    {
        ISshTransport transport = _transports.For(server);
        options.Log?.Record(new Activity(DateTimeOffset.UtcNow, server.Name, ActivityKind.Connect, transport.Describe(server)));
        try
        {
            return await ConnectAsync(transport, server, cancellationToken).ConfigureAwait(false);
        }
        catch (FoobarException error) when (error.ErrorId == "HostKeyUnknown" && transport.AcceptingNewKeys is not null)
        {
            return await ConnectAsync(transport.AcceptingNewKeys, server, cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose() => _transports.Dispose();

    private async Task<ServerSession> ConnectAsync(ISshTransport transport, Server server, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.ConnectTimeLimit);
        SshConnection connection = await OpenAsync(transport, server, limit.Token, cancellationToken).ConfigureAwait(false);
        ShellChannel channel = new(connection.Shell, server.Name, options.SudoPassword);
        try
        {
            await channel.OpenAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            connection.Shell.Abort();
            FoobarException reason = await channel.Lost.ConfigureAwait(false);
            await channel.DisposeAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            throw error switch
            {
                FoobarException => error,
                OperationCanceledException => RemotingErrors.ConnectTimeout(server.Name, options.ConnectTimeLimit, reason.Message),
                _ => reason,
            };
        }

        if (connection.Objection() is FoobarException objection)
        {
            await channel.DisposeAsync().ConfigureAwait(false);
            throw objection;
        }

        return new ServerSession(server, channel, connection.Forwarder, connection.StartAsync, options.Log);
    }

    private async Task<SshConnection> OpenAsync(
        ISshTransport transport, Server server, CancellationToken limit, CancellationToken cancellationToken)
    {
        try
        {
            return await transport.OpenAsync(server, limit).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw RemotingErrors.ConnectTimeout(server.Name, options.ConnectTimeLimit, "");
        }
    }
}
