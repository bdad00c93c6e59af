using System.Text;
using Foobar.Ops.Remoting.Ssh;

namespace Foobar.Ops.Remoting;

/// <summary>A streamed command: an OpenSSH client of its own.</summary>
internal sealed class CommandStream : ICommandStream
{
    private const int LinesOfError = 5;

    private static readonly string[] OfClient = ["debug", "OpenSSH_", "Authenticated to ", "Transferred: sent ", "Bytes per second: sent "];

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
        string[] lines = [.. _client.Words.Split('\n').Where(line => line.Trim().Length > 0 && !IsOfClient(line))];
        return (code, string.Join('\n', lines.TakeLast(LinesOfError)));
    }

    /// <summary>
    /// Whether a line is what <c>ssh -v</c> tells of itself (ssh(1), log level VERBOSE and DEBUG) rather than the command's.
    /// </summary>
    private static bool IsOfClient(string line) => OfClient.Any(words => line.StartsWith(words, StringComparison.Ordinal));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _client.DisposeAsync();
}
