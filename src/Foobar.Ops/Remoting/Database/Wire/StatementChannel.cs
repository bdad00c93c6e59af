using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting.Database.Wire;

/// <summary>
/// A connection for statements without results, that is there as soon as an application's own would be. The driver asks a
/// server five more questions after each login and tries each refused connection six times, which is most of what a write
/// canary would then see.
/// </summary>
internal sealed class StatementChannel : IStatementChannel
{
    private const byte Query = 0x03;

    private readonly string _server;
    private readonly WirePackets _packets;

    private StatementChannel(string server, WirePackets packets)
    {
        _server = server;
        _packets = packets;
    }

    /// <summary>Connects and logs in; <see langword="null"/> if the server wants a way of logging in that only the driver knows.</summary>
    /// <param name="server">The server's name, for errors.</param>
    /// <param name="path">The unix socket that leads to the database.</param>
    /// <param name="login">The account.</param>
    /// <param name="cancellationToken">Cancels; the connection is closed then.</param>
    /// <exception cref="DatabaseException"><c>DatabaseLoginRefused</c>, <c>DatabaseUnreachable</c>.</exception>
    public static async Task<StatementChannel?> OpenAsync(string server, string path, DatabaseLogin login, CancellationToken cancellationToken)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        WirePackets? packets = null;
        bool open = false;
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
            packets = new(server, new NetworkStream(socket, ownsSocket: true));
            open = await new WireLogin(server, packets, login).RunAsync(cancellationToken).ConfigureAwait(false);
            return open ? new(server, packets) : null;
        }
        catch (Exception error) when (error is IOException or SocketException or AuthenticationException or ParseException)
        {
            throw DatabaseErrors.Unreachable(server, error.Message, error);
        }
        finally
        {
            if (!open && packets is not null)
            {
                await packets.DisposeAsync().ConfigureAwait(false);
            }
            else if (!open)
            {
                socket.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        try
        {
            _packets.Restart();
            await _packets.WriteAsync((byte[])[Query, .. Encoding.UTF8.GetBytes(sql)], cancellationToken).ConfigureAwait(false);
            byte[] answer = await _packets.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (WireError.Of(answer) is { } error)
            {
                throw DatabaseErrors.OfStatement(_server, error.Number, error.SqlState, FormattableString.Invariant($"{error.Message} (error {error.Number})"));
            }

            if (answer[0] != 0)
            {
                throw new ParseException(_server, sql, 0, "expected no result.");
            }
        }
        catch (Exception error) when (error is IOException or SocketException or ParseException)
        {
            throw DatabaseErrors.Lost(_server, error.Message, error);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _packets.DisposeAsync();
}
