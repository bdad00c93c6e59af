using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting.Forwarding;
using Foobar.Ops.Remoting.Shell;
using Foobar.Ops.Remoting.Ssh;

namespace Foobar.Ops.Remoting.Transports;

/// <summary>
/// Connections by the OpenSSH client: one process a server, forwards by its control socket where connections can be shared;
/// or through a shared connection of the operator's own that is open, as <c>ssh</c> itself would.
/// </summary>
/// <param name="options">The operator's choices.</param>
/// <param name="configuration">The configuration that all clients are given.</param>
/// <param name="directory">Where sockets are made.</param>
/// <param name="acceptNew">Whether keys of servers that <c>known_hosts</c> doesn't know are accepted and kept.</param>
internal sealed class OpenSshTransport(
    SessionOptions options, SshConfiguration configuration, Lazy<PrivateDirectory> directory, bool acceptNew = false) : ISshTransport
{
    private static readonly TimeSpan CheckLimit = TimeSpan.FromSeconds(3);

    private string Configuration => acceptNew ? configuration.AcceptingPath : configuration.Path;

    // Not from the beginning: OpenSSH's accept-new also takes the plain key of a server whose certificate it has just refused.
    public ISshTransport? AcceptingNewKeys =>
        options.AcceptNewHostKeys && !acceptNew ? new OpenSshTransport(options, configuration, directory, acceptNew: true) : null;

    public string Describe(Server server) => $"{options.SshProgram} {string.Join(' ', SshSettings.Destination(server))}";

    public async Task<SshConnection> OpenAsync(Server server, CancellationToken cancellationToken)
    {
        bool own = await HasOwnConnectionAsync(server, cancellationToken).ConfigureAwait(false);
        string? control = options.ShareConnections && !own ? directory.Value.NewPath() : null;
        string[] sharing = [.. own ? SshSettings.ThroughOwn : SshSettings.Sharing(control)];
        SshProcess client = Start(server, sharing, ShellEnvironment.Login());
        return new SshConnection(
            client, Forwarder(server, control, own), (command, mark, token) => StreamAsync(server, own, command, mark, token))
        {
            Objection = () => acceptNew ? SshErrors.CertificateRefused(server.Name, client.Words) : null,
        };
    }

    public void Dispose()
    {
        // The directory is the factory's; the processes are their sessions'.
    }

    /// <summary>
    /// Whether the operator's own ssh_config names a shared connection to the server (ControlPath) that is open: it may have
    /// cost a second factor.
    /// </summary>
    private async Task<bool> HasOwnConnectionAsync(Server server, CancellationToken cancellationToken)
    {
        if (!options.ShareConnections)
        {
            return false;
        }

        await using SshProcess client = SshProcess.Start(options.SshProgram, Control(server, "check"), server.Name);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(CheckLimit);
        try
        {
            return await client.ExitAsync(limit.Token).ConfigureAwait(false) == 0;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private Task<ICommandStream> StreamAsync(
        Server server, bool own, RemoteCommand command, StreamMark mark, CancellationToken cancellationToken)
    {
        SshProcess client = Start(
            server, own ? SshSettings.ThroughOwn : SshSettings.Sharing(null),
            StreamedCommand.Text(command, mark, options.SudoPassword is not null));
        return CommandStream.StartAsync(client, command.Privileged ? options.SudoPassword : null, cancellationToken);
    }

    private IForwarder Forwarder(Server server, string? control, bool own) =>
        own ? new SharedForwarder(
            server.Name, directory.Value, options.SshProgram, (request, argument) => Control(server, request, "-L", argument))
        : control is not null ? SharedForwarder.OfSession(server.Name, directory.Value, options.SshProgram, control)
        : options.UnixSockets ? new SeparateForwarder(
            server.Name, directory.Value, arguments => StartForward(server, arguments), options.ConnectTimeLimit)
        : new StdioForwarder(server.Name, directory.Value, arguments => StartForward(server, arguments));

    /// <summary>The arguments of a request to the operator's own connection.</summary>
    private IEnumerable<string> Control(Server server, params string[] request) =>
        ["-F", configuration.Path, "-O", .. request, .. SshSettings.Destination(server)];

    /// <summary>Starts a client that runs a command.</summary>
    /// <exception cref="FoobarException"><c>SshClientMissing</c>, <c>SshEndpointInvalid</c>, <c>SshConfigMissing</c>,
    /// <c>SshConfigInvalid</c>.</exception>
    private SshProcess Start(Server server, IEnumerable<string> sharing, string command) =>
        SshProcess.Start(
            options.SshProgram,
            [.. SshSettings.Session(Configuration, keepForwards: false), .. sharing, .. SshSettings.Destination(server), command],
            server.Name);

    /// <summary>Starts a client that only forwards, as the arguments say.</summary>
    /// <exception cref="FoobarException">As <see cref="Start"/>.</exception>
    private SshProcess StartForward(Server server, IEnumerable<string> arguments) =>
        SshProcess.Start(
            options.SshProgram,
            [
                .. SshSettings.Session(Configuration, keepForwards: true),
                .. SshSettings.Sharing(null),
                .. arguments,
                .. SshSettings.Destination(server),
            ],
            server.Name);
}
