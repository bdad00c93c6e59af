using System.Diagnostics;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;
using Foobar.Ops.Testing;

namespace Foobar.Ops.Tests.Operations;

/// <summary>A site of one server, whose commands this machine's own shell runs as they are.</summary>
internal sealed class ShellSite : ISiteSession, IServerSession
{
    // As OpenSSL 3.0 answers to an algorithm that it does not know.
    private const string OldOpenssl =
        "openssl() { case \"$*\" in *ML-DSA*) echo 'Algorithm ML-DSA-65 not found' >&2; return 1 ;; *) command openssl \"$@\" ;; esac; }\n";

    private readonly string _before;

    private ShellSite(string before)
    {
        _before = before;
        Site = new Site { Name = "www.foobar.com", Servers = [Only], Policy = new Policy() };
    }

    public Server Only { get; } = new() { Name = "here", Roles = [Role.Web], Ssh = new SshEndpoint { Host = "here" } };

    public Site Site { get; }

    public bool IsClosed => false;

    Server IServerSession.Server => Only;

    /// <summary>What was run, with no input.</summary>
    public List<string> Scripts { get; } = [];

    public static Task<ShellSite> OpenAsync(bool oldOpenssl = false)
    {
        Needs.Programs("openssl");
        return Task.FromResult(new ShellSite(oldOpenssl ? OldOpenssl : ""));
    }

    public Task<IServerSession> GetServerAsync(string server, CancellationToken cancellationToken = default) =>
        Task.FromResult<IServerSession>(this);

    public async Task<CommandResult> RunAsync(RemoteCommand command, CancellationToken cancellationToken = default)
    {
        Scripts.Add(command.Script);
        using Process process = Process.Start(new ProcessStartInfo(
            "sh", ["-c", _before + command.Script])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        await process.StandardInput.BaseStream.WriteAsync(command.Input, cancellationToken);
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync(cancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return new CommandResult
        {
            Server = Only.Name,
            Command = command.Script,
            Output = System.Text.Encoding.UTF8.GetBytes(output),
            Error = System.Text.Encoding.UTF8.GetBytes(await error),
            ExitCode = process.ExitCode,
            Duration = TimeSpan.FromMilliseconds(1),
        };
    }

    public Task<Stream> ConnectAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<IForward> ForwardAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<IDatabaseSession> OpenDatabaseAsync(string server, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ISiteSession Fresh() => this;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
