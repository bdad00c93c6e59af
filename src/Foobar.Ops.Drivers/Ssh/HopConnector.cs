using System.Net.Sockets;
using Foobar.Ops.Drivers.Ssh.Channels;
using Foobar.Ops.Drivers.Ssh.Logins;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Ssh.Hops;
using Renci.SshNet;
using Renci.SshNet.Common;

namespace Foobar.Ops.Drivers.Ssh;

/// <summary>Connects to one machine on the way to a server and logs in; its host key is judged first.</summary>
/// <param name="server">The server that the connection is for.</param>
/// <param name="hop">The machine.</param>
/// <param name="isJump">Whether it is a jump host.</param>
/// <param name="options">The operator's choices.</param>
/// <param name="ring">The private keys.</param>
internal sealed class HopConnector(string server, SshHop hop, bool isJump, SessionOptions options, KeyRing ring)
{
    /// <summary>Judges the host key.</summary>
    public HostKeyGate Gate { get; } = new(server, hop, isJump, options.AcceptNewHostKeys);

    /// <summary>Connects.</summary>
    /// <param name="previous">The connection to the hop before; <see langword="null"/> to connect directly.</param>
    /// <param name="directory">Where sockets are made.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="FoobarException">As <see cref="ISiteSession.GetServerAsync"/>.</exception>
    public async Task<SshNetConnection> ConnectAsync(
        SshNetConnection? previous, Lazy<PrivateDirectory> directory, CancellationToken cancellationToken)
    {
        using LoginMethods logins = new(server, hop, isJump, options, ring);
        ConnectionInfo connection = new(hop.Host, hop.Port, hop.User!, logins.Methods) { Timeout = Limit(), LoggerFactory = null };
        Restrict(connection);
        Socket socket = await OpenAsync(previous, directory, cancellationToken).ConfigureAwait(false);
        Session session = SshNetInternals.Create(connection, socket);
        try
        {
            Gate.Guard(connection, session);
            await LogInAsync(session, socket, logins, cancellationToken).ConfigureAwait(false);
            return new SshNetConnection(session, socket, server, Patience.Default)
            {
                JumpHost = isJump ? hop.Alias : null,
                Through = previous,
            };
        }
        catch
        {
            socket.Dispose();
            _ = Task.Run(session.Dispose, CancellationToken.None);
            throw;
        }
    }

    // SSH.NET waits for this long at each step of the login, and for each exchange of keys.
    private TimeSpan Limit() => options.ConnectTimeLimit < TimeSpan.FromSeconds(30) ? TimeSpan.FromSeconds(30) : options.ConnectTimeLimit;

    private async Task LogInAsync(Session session, Socket socket, LoginMethods logins, CancellationToken cancellationToken)
    {
        // SSH.NET's own token is not looked at during the key exchange and the login; closing the socket ends both.
        Task connecting = Task.Factory.StartNew(
            session.Connect, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await connecting.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            socket.Dispose();
            await Task.WhenAny(connecting).ConfigureAwait(false);
            _ = connecting.Exception;
            throw Gate.Refusal ?? (Exception)new OperationCanceledException(cancellationToken);
        }
        catch (Exception error)
            when (error is SshException
                or SocketException
                or IOException
                or NotSupportedException
                or InvalidOperationException
                or ArgumentException
                or System.Security.Cryptography.CryptographicException
                or NullReferenceException)
        {
            throw Gate.Refusal ?? Explain(error, logins);
        }

        if (Gate.Judged == 0)
        {
            throw new InvalidOperationException("The host key was not judged.");
        }
    }

    private FoobarException Explain(Exception error, LoginMethods logins) =>
        error is SshAuthenticationException || error.Message.Contains("authentication failures", StringComparison.OrdinalIgnoreCase)
            ? logins.Refused(error.Message)
            : SshNetErrors.Of(server, hop, isJump, error);

    private async Task<Socket> OpenAsync(SshNetConnection? previous, Lazy<PrivateDirectory> directory, CancellationToken cancellationToken)
    {
        try
        {
            if (previous is null)
            {
                return await HopSockets.ConnectAsync(hop, cancellationToken).ConfigureAwait(false);
            }

            SshChannel channel = await previous.OpenAsync(ChannelKind.DirectTcp(hop.Host, hop.Port), cancellationToken).ConfigureAwait(
                false);
            return await HopSockets.ThroughAsync(channel, directory.Value, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            throw SshNetErrors.Of(server, hop, isJump, error);
        }
        catch (ChannelRefusedException error)
        {
            throw SshNetErrors.Of(server, hop, isJump, new IOException($"the jump host before it says: {error.Message}", error));
        }
    }

    private void Restrict(ConnectionInfo connection)
    {
        Keep(connection.KeyExchangeAlgorithms, hop.Algorithms.KeyExchange, "KexAlgorithms");
        Keep(connection.Encryptions, hop.Algorithms.Cipher, "Ciphers");
        Keep(connection.HmacAlgorithms, hop.Algorithms.Mac, "MACs");

        // Compression before or after the login is one more thing to get wrong.
        Keep(connection.CompressionAlgorithms, ["none"], "Compression");
    }

    private void Keep<T>(IOrderedDictionary<string, T> algorithms, IReadOnlyList<string> allowed, string setting)
    {
        KeyValuePair<string, T>[] kept =
        [
            .. allowed.Where(algorithms.ContainsKey).Distinct().Select(name => KeyValuePair.Create(name, algorithms[name])),
        ];
        if (kept.Length == 0)
        {
            throw new FoobarException(
                "SshSettingUnsupported", ErrorKind.InvalidInput,
                $"{server}: the settings of '{hop.Alias}' allow no {setting} that SSH.NET knows: {string.Join(",", allowed)}.")
            {
                Server = server,
                Recommendation = "Use the transport OpenSsh for this server, or allow another algorithm for it in ssh_config.",
            };
        }

        algorithms.Clear();
        foreach ((string name, T algorithm) in kept)
        {
            algorithms.Add(name, algorithm);
        }
    }
}
