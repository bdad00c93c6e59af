using System.Diagnostics;

namespace Foobar.Ops.Remoting.Shell;

/// <summary>A command on its way: what the server has sent of it so far, and the tasks that wait for it.</summary>
internal sealed class Job(int id, bool asRoot, int worker, RemoteCommand command)
{
    // Who waits goes on where the result was read (see FrameThreads).
    private readonly TaskCompletionSource<CommandResult> _result = new();
    private readonly TaskCompletionSource _acknowledged = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<byte[]> _output = new();
    private readonly Queue<byte[]> _error = new();
    private readonly long _started = Stopwatch.GetTimestamp();

    public int Id => id;

    public bool AsRoot => asRoot;

    /// <summary>The number of the worker on the server that runs it.</summary>
    public int Worker => worker;

    public RemoteCommand Command => command;

    /// <summary>Whether it was told to end.</summary>
    public bool Killed { get; set; }

    /// <summary>How many bytes the shell's input has with this job's call.</summary>
    public long InputEnd { get; set; }

    /// <summary>How long it has been on its way.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_started);

    public Task<CommandResult> Result => _result.Task;

    /// <summary>Ends when the server has heard that the command is to be ended.</summary>
    public Task Acknowledged => _acknowledged.Task;

    public void Append(bool error, byte[] bytes) => (error ? _error : _output).Enqueue(bytes);

    public void Acknowledge() => _acknowledged.TrySetResult();

    public void Finish(string server, int exitCode, bool truncated, byte[] output, byte[] error) => _result.TrySetResult(new CommandResult
    {
        Server = server,
        Command = command.Script,
        Output = Whole(_output, output),
        Error = Whole(_error, error),
        ExitCode = exitCode,
        Truncated = truncated,
        Duration = Age,
    });

    public void Refuse(string server) => Fail(RemotingErrors.SpoolFailed(server, command));

    public void Lose(string server) => Fail(RemotingErrors.CommandLost(server, command));

    /// <summary>Ends it without a result; who waits goes on elsewhere, since this may be the middle of anything.</summary>
    public void Fail(Exception error) =>
        ThreadPool.QueueUserWorkItem(
            static job => job.Result._result.TrySetException(job.Error), (Result: this, Error: error), preferLocal: false);

    // Made once, of the right size; each part is let go as it is copied, since outputs are large where there are parts.
    private static ReadOnlyMemory<byte> Whole(Queue<byte[]> parts, byte[] rest)
    {
        if (parts.Count == 0)
        {
            return rest;
        }

        byte[] whole = GC.AllocateUninitializedArray<byte>(parts.Sum(part => part.Length) + rest.Length);
        int at = 0;
        while (parts.TryDequeue(out byte[]? part))
        {
            part.CopyTo(whole, at);
            at += part.Length;
        }

        rest.CopyTo(whole, at);
        return whole;
    }
}
