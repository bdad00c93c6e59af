using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting.Forwarding;
using Foobar.Ops.Remoting.Shell;
using Foobar.Ops.Remoting.Ssh;

namespace Foobar.Ops.Remoting.Transports;

/// <summary>Connections by the OpenSSH client: one process a server, forwards by its control socket where connections can be shared.</summary>
/// <param name="options">The operator's choices.</param>
/// <param name="configuration">The configuration that all clients are given.</param>
/// <param name="directory">Where sockets are made.</param>
internal sealed class OpenSshTransport(SessionOptions options, SshConfiguration configuration, Lazy<PrivateDirectory> directory) : ISshTransport
{
    public string Describe(Server server) => $"{options.SshProgram} {string.Join(' ', SshSettings.Destination(server))}";

    public Task<SshConnection> OpenAsync(Server server, CancellationToken cancellationToken)
    {
        string? control = options.ShareConnections ? directory.Value.NewPath() : null;
        return Task.FromResult(new SshConnection(Start(server, control, []), Forwarder(server, control), (command, token) => StreamAsync(server, command, token)));
    }

    public void Dispose()
    {
        // The directory is the factory's; the processes are their sessions'.
    }

    private Task<ICommandStream> StreamAsync(Server server, RemoteCommand command, CancellationToken cancellationToken)
    {
        SshProcess client = Start(server, null, [], StreamedCommand.Text(command, options.SudoPassword is not null));
        return CommandStream.StartAsync(client, command.Privileged ? options.SudoPassword : null, cancellationToken);
    }

    private IForwarder Forwarder(Server server, string? control) =>
        control is not null ? new SharedForwarder(server.Name, directory.Value, options.SshProgram, control)
        : options.UnixSockets ? new SeparateForwarder(server.Name, directory.Value, arguments => Start(server, null, arguments), options.ConnectTimeLimit)
        : new StdioForwarder(server.Name, directory.Value, arguments => Start(server, null, arguments));

    /// <summary>Starts a client for a session (whose shell is the remote command), or for what the arguments say instead.</summary>
    /// <exception cref="FoobarException"><c>SshClientMissing</c>, <c>SshEndpointInvalid</c>, <c>SshConfigMissing</c>, <c>SshConfigInvalid</c>.</exception>
    private SshProcess Start(Server server, string? control, IEnumerable<string> instead, string? command = null)
    {
        string[] own = [.. instead];
        IEnumerable<string> arguments =
        [
            .. SshSettings.Session(configuration.Path, control, keepForwards: own.Length > 0),
            .. own,
            .. SshSettings.Destination(server),
            .. own.Length > 0 ? Array.Empty<string>() : [command ?? ShellEnvironment.Login()],
        ];
        return SshProcess.Start(options.SshProgram, arguments, server.Name);
    }
}
