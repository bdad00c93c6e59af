using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting.Drivers;
using Foobar.Ops.Remoting.Ssh;
using Foobar.Ops.Remoting.Ssh.Hops;

namespace Foobar.Ops.Remoting.Transports;

/// <summary>
/// Chooses what carries the connections to a server. The choice is made before anything is tried, from what the operator
/// and the inventory say: a refused host key or login never leads to another transport.
/// </summary>
internal sealed class TransportFactory : IDisposable
{
    private readonly SessionOptions _options;
    private readonly Lazy<PrivateDirectory> _directory = new();
    private readonly Lazy<ISshTransport> _openSsh;
    private readonly Lazy<ISshTransport> _sshNet;

    public TransportFactory(Site site, SessionOptions options)
    {
        _options = options;
        SshConfiguration configuration = new(site, options.ConnectTimeLimit, _directory);
        _openSsh = new(() => new OpenSshTransport(options, configuration, _directory));
        _sshNet = new(
            () => LoadedDrivers.Ssh.Create(new SshDriverContext(options, new HopResolver(site, options, configuration), _directory)));
    }

    /// <summary>The transport for a server.</summary>
    /// <exception cref="FoobarException"><c>SshCredentialUnusable</c>: OpenSSH is asked for, which takes no password;
    /// <c>DriverMissing</c>.</exception>
    public ISshTransport For(Server server)
    {
        SshTransport choice = Choose(
            _options.Transport, server.Ssh.Transport, _options.Ssh is not null, () => SshProgram.Exists(_options.SshProgram));
        return choice == SshTransport.SshNet ? _sshNet.Value
            : _options.Ssh is null ? _openSsh.Value
            : throw new FoobarException(
                "SshCredentialUnusable", ErrorKind.InvalidInput,
                $"{server.Name}: the OpenSSH client can't be given an SSH credential, and its use is asked for.")
            {
                Server = server.Name,
                Recommendation = "Give -SshTransport SshNet with an SSH credential (it counts more than the inventory's 'transport'), "
                    + "or leave the credential out and log in by key.",
            };
    }

    /// <summary>The operator's word, else the inventory's, else what the credential and this machine make of it.</summary>
    internal static SshTransport Choose(SshTransport asked, SshTransport declared, bool hasCredential, Func<bool> hasOpenSsh) =>
        asked != SshTransport.Auto ? asked
        : declared != SshTransport.Auto ? declared
        : hasCredential || !hasOpenSsh() ? SshTransport.SshNet
        : SshTransport.OpenSsh;

    public void Dispose()
    {
        foreach (Lazy<ISshTransport> transport in new[] { _openSsh, _sshNet }.Where(transport => transport.IsValueCreated))
        {
            transport.Value.Dispose();
        }

        if (_directory.IsValueCreated)
        {
            _directory.Value.Dispose();
        }
    }
}
