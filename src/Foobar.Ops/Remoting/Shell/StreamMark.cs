namespace Foobar.Ops.Remoting.Shell;

/// <summary>
/// What the session's runner on the server knows a streamed command by (<c>runner.sh</c>): a mark that all of its processes
/// bear, and the file without which it does not start.
/// </summary>
/// <param name="id">Its number, among those of the session's jobs.</param>
/// <param name="asRoot">Whether root's runner keeps it.</param>
/// <param name="nonce">The session's nonce.</param>
/// <param name="directory">The session's directory on the server.</param>
/// <param name="command">The command.</param>
internal sealed class StreamMark(int id, bool asRoot, string nonce, string directory, RemoteCommand command)
{
    private readonly TaskCompletionSource _allowed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Id => id;

    public bool AsRoot => asRoot;

    public RemoteCommand Command => command;

    /// <summary>The value of <c>FOOBAR_JOB</c> in its environment.</summary>
    public string Job => $"{nonce}-{id}.";

    /// <summary>The file that it keeps open on descriptor 9.</summary>
    public string File => $"{directory}/o{id}";

    /// <summary>The file that is there while it may start.</summary>
    public string Permit => $"{directory}/s{id}";

    /// <summary>Ends when the command may be started.</summary>
    public Task Allowed => _allowed.Task;

    /// <summary>Ends when it runs no more, as far as the server can still tell.</summary>
    public Task Ended => _ended.Task;

    public void Allow() => _allowed.TrySetResult();

    public void End() => _ended.TrySetResult();

    /// <summary>It may not start, or its runner is gone, which ends it.</summary>
    public void Fail(Exception reason)
    {
        _allowed.TrySetException(reason);
        _ = _allowed.Task.Exception;
        End();
    }
}
