using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting.Forwarding;
using Foobar.Ops.Remoting.Shell;
using Foobar.Ops.Remoting.Ssh;

namespace Foobar.Ops.Remoting;

/// <summary>Opens sessions to the servers of one site.</summary>
internal sealed class ServerConnector(Site site, SessionOptions options) : IDisposable
{
    private readonly Lazy<PrivateDirectory> _directory = new();
    private readonly Lock _lock = new();
    private string? _configuration;

    /// <summary>Opens a session.</summary>
    /// <exception cref="FoobarException">As <see cref="ISiteSession.GetServerAsync"/>.</exception>
    public async Task<ServerSession> ConnectAsync(Server server, CancellationToken cancellationToken)
    {
        options.Log?.Record(new Activity(DateTimeOffset.UtcNow, server.Name, ActivityKind.Connect, $"{options.SshProgram} {string.Join(' ', SshSettings.Destination(server))}"));
        string? control = options.ShareConnections ? _directory.Value.NewPath() : null;
        SshProcess client = Start(server, control, []);
        ShellChannel channel = new(client, server.Name, options.SudoPassword);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.ConnectTimeLimit);
        try
        {
            await channel.OpenAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            client.Abort();
            FoobarException reason = await channel.Lost.ConfigureAwait(false);
            await channel.DisposeAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            throw error switch
            {
                FoobarException => error,
                OperationCanceledException => RemotingErrors.ConnectTimeout(server.Name, options.ConnectTimeLimit, reason.Message),
                _ => reason,
            };
        }

        return new ServerSession(server, channel, Forwarder(server, control), (command, token) => CommandStream.StartAsync(Start(server, null, [], StreamedCommand.Text(command, options.SudoPassword is not null)), command.Privileged ? options.SudoPassword : null, token), options.Log);
    }

    public void Dispose()
    {
        if (_directory.IsValueCreated)
        {
            _directory.Value.Dispose();
        }
    }

    private IForwarder Forwarder(Server server, string? control) =>
        control is not null ? new SharedForwarder(server.Name, _directory.Value, options.SshProgram, control)
        : options.UnixSockets ? new SeparateForwarder(server.Name, _directory.Value, arguments => Start(server, null, arguments), options.ConnectTimeLimit)
        : new StdioForwarder(server.Name, _directory.Value, arguments => Start(server, null, arguments));

    /// <summary>Starts a client for a session (whose shell is the remote command), or for what the arguments say instead.</summary>
    private SshProcess Start(Server server, string? control, IEnumerable<string> instead, string command = "exec sh")
    {
        string[] own = [.. instead];
        IEnumerable<string> arguments =
        [
            .. SshSettings.Session(Configuration(), control, keepForwards: own.Length > 0),
            .. own,
            .. SshSettings.Destination(server),
            .. own.Length > 0 ? Array.Empty<string>() : [command],
        ];
        return SshProcess.Start(options.SshProgram, arguments, server.Name);
    }

    private string Configuration()
    {
        lock (_lock)
        {
            if (_configuration is null)
            {
                string path = Path.Combine(_directory.Value.FullPath, "config");
                File.WriteAllText(path, SshSettings.Configuration(options, SshSettings.Included(site)));
                _configuration = path;
            }

            return _configuration;
        }
    }
}
