using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting.Shell;

namespace Foobar.Ops.Remoting.Ssh;

/// <summary>An OpenSSH client with its three streams. What it says on standard error is kept, within bounds.</summary>
internal sealed class SshProcess : IShellTransport
{
    private const int MostLines = 400;
    private readonly Process _process;
    private readonly string _server;
    private readonly Lock _lock = new();
    private readonly Queue<string> _words = new();
    private readonly TaskCompletionSource _silent = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SshProcess(Process process, string server)
    {
        _process = process;
        _server = server;
        Input = process.StandardInput.BaseStream;
        Output = process.StandardOutput.BaseStream;
        new Thread(ReadWords, maxStackSize: 256 * 1024) { IsBackground = true, Name = $"{server} words" }.Start();
    }

    public Stream Input { get; }

    public Stream Output { get; }

    /// <summary>What the client has said so far.</summary>
    public string Words
    {
        get
        {
            lock (_lock)
            {
                return string.Join('\n', _words);
            }
        }
    }

    /// <summary>Starts a client.</summary>
    /// <exception cref="FoobarException"><c>SshClientMissing</c>.</exception>
    public static SshProcess Start(string program, IEnumerable<string> arguments, string server)
    {
        (string command, IEnumerable<string> words) = Shielded(program, arguments, server);
        ProcessStartInfo start = new(command, words)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true,
        };

        // A jump host's client doesn't hear of BatchMode on our command line; neither may ask anything on the terminal.
        start.Environment["SSH_ASKPASS"] = OperatingSystem.IsWindows() ? "false" : "/bin/false";
        start.Environment["SSH_ASKPASS_REQUIRE"] = "force";
        try
        {
            return new SshProcess(Process.Start(start)!, server);
        }
        catch (Win32Exception error)
        {
            throw SshFailures.ClientMissing(server, program, error);
        }
    }

    // Ctrl+C in a terminal reaches every process of the foreground group, and .NET can't start one outside of it. OpenSSH
    // leaves signals alone that were ignored when it started (clientloop.c), and so do the clients of its jump hosts: so
    // Ctrl+C ends what runs, not the session.
    private static (string Command, IEnumerable<string> Arguments) Shielded(string program, IEnumerable<string> arguments, string server)
    {
        if (OperatingSystem.IsWindows())
        {
            return (program, arguments);
        }

        return SshProgram.Exists(program)
            ? ("/bin/sh", ["-c", "trap '' INT QUIT TSTP; exec \"$0\" \"$@\"", program, .. arguments])
            : throw SshFailures.ClientMissing(server, program, new FileNotFoundException("it is in no folder of PATH"));
    }

    public async Task<FoobarException> ExplainAsync(bool opened)
    {
        await Task.WhenAny(_silent.Task, Task.Delay(TimeSpan.FromSeconds(1))).ConfigureAwait(false);
        return SshErrors.Explain(_server, Words, opened, KnownHosts.ReadLines);
    }

    /// <summary>Ends, with its exit code, when the client has and all its words are read.</summary>
    public async Task<int> ExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        await _silent.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        return _process.ExitCode;
    }

    public void Abort()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    public async ValueTask DisposeAsync()
    {
        Abort();
        await _process.WaitForExitAsync().ConfigureAwait(false);
        _process.Dispose();
    }

    private void ReadWords()
    {
        try
        {
            using StreamReader reader = new(_process.StandardError.BaseStream, Encoding.UTF8);
            while (reader.ReadLine() is string line)
            {
                lock (_lock)
                {
                    _words.Enqueue(line);
                    while (_words.Count > MostLines)
                    {
                        _words.Dequeue();
                    }
                }
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // The client is gone; what it said before is kept.
        }

        _silent.TrySetResult();
    }
}
