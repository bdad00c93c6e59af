using System.Text;
using Foobar.Ops.Remoting.Ssh;

namespace Foobar.Ops.Remoting;

/// <summary>A streamed command: an OpenSSH client of its own.</summary>
internal sealed class CommandStream : ICommandStream
{
    private const int LinesOfError = 5;

    private readonly SshProcess _client;

    private CommandStream(SshProcess client) => _client = client;

    /// <inheritdoc/>
    public Stream Input => _client.Input;

    /// <inheritdoc/>
    public Stream Output => _client.Output;

    /// <summary>Takes a client over, and gives sudo its password.</summary>
    public static async Task<ICommandStream> StartAsync(SshProcess client, Secret? password, CancellationToken cancellationToken)
    {
        CommandStream stream = new(client);
        if (password is not null)
        {
            await stream.Input.WriteAsync(Encoding.UTF8.GetBytes(password.Reveal() + "\n"), cancellationToken).ConfigureAwait(false);
            await stream.Input.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        return stream;
    }

    /// <inheritdoc/>
    public async Task<(int ExitCode, string Error)> ExitAsync(CancellationToken cancellationToken = default)
    {
        int code = await _client.ExitAsync(cancellationToken).ConfigureAwait(false);
        string[] lines = [.. _client.Words.Split('\n').Where(line => !line.StartsWith("debug", StringComparison.Ordinal) && !line.StartsWith("OpenSSH_", StringComparison.Ordinal) && line.Trim().Length > 0)];
        return (code, string.Join('\n', lines.TakeLast(LinesOfError)));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _client.DisposeAsync();
}
