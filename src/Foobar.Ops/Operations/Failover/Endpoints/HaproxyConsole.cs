using System.Text;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Operations.Failover.Endpoints;

/// <summary>
/// One held connection to HAProxy's runtime API in its prompt mode, so that a command costs one round trip (HAProxy
/// Management Guide, "Unix Socket commands").
/// </summary>
internal sealed class HaproxyConsole(string server, Stream stream) : IAsyncDisposable
{
    private const int AnswerLimit = 1 << 20;

    private readonly byte[] _buffer = new byte[8192];
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Starts the prompt mode.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await SendAsync("prompt", cancellationToken);

        // HAProxy drops a silent connection after its stats timeout; an operation may take longer than that.
        await RunAsync("set timeout cli 3600", cancellationToken);
    }

    /// <summary>Runs a command and gives its answer, without the prompt and surrounding blank lines.</summary>
    public async Task<string> RunAsync(string command, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            return await SendAsync(command, cancellationToken);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Runs a command that answers nothing when it worked.</summary>
    /// <exception cref="FoobarException"><c>EndpointRefused</c>: it answered something.</exception>
    public async Task DoAsync(string command, CancellationToken cancellationToken)
    {
        string answer = await RunAsync(command, cancellationToken);
        if (answer.Length > 0)
        {
            throw new FoobarException("EndpointRefused", ErrorKind.Failed, $"{server}: HAProxy answered to '{command}': {answer}") { Server = server };
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        _one.Dispose();
    }

    private async Task<string> SendAsync(string command, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(command + "\n"), cancellationToken);
        await stream.FlushAsync(cancellationToken);
        using MemoryStream answer = new();
        while (!EndsWithPrompt(answer))
        {
            int read = await stream.ReadAsync(_buffer, cancellationToken);
            if (read == 0 || answer.Length > AnswerLimit)
            {
                throw new FoobarException("EndpointLost", ErrorKind.Connection, $"{server}: HAProxy closed its admin socket while answering to '{command}'.") { Server = server };
            }

            answer.Write(_buffer.AsSpan(0, read));
        }

        return Encoding.UTF8.GetString(answer.GetBuffer(), 0, (int)answer.Length - 2).Trim();
    }

    private static bool EndsWithPrompt(MemoryStream answer) =>
        answer.Length >= 2 && answer.GetBuffer().AsSpan(0, (int)answer.Length).EndsWith("> "u8) && (answer.Length == 2 || answer.GetBuffer()[answer.Length - 3] == '\n');
}
