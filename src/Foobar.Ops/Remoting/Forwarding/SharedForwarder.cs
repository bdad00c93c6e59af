using Foobar.Ops.Remoting.Ssh;

namespace Foobar.Ops.Remoting.Forwarding;

/// <summary>Adds forwards to the session's own SSH connection, by its control socket: no second authentication.</summary>
/// <param name="server">The server's name.</param>
/// <param name="directory">Where the sockets are made.</param>
/// <param name="program">The OpenSSH client.</param>
/// <param name="controlSocket">The control socket of the session's client.</param>
internal sealed class SharedForwarder(string server, PrivateDirectory directory, string program, string controlSocket) : SshForwarder(server, directory)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    protected override async Task<IAsyncDisposable> OpenAsync(string path, RemoteEndpoint endpoint)
    {
        string argument = SshForward.Argument(path, endpoint);
        (int exitCode, string words) = await ControlAsync("forward", argument).ConfigureAwait(false);
        return exitCode == 0 && File.Exists(path) ? new Forward(this, argument) : throw ForwardFailed(endpoint, words);
    }

    private async Task<(int ExitCode, string Words)> ControlAsync(string request, string argument)
    {
        // The host is a formality here: the client speaks to the control socket only, and needs no configuration for it.
        await using SshProcess client = SshProcess.Start(program, ["-F", "none", "-S", controlSocket, "-O", request, "-L", argument, "--", "session"], Server);
        using CancellationTokenSource limit = new(Limit);
        try
        {
            return (await client.ExitAsync(limit.Token).ConfigureAwait(false), client.Words);
        }
        catch (OperationCanceledException)
        {
            return (-1, $"the OpenSSH client did not answer within {Limit.TotalSeconds} s");
        }
    }

    private sealed class Forward(SharedForwarder forwarder, string argument) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            if (File.Exists(forwarder.ControlSocket))
            {
                await forwarder.ControlAsync("cancel", argument).ConfigureAwait(false);
            }
        }
    }

    private string ControlSocket => controlSocket;
}
