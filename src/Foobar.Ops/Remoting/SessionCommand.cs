using Foobar.Ops.Remoting.Shell;

namespace Foobar.Ops.Remoting;

/// <summary>
/// A streamed command that the session's runner ends on the server when it is given up: what carries its streams can't be
/// relied on for that. sshd signals no other user's processes and may miss one that is just starting, and the end of an SSH
/// client ends nothing that neither reads nor writes.
/// </summary>
/// <param name="stream">Its streams.</param>
/// <param name="mark">What the server knows it by.</param>
/// <param name="channel">The session's shell.</param>
internal sealed class SessionCommand(ICommandStream stream, StreamMark mark, ShellChannel channel) : ICommandStream
{
    /// <summary>What the OpenSSH client ends with when it was not told the command's exit code (ssh(1)).</summary>
    private const int NotTold = 255;

    private bool _ended;
    private bool _disposed;

    /// <inheritdoc/>
    public Stream Input => stream.Input;

    /// <inheritdoc/>
    public Stream Output => stream.Output;

    /// <inheritdoc/>
    public async Task<(int ExitCode, string Error)> ExitAsync(CancellationToken cancellationToken = default)
    {
        (int ExitCode, string Error) result = await stream.ExitAsync(cancellationToken).ConfigureAwait(false);
        _ended = result.ExitCode != NotTold;
        return result;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return;
        }

        if (_ended)
        {
            channel.ForgetStream(mark);
        }
        else
        {
            await channel.EndStreamAsync(mark).ConfigureAwait(false);
        }

        await stream.DisposeAsync().ConfigureAwait(false);
    }
}
