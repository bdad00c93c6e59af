using System.Text;
using Foobar.Ops.Drivers.Ssh.Channels;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Shell;

namespace Foobar.Ops.Drivers.Ssh;

/// <summary>A streamed command: a channel of its own on the session's connection.</summary>
internal sealed class SshNetCommand : ICommandStream
{
    private const int LinesOfError = 5;
    private readonly string _server;
    private readonly SshNetConnection _connection;
    private readonly SshChannel _channel;
    private readonly LastWords _words;

    private SshNetCommand(string server, SshNetConnection connection, SshChannel channel, LastWords words)
    {
        _server = server;
        _connection = connection;
        _channel = channel;
        _words = words;
        Input = new ChannelStream(channel, FileAccess.Write);
        Output = new ChannelStream(channel, FileAccess.Read);
    }

    /// <inheritdoc/>
    public Stream Input { get; }

    /// <inheritdoc/>
    public Stream Output { get; }

    /// <summary>Starts a command, and gives sudo its password.</summary>
    /// <exception cref="FoobarException"><c>ConnectionLost</c>, <c>ShellUnavailable</c>.</exception>
    public static async Task<ICommandStream> StartAsync(
        string server, SshNetConnection connection, RemoteCommand command, StreamMark mark, Secret? sudoPassword,
        CancellationToken cancellationToken)
    {
        try
        {
            LastWords words = new();
            SshChannel channel = await connection.OpenAsync(ChannelKind.Session(), cancellationToken).ConfigureAwait(false);
            channel.OnError(words.Add);
            SshNetCommand started = new(server, connection, channel, words);
            if (!await channel.AskAsync(ChannelAsk.Exec(StreamedCommand.Text(command, mark, sudoPassword is not null)))
                .WaitAsync(cancellationToken)
                .ConfigureAwait(false))
            {
                throw new IOException("the server did not start the command");
            }

            if (command.Privileged && sudoPassword is not null)
            {
                await started.Input.WriteAsync(Encoding.UTF8.GetBytes(sudoPassword.Reveal() + "\n"), cancellationToken).ConfigureAwait(
                    false);
            }

            return started;
        }
        catch (ChannelRefusedException error)
        {
            throw new FoobarException(
                "ShellUnavailable", ErrorKind.Failed,
                $"{server}: the server opens no further session for the command: {error.Message}",
                error)
            {
                Server = server,
                Recommendation = "Allow more sessions a connection on the server (sshd_config, MaxSessions).",
            };
        }
        catch (IOException error)
        {
            throw RemotingErrors.ConnectionLost(server, error.Message);
        }
    }

    /// <inheritdoc/>
    public async Task<(int ExitCode, string Error)> ExitAsync(CancellationToken cancellationToken = default)
    {
        await _channel.Closed.WaitAsync(cancellationToken).ConfigureAwait(false);
        return _channel.ExitCode is int code
            ? (code, string.Join('\n', _words.Lines(LinesOfError)))
            : throw RemotingErrors.ConnectionLost(
                _server,
                _connection.Lost is { IsCompletedSuccessfully: true } lost
                    ? (await lost.ConfigureAwait(false)).Message
                    : "the command's end was not told");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _channel.Close();
        return ValueTask.CompletedTask;
    }
}
