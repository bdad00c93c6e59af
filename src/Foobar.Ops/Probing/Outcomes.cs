using System.Net;
using System.Net.Sockets;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Probing;

/// <summary>Makes states of what kernels say of a connection attempt (connect(2), udp(7), icmp(7)).</summary>
internal static class Outcomes
{
    /// <summary>A result from a program's word: <c>open</c>, <c>silent</c>, <c>untold</c> or the name of an error number.</summary>
    public static ProbeResult Of(Probe probe, string word, TimeSpan? time, IPAddress? source)
    {
        ProbeState state = word switch
        {
            "open" => ProbeState.Open,
            "silent" or "ETIMEDOUT" => probe.Protocol == TransportProtocol.Tcp ? ProbeState.Filtered : ProbeState.NoReply,
            "ECONNREFUSED" or "ECONNRESET" => ProbeState.Refused,
            "EHOSTUNREACH"
                or "ENETUNREACH"
                or "EHOSTDOWN"
                or "ENETDOWN"
                or "EACCES"
                or "EPERM"
                or "ENOPROTOOPT"
                or "EPROTO"
                or "EADDRNOTAVAIL" => ProbeState.Unreachable,
            _ => ProbeState.Unknown,
        };
        bool told = state is ProbeState.Open or ProbeState.Refused or ProbeState.Unreachable;
        return new ProbeResult
        {
            Probe = probe,
            State = state,
            Source = source is null || source.Equals(IPAddress.Any) || source.Equals(IPAddress.IPv6Any) ? null : source,
            Time = told ? time : null,
            Detail = word switch
            {
                "open" or "silent" => null,
                "untold" => "the server has only bash to probe with, which can't tell what became of a datagram",
                _ => word,
            },
        };
    }

    /// <summary>The word for a socket's error on this machine.</summary>
    public static string Word(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "ECONNREFUSED",
        SocketError.ConnectionReset => "ECONNRESET",
        SocketError.TimedOut => "ETIMEDOUT",
        SocketError.HostUnreachable or SocketError.HostNotFound => "EHOSTUNREACH",
        SocketError.NetworkUnreachable => "ENETUNREACH",
        SocketError.HostDown => "EHOSTDOWN",
        SocketError.NetworkDown => "ENETDOWN",
        SocketError.AccessDenied => "EACCES",
        SocketError.AddressNotAvailable => "EADDRNOTAVAIL",
        SocketError.ProtocolOption => "ENOPROTOOPT",
        _ => error.ToString(),
    };
}
