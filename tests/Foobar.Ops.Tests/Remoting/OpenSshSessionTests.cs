using System.Net.Sockets;
using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>Sessions by the OpenSSH client.</summary>
public sealed class OpenSshSessionTests(LocalSshd sshd) : SshSessionContract(sshd, SshTransport.OpenSsh), IClassFixture<LocalSshd>
{
    private readonly LocalSshd _sshd = sshd;

    [Fact]
    public async Task A_missing_client_is_an_error_of_its_own()
    {
        FoobarException error = await FailureAsync(_sshd.Needed().Site(), new SessionOptions { SshProgram = "no-such-ssh" });
        Assert.Equal("SshClientMissing", error.ErrorId);
    }

    [Fact]
    public async Task A_client_without_sharing_and_unix_sockets_still_leads_to_ports()
    {
        await using SiteSession site = Open(_sshd.Needed().Site(), new SessionOptions { ShareConnections = false, UnixSockets = false });
        IServerSession session = await site.GetServerAsync("web-01");
        RemoteEndpoint.Tcp endpoint = new("127.0.0.1", _sshd.Port);
        await using (Stream stream = await session.ConnectAsync(endpoint))
        {
            Assert.StartsWith("SSH-2.0-", await GreetingAsync(stream), StringComparison.Ordinal);
        }

        await using IForward forward = await session.ForwardAsync(endpoint);
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(forward.LocalPath));
        await using NetworkStream carried = new(socket);
        Assert.StartsWith("SSH-2.0-", await GreetingAsync(carried), StringComparison.Ordinal);
        FoobarException error = await Assert.ThrowsAsync<FoobarException>(
            () => session.ConnectAsync(new RemoteEndpoint.UnixSocket("/run/x")));
        Assert.Equal("ForwardUnsupported", error.ErrorId);

        static async Task<string> GreetingAsync(Stream stream)
        {
            byte[] buffer = new byte[8];
            await stream.ReadExactlyAsync(buffer);
            return Encoding.ASCII.GetString(buffer);
        }
    }
}
