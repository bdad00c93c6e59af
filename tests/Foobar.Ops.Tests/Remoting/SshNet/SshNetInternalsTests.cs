using System.Net.Sockets;
using Foobar.Ops.Drivers.Ssh;
using Renci.SshNet;
using Renci.SshNet.Common;
using Renci.SshNet.Messages.Transport;

namespace Foobar.Ops.Tests.Remoting.SshNet;

/// <summary>What is used of SSH.NET beyond its public types is there, in the version that is pinned.</summary>
public sealed class SshNetInternalsTests
{
    [Fact]
    public void The_package_is_the_one_that_was_looked_into() =>
        Assert.StartsWith("2026.0.0", typeof(Session).Assembly.GetName().Version?.ToString(3), StringComparison.Ordinal);

    [Fact]
    public async Task A_session_speaks_over_a_socket_of_ours_and_sends_what_it_is_told()
    {
        using TcpListener listener = new(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.LocalEndpoint);
        using Socket peer = await listener.AcceptSocketAsync();
        using PasswordAuthenticationMethod login = new("nobody", "x");
        using Session session = SshNetInternals.Create(new ConnectionInfo("host.invalid", "nobody", login), socket);
        Task connecting = Task.Run(session.Connect);

        byte[] greeting = new byte[8];
        await peer.ReceiveAsync(greeting);
        Assert.Equal("SSH-2.0-"u8.ToArray(), greeting);
        socket.Dispose();
        await Assert.ThrowsAnyAsync<Exception>(() => connecting);

        // The method is there: it says that there is no connection, not that there is no method.
        Assert.Throws<SshConnectionException>(() => SshNetInternals.Send(session, new IgnoreMessage()));
    }
}
