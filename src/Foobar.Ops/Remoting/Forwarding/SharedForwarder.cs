using Foobar.Ops.Remoting.Ssh;

namespace Foobar.Ops.Remoting.Forwarding;

/// <summary>Adds forwards to an SSH connection that is open, by its control socket: no second authentication.</summary>
/// <param name="server">The server's name.</param>
/// <param name="directory">Where the sockets are made.</param>
/// <param name="program">The OpenSSH client.</param>
/// <param name="arguments">The client's arguments for a request (forward, cancel) and what it is for.</param>
internal sealed class SharedForwarder(
    string server, PrivateDirectory directory, string program, Func<string, string, IEnumerable<string>> arguments) : SshForwarder(
        server, directory)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Adds forwards to a session's own connection.</summary>
    /// <param name="server">The server's name.</param>
    /// <param name="directory">Where the sockets are made.</param>
    /// <param name="program">The OpenSSH client.</param>
    /// <param name="controlSocket">The control socket of the session's client.</param>
    public static SharedForwarder OfSession(string server, PrivateDirectory directory, string program, string controlSocket) =>
        // The host is a formality here: the client speaks to the control socket only, and needs no configuration for it.
        new(
            server, directory, program,
            (request, argument) => ["-F", "none", "-S", controlSocket, "-O", request, "-L", argument, "--", "session"]);

    protected override async Task<IAsyncDisposable> OpenAsync(string path, RemoteEndpoint endpoint)
    {
        string argument = SshForward.Argument(path, endpoint);
        (int exitCode, string words) = await ControlAsync("forward", argument).ConfigureAwait(false);
        return exitCode == 0 && File.Exists(path) ? new Forward(this, path, argument) : throw ForwardFailed(endpoint, words);
    }

    private async Task<(int ExitCode, string Words)> ControlAsync(string request, string argument)
    {
        await using SshProcess client = SshProcess.Start(program, arguments(request, argument), Server);
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

    // A connection that is gone has taken its forwards, and their sockets, along.
    private sealed class Forward(SharedForwarder forwarder, string path, string argument) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            if (File.Exists(path))
            {
                await forwarder.ControlAsync("cancel", argument).ConfigureAwait(false);
            }
        }
    }
}
