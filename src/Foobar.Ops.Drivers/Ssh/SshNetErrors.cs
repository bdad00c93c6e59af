using System.Net.Sockets;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting.Ssh.HostKeys;
using Foobar.Ops.Remoting.Ssh.Hops;
using Renci.SshNet.Common;
using Renci.SshNet.Messages.Transport;

namespace Foobar.Ops.Drivers.Ssh;

/// <summary>The errors that connecting to one machine can end with: the ids that the OpenSSH client's failures have too.</summary>
internal static class SshNetErrors
{
    /// <summary>Why a machine could not be connected to.</summary>
    /// <param name="server">The server that the connection is for.</param>
    /// <param name="hop">The machine.</param>
    /// <param name="isJump">Whether it is a jump host on the way.</param>
    /// <param name="error">What SSH.NET or the system said.</param>
    public static FoobarException Of(string server, SshHop hop, bool isJump, Exception error)
    {
        string where = HostKeyErrors.Where(server, hop.Alias, isJump);
        return error switch
        {
            SocketException { SocketErrorCode: SocketError.TimedOut } or SshOperationTimeoutException => TimedOut(server, where, error),
            SshConnectionException { DisconnectReason: DisconnectReason.KeyExchangeFailed
                or DisconnectReason.ProtocolVersionNotSupported
                or DisconnectReason.ProtocolError
                or DisconnectReason.MacError } => NotNegotiated(
                    server, where, error),
            SshConnectionException or SocketException or IOException =>
                Unreachable(server, where, $"{error.Message.TrimEnd('.')} ({hop.Host}, port {hop.Port})", error),
            _ => NotNegotiated(server, where, error),
        };
    }

    private static FoobarException TimedOut(string server, string where, Exception error) =>
        new("ConnectTimeout", ErrorKind.Timeout, $"{where}: no answer: {error.Message}", error)
        {
            Server = server,
            Recommendation = "Check that the server is up, that its address is right and that no firewall on the way drops SSH.",
        };

    private static FoobarException Unreachable(string server, string where, string words, Exception error) =>
        new("ServerUnreachable", ErrorKind.Connection, $"{where}: not reached: {words}", error)
        {
            Server = server,
            Recommendation = "Check that the server is up, that its name resolves, and that sshd listens on the port.",
        };

    private static FoobarException NotNegotiated(string server, string where, Exception error) =>
        new("SshNegotiationFailed", ErrorKind.Connection, $"{where}: SSH.NET and the server can't agree: {error.Message}", error)
        {
            Server = server,
            Recommendation =
                "Update the older of the two sides, or allow the algorithm for this host in ssh_config; the transport OpenSsh knows more "
                    + "algorithms.",
        };
}
