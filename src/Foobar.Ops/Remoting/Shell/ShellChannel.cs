using System.Collections.Concurrent;
using System.Security.Cryptography;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting.Shell;

/// <summary>
/// Many commands over one shell, several at once: writes calls of <c>runner.sh</c>'s functions to its input and hands the
/// frames of its output to the jobs they belong to.
/// </summary>
internal sealed class ShellChannel : IAsyncDisposable
{
    private const int InputPart = 36 * 1024;
    private const int ForgetAfter = 64;
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);
    private readonly IShellTransport _transport;
    private readonly ShellWriter _writer;
    private readonly FrameReader _reader;
    private readonly string _server;
    private readonly string _nonce = RandomNumberGenerator.GetHexString(16, lowercase: true);
    private readonly ConcurrentDictionary<int, Job> _jobs = new();
    private readonly ConcurrentDictionary<int, StreamMark> _streams = new();
    private readonly List<Job> _done = [];
    private readonly TaskCompletionSource<ShellGreeting> _greeting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<FoobarException> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RootShell _root;
    private readonly WorkerPool _workers = new();
    private readonly WorkerPool _rootWorkers = new();
    private readonly JobWatch _watch;
    private readonly Heartbeat _heartbeat;
    private int _lastId;
    private int _lastWorker;
    private volatile bool _closing;

    public ShellChannel(IShellTransport transport, string server, Secret? sudoPassword)
    {
        _transport = transport;
        _server = server;
        _writer = new ShellWriter(transport.Input, server);
        _reader = new FrameReader(transport.Output);
        _root = new RootShell(server, sudoPassword, _nonce, _writer);
        _watch = new JobWatch(_jobs.Select(each => each.Value), Look);
        _heartbeat = new Heartbeat(
            () => LastHeard, number => _ = CallAsync(asRoot: false, RunnerText.Ping(number), CancellationToken.None), () => GiveUp());
    }

    /// <summary>Ends, with the reason, when the connection is gone.</summary>
    public Task<FoobarException> Lost => _lost.Task;

    /// <summary>When the server last sent something, as <see cref="Environment.TickCount64"/>.</summary>
    public long LastHeard => _reader.Heard;

    /// <summary>Starts the shell's runner; ends when it has answered.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        new FrameThreads($"{_server} output", Read).Start();
        await _writer.WriteAsync(RunnerText.ForLogin(_nonce), cancellationToken).ConfigureAwait(false);
        ShellGreeting greeting = await _greeting.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        _root.Greeted(greeting);
        _heartbeat.Start();
    }

    /// <summary>Sends a command with its input. The job's result comes once the server has sent it.</summary>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">Cancels only what comes before the command runs.</param>
    public async Task<Job> StartAsync(RemoteCommand command, CancellationToken cancellationToken)
    {
        bool asRoot = command.Privileged && await _root.NeededAsync(cancellationToken).ConfigureAwait(false);
        int worker = (asRoot ? _rootWorkers : _workers).Take(() => Interlocked.Increment(ref _lastWorker));
        Job job = new(Interlocked.Increment(ref _lastId), asRoot, worker, command);
        for (int at = 0; at < command.Input.Length; at += InputPart)
        {
            string part = Convert.ToBase64String(command.Input.Span[at..Math.Min(at + InputPart, command.Input.Length)]);
            await CallAsync(asRoot, RunnerText.Put(job.Id, part), cancellationToken).ConfigureAwait(false);
        }

        _jobs[job.Id] = job;
        _watch.Expect();
        await CallAsync(asRoot, RunnerText.Job(job), cancellationToken, job).ConfigureAwait(false);
        if (_lost.Task.IsCompleted && _jobs.TryRemove(job.Id, out _))
        {
            job.Fail(await _lost.Task.ConfigureAwait(false));
        }

        return job;
    }

    /// <summary>Has the server end a job with all that it started.</summary>
    public Task KillAsync(Job job)
    {
        job.Killed = true;
        return CallAsync(job.AsRoot, RunnerText.Kill(job.Id), CancellationToken.None);
    }

    /// <summary>Has the server let a streamed command start.</summary>
    /// <exception cref="FoobarException"><c>SudoRefused</c>, <c>SpoolFailed</c>, <c>ConnectionLost</c>.</exception>
    public async Task<StreamMark> AllowStreamAsync(RemoteCommand command, CancellationToken cancellationToken)
    {
        bool asRoot = command.Privileged && await _root.NeededAsync(cancellationToken).ConfigureAwait(false);
        ShellGreeting greeting = await _greeting.Task.ConfigureAwait(false);
        StreamMark mark = new(Interlocked.Increment(ref _lastId), asRoot, _nonce, greeting.Directory, command);
        _streams[mark.Id] = mark;
        try
        {
            await CallAsync(asRoot, RunnerText.Stream(mark.Id), cancellationToken).ConfigureAwait(false);
            if (_lost.Task.IsCompleted)
            {
                mark.Fail(await _lost.Task.ConfigureAwait(false));
            }

            await mark.Allowed.WaitAsync(cancellationToken).ConfigureAwait(false);
            return mark;
        }
        catch
        {
            _ = EndStreamAsync(mark);
            throw;
        }
    }

    /// <summary>
    /// Has the server end a streamed command and all that it started, and waits for it for up to 5 s. Where the connection is
    /// lost, the server does the same by itself: at once if it notices, else after 35 s without a sign of life.
    /// </summary>
    public async Task EndStreamAsync(StreamMark mark)
    {
        if (_streams.ContainsKey(mark.Id) && !_lost.Task.IsCompleted)
        {
            Task told = CallAsync(mark.AsRoot, RunnerText.EndStream(mark.Id), CancellationToken.None);
            await Task.WhenAny(Task.WhenAll(told, Task.WhenAny(mark.Ended, Lost)), Task.Delay(EndLimit)).ConfigureAwait(false);
        }
    }

    /// <summary>A streamed command has ended by itself.</summary>
    public void ForgetStream(StreamMark mark)
    {
        _streams.TryRemove(mark.Id, out _);
        _ = CallAsync(mark.AsRoot, RunnerText.Forget([mark.Id]), CancellationToken.None);
    }

    /// <summary>Gives the connection up: every job fails, the server ends what still runs there once it notices.</summary>
    public void Abort()
    {
        _transport.Abort();
        End(Closed());
    }

    /// <summary>Gives up a server that does not answer any more.</summary>
    public FoobarException GiveUp()
    {
        FoobarException reason = RemotingErrors.ConnectionLost(_server, "the server does not answer any more");
        End(reason);
        _transport.Abort();
        return reason;
    }

    /// <summary>Ends the session in order: the shell reads the end of its input, ends its jobs and leaves nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        _closing = true;
        FailJobs(asRootOnly: false, Closed());
        _writer.Close();
        await Task.WhenAny(Lost, Task.Delay(TimeSpan.FromSeconds(3))).ConfigureAwait(false);
        Abort();
        await _transport.DisposeAsync().ConfigureAwait(false);
        _writer.Dispose();
        _watch.Dispose();
        _heartbeat.Dispose();
    }

    private void Look(IEnumerable<Job> jobs, bool deep)
    {
        foreach (IGrouping<bool, Job> group in jobs.GroupBy(job => job.AsRoot))
        {
            _ = CallAsync(group.Key, RunnerText.Look([.. group], deep), CancellationToken.None);
        }
    }

    private async Task CallAsync(bool asRoot, string call, CancellationToken cancellationToken, Job? job = null)
    {
        if (!_lost.Task.IsCompleted)
        {
            await _writer.WriteAsync(asRoot ? RunnerText.AsRoot(call) : call, cancellationToken, job).ConfigureAwait(false);
        }
    }

    // Reads the greeting or a frame; null once there is no more.
    private Action? Read()
    {
        if (_lost.Task.IsCompleted)
        {
            return null;
        }

        string problem = "";
        try
        {
            if (!_greeting.Task.IsCompleted)
            {
                _greeting.TrySetResult(ShellGreeting.Parse(_reader.SkipTo($"FOOBAR {_nonce} "), _server));
                return FrameThreads.Nothing;
            }

            if (_reader.ReadLine() is string[] words)
            {
                return Take(words);
            }
        }
        catch (Exception error) when (error is IOException or InvalidDataException or ObjectDisposedException or FoobarException)
        {
            problem = error is EndOfStreamException ? "" : error.Message;
            _greeting.TrySetException(error is FoobarException ? error : new IOException(problem));
        }

        _transport.Abort();
        bool opened = _greeting.Task.IsCompletedSuccessfully;
        End(_closing ? Closed()
            : problem.Length > 0 && opened ? RemotingErrors.ConnectionLost(_server, problem)
            : _transport.ExplainAsync(opened).GetAwaiter().GetResult());
        return null;
    }

    private Action Take(string[] words)
    {
        switch (words[0])
        {
            case "o" or "e":
                byte[] part = _reader.ReadBytes(FrameReader.Number(words, 2));
                Find(words)?.Append(words[0] == "e", part);
                break;
            case "x":
                byte[] output = _reader.ReadBytes(FrameReader.Number(words, 4));
                byte[] error = _reader.ReadBytes(FrameReader.Number(words, 5));
                (int exitCode, bool truncated) = (FrameReader.Number(words, 2), FrameReader.Number(words, 3) == 1);
                if (Done(words) is Job done)
                {
                    return () => done.Finish(_server, exitCode, truncated, output, error);
                }

                break;
            case "p":
                break;
            case "d":
                Done(words, reuse: false)?.Lose(_server);
                break;
            case "f":
                Done(words)?.Refuse(_server);
                if (EndedStream(words) is StreamMark refused)
                {
                    refused.Fail(RemotingErrors.SpoolFailed(_server, refused.Command));
                }

                break;
            case "s":
                _streams.GetValueOrDefault(FrameReader.Number(words, 1))?.Allow();
                break;
            case "z":
                EndedStream(words)?.End();
                break;
            case "k":
                Find(words)?.Acknowledge();
                break;
            case "R":
                _root.Ready();
                break;
            case "r":
                _root.Refused(System.Text.Encoding.UTF8.GetString(_reader.ReadBytes(FrameReader.Number(words, 2))));
                FailJobs(asRootOnly: true, RemotingErrors.ConnectionLost(_server, "root's shell ended"));
                break;
            default:
                throw new InvalidDataException($"a frame was expected, got '{string.Join(' ', words)}'");
        }

        return FrameThreads.Nothing;
    }

    private StreamMark? EndedStream(string[] words) => _streams.TryRemove(FrameReader.Number(words, 1), out StreamMark? mark) ? mark : null;

    private Job? Find(string[] words) => _jobs.GetValueOrDefault(FrameReader.Number(words, 1));

    /// <summary>
    /// Takes a job out. The mark of one that was told to end is kept on the server, since what ends it may still need it,
    /// and its worker is not used again, so that the end can't meet another job.
    /// </summary>
    private Job? Done(string[] words, bool reuse = true)
    {
        if (!_jobs.TryRemove(FrameReader.Number(words, 1), out Job? job))
        {
            return null;
        }

        _writer.Heard(job);
        if (job.Killed || !reuse || !(job.AsRoot ? _rootWorkers : _workers).Return(job.Worker))
        {
            _ = CallAsync(job.AsRoot, RunnerText.Dismiss(job.Worker), CancellationToken.None);
        }

        if (!job.Killed)
        {
            _done.Add(job);
        }

        if (_done.Count >= ForgetAfter)
        {
            _ = ForgetAsync([.. _done]);
            _done.Clear();
        }

        return job;
    }

    private async Task ForgetAsync(Job[] jobs)
    {
        foreach (IGrouping<bool, Job> group in jobs.GroupBy(job => job.AsRoot))
        {
            await CallAsync(group.Key, RunnerText.Forget(group.Select(job => job.Id)), CancellationToken.None).ConfigureAwait(false);
        }
    }

    private void End(FoobarException reason)
    {
        if (_lost.TrySetResult(reason))
        {
            _writer.Break();
            _root.Lost(reason);
            _heartbeat.Dispose();
            FailJobs(asRootOnly: false, reason);
        }
    }

    private FoobarException Closed() => RemotingErrors.ConnectionLost(_server, "the session was closed");

    private void FailJobs(bool asRootOnly, FoobarException reason)
    {
        foreach (Job job in _jobs.Values.Where(job => job.AsRoot || !asRootOnly))
        {
            if (_jobs.TryRemove(job.Id, out _))
            {
                job.Fail(reason);
            }
        }

        foreach (StreamMark mark in _streams.Values.Where(mark => mark.AsRoot || !asRootOnly))
        {
            _streams.TryRemove(mark.Id, out _);
            mark.Fail(reason);
        }
    }
}
