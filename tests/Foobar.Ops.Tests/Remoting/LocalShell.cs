using System.Diagnostics;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Forwarding;
using Foobar.Ops.Remoting.Shell;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>A shell on this machine instead of one on a server: everything of a session but SSH.</summary>
internal sealed class LocalShell : IShellTransport
{
    private readonly Process _process;

    public LocalShell(string shell, IReadOnlyDictionary<string, string>? environment = null)
    {
        ProcessStartInfo start = new("sh", ["-c", ShellEnvironment.Login(shell)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginErrorReadLine();
    }

    public Stream Input => _process.StandardInput.BaseStream;

    public Stream Output => _process.StandardOutput.BaseStream;

    public int ProcessId => _process.Id;

    public static async Task<ServerSession> OpenAsync(LocalShell shell, Secret? sudoPassword = null, IActivityLog? log = null)
    {
        ShellChannel channel = new(shell, "here", sudoPassword);
        await channel.OpenAsync(CancellationToken.None);
        return new ServerSession(
            new Server { Name = "here", Roles = [Role.Web], Ssh = new SshEndpoint { Host = "here" } }, channel, new NoForwarder(),
            (_, _, _) => throw new NotSupportedException(), log);
    }

    public Task<FoobarException> ExplainAsync(bool opened) => Task.FromResult(RemotingErrors.ConnectionLost("here", "the shell ended"));

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
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private sealed class NoForwarder : IForwarder
    {
        public Task<Stream> ConnectAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IForward> ForwardAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
