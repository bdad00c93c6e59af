using Foobar.Ops.Drivers.Ssh.Channels;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Shell;

namespace Foobar.Ops.Drivers.Ssh;

/// <summary>The login's shell in a channel; the connection and those of the jump hosts end with it.</summary>
internal sealed class SshNetShell : IShellTransport
{
    private const int LinesOfWords = 3;
    private readonly string _server;
    private readonly SshChannel _channel;
    private readonly LastWords _words;
    private readonly IReadOnlyList<SshNetConnection> _connections;

    private SshNetShell(string server, SshChannel channel, LastWords words, IReadOnlyList<SshNetConnection> connections)
    {
        _server = server;
        _channel = channel;
        _words = words;
        _connections = connections;
        Input = new ChannelStream(channel, FileAccess.Write);
        Output = new ChannelStream(channel, FileAccess.Read);
    }

    /// <inheritdoc/>
    public Stream Input { get; }

    /// <inheritdoc/>
    public Stream Output { get; }

    /// <summary>Starts the shell.</summary>
    /// <param name="server">The server.</param>
    /// <param name="connections">Its connection, then those of the jump hosts, the nearest last.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="FoobarException"><c>ShellUnavailable</c>, <c>ConnectionLost</c>.</exception>
    public static async Task<SshNetShell> StartAsync(
        string server, IReadOnlyList<SshNetConnection> connections, CancellationToken cancellationToken)
    {
        LastWords words = new();
        try
        {
            SshChannel channel = await connections[0].OpenAsync(ChannelKind.Session(), cancellationToken).ConfigureAwait(false);
            channel.OnError(words.Add);
            return await channel.AskAsync(ChannelAsk.Exec(ShellEnvironment.Login())).WaitAsync(cancellationToken).ConfigureAwait(false)
                ? new SshNetShell(server, channel, words, connections)
                : throw Unavailable(server, "the server runs no command");
        }
        catch (ChannelRefusedException error)
        {
            throw Unavailable(server, error.Message);
        }
        catch (IOException error)
        {
            throw RemotingErrors.ConnectionLost(server, error.Message);
        }
    }

    /// <inheritdoc/>
    public async Task<FoobarException> ExplainAsync(bool opened)
    {
        // What the server said last comes before the end of the channel.
        await Task.WhenAny(_channel.Closed, Task.Delay(TimeSpan.FromSeconds(1))).ConfigureAwait(false);
        string words = string.Join(" ", _words.Lines(LinesOfWords));
        Exception? lost = _connections[0].Lost.IsCompletedSuccessfully ? await _connections[0].Lost.ConfigureAwait(false) : null;
        string reason = lost is null || ReferenceEquals(lost, SshNetConnection.OurEnd) ? "" : lost.Message;
        return opened || reason.Length > 0
            ? RemotingErrors.ConnectionLost(_server, words.Length > 0 ? words : reason)
            : Unavailable(_server, words);
    }

    /// <inheritdoc/>
    public void Abort() => _connections[0].Abort(SshNetConnection.OurEnd);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (SshNetConnection connection in _connections)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static FoobarException Unavailable(string server, string words) => new(
        "ShellUnavailable",
        ErrorKind.Failed,
        $"{server}: the login was accepted, but no POSIX shell answered: {words}")
    {
        Server = server,
        Recommendation = "The login needs a shell that can run 'sh'; accounts for sftp or git only, and forced commands, have none.",
    };
}
