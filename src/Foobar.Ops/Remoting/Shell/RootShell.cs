using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting.Shell;

/// <summary>
/// Root's runner on a server, where the login is not root: started by <c>sudo</c> at the first command that needs it, and
/// used for all others, so that sudo is asked (and logs) once a session. A refusal holds for the session: asking again
/// with a wrong password may lock the account.
/// </summary>
internal sealed class RootShell(string server, Secret? password, string nonce, ShellWriter writer)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _ready = New();
    private ShellGreeting? _greeting;
    private Task? _start;

    public void Greeted(ShellGreeting greeting) => _greeting = greeting;

    public void Ready() => _ready.TrySetResult();

    /// <summary>sudo ended: it refused, or root's shell was ended after it had worked; then the next command starts another.</summary>
    public void Refused(string words)
    {
        lock (_lock)
        {
            if (!_ready.TrySetException(SudoRefusals.Explain(server, words)))
            {
                _ready = New();
                _start = null;
            }
        }
    }

    /// <summary>The connection is gone.</summary>
    public void Lost(FoobarException reason) => _ready.TrySetException(reason);

    /// <summary>Whether a privileged command has to go to root's runner; ends when that is ready.</summary>
    public async Task<bool> NeededAsync(CancellationToken cancellationToken)
    {
        if (_greeting!.IsRoot)
        {
            return false;
        }

        Task start;
        lock (_lock)
        {
            start = _start ??= StartAsync(_ready.Task);
        }

        await start.WaitAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task StartAsync(Task ready)
    {
        await writer.WriteAsync(RunnerText.StartRoot(nonce, _greeting!.Directory, password), CancellationToken.None).ConfigureAwait(false);
        await ready.ConfigureAwait(false);
    }
}
