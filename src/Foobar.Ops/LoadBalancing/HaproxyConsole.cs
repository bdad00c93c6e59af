using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LoadBalancing;

/// <summary>
/// A held connection to HAProxy's runtime API in its prompt mode, so that a command costs one round trip (HAProxy
/// Management Guide, "Unix Socket commands"). A connection on which an answer was not read to its end is left and a new
/// one made for the next command: what would be read on it is the answer to another. One that HAProxy has closed since
/// the last command is made again too, so commands must be such as may be said twice. Where one command is all,
/// <see cref="HaproxySocket"/> needs no prompt.
/// </summary>
/// <param name="server">The server's name, for errors.</param>
/// <param name="connect">Makes a connection.</param>
/// <param name="time">The clock of the limit; the system's if left out.</param>
internal sealed class HaproxyConsole(
    string server, Func<CancellationToken, Task<Stream>> connect, TimeProvider? time = null) : IAsyncDisposable
{
    private const int AnswerLimit = 1 << 20;

    // It answers within milliseconds; a process that is stopped takes a connection, and never answers.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly byte[] _buffer = new byte[8192];
    private readonly Turn _one = new();
    private Stream? _held;

    /// <summary>Runs a command and gives its answer, without the prompt and surrounding blank lines.</summary>
    /// <exception cref="FoobarException"><c>EndpointLost</c>: the connection ended before the answer did, or none came within 10
    /// s.</exception>
    public async Task<string> RunAsync(string command, CancellationToken cancellationToken)
    {
        using IDisposable turn = await _one.TakeAsync(cancellationToken);
        using TimeLimit limit = new(time ?? TimeProvider.System, Limit, cancellationToken);
        try
        {
            bool fresh = _held is null;
            try
            {
                return await SendAsync(command, limit.Token);
            }
            catch (EndOfStreamException) when (!fresh)
            {
                return await SendAsync(command, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new FoobarException(
                "EndpointLost", ErrorKind.Timeout,
                $"{server}: HAProxy did not answer to '{command}' within {Limit.TotalSeconds:0} s.") { Server = server };
        }
        catch (EndOfStreamException error)
        {
            throw new FoobarException(
                "EndpointLost", ErrorKind.Connection,
                $"{server}: HAProxy closed its admin socket while answering to '{command}'.",
                error) { Server = server };
        }
    }

    /// <summary>Runs a command that answers nothing when it worked.</summary>
    /// <exception cref="FoobarException"><c>EndpointRefused</c>: it answered something; <c>EndpointLost</c>.</exception>
    public async Task DoAsync(string command, CancellationToken cancellationToken)
    {
        string answer = await RunAsync(command, cancellationToken);
        if (answer.Length > 0)
        {
            throw new FoobarException(
                "EndpointRefused", ErrorKind.Failed, $"{server}: HAProxy answered to '{command}': {answer}") { Server = server };
        }
    }

    public ValueTask DisposeAsync() => LeaveAsync();

    private async Task<string> SendAsync(string command, CancellationToken cancellationToken)
    {
        bool answered = false;
        try
        {
            if (_held is null)
            {
                _held = await connect(cancellationToken);
                await AskAsync(_held, "prompt", cancellationToken);

                // HAProxy drops a silent connection after its stats timeout; an operation may take longer than that.
                await AskAsync(_held, "set timeout cli 3600", cancellationToken);
            }

            string answer = await AskAsync(_held, command, cancellationToken);
            answered = true;
            return answer;
        }
        catch (IOException error) when (error is not EndOfStreamException)
        {
            throw new EndOfStreamException(error.Message, error);
        }
        finally
        {
            if (!answered)
            {
                await LeaveAsync();
            }
        }
    }

    /// <exception cref="EndOfStreamException">The connection ended before the answer did.</exception>
    private async Task<string> AskAsync(Stream stream, string command, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(command + "\n"), cancellationToken);
        await stream.FlushAsync(cancellationToken);
        using MemoryStream answer = new();
        while (!EndsWithPrompt(answer))
        {
            int read = await stream.ReadAsync(_buffer, cancellationToken);
            if (read == 0 || answer.Length > AnswerLimit)
            {
                throw new EndOfStreamException();
            }

            answer.Write(_buffer.AsSpan(0, read));
        }

        return Encoding.UTF8.GetString(answer.GetBuffer(), 0, (int)answer.Length - 2).Trim();
    }

    private async ValueTask LeaveAsync()
    {
        if (_held is { } left)
        {
            _held = null;
            await left.DisposeAsync();
        }
    }

    private static bool EndsWithPrompt(MemoryStream answer) =>
        answer.Length >= 2
            && answer.GetBuffer().AsSpan(0, (int)answer.Length).EndsWith("> "u8)
            && (answer.Length == 2 || answer.GetBuffer()[answer.Length - 3] == '\n');
}
