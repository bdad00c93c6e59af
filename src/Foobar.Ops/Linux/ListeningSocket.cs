using System.Net;
using System.Text.Json.Serialization;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Linux;

/// <summary>Where a socket can be reached from, by the address it is bound to.</summary>
public enum SocketScope : long
{
    /// <summary>From the server itself only.</summary>
    Loopback,

    /// <summary>Through one address or interface.</summary>
    Interface,

    /// <summary>Through every address of the server.</summary>
    Wildcard,
}

/// <summary>A socket on which a server takes connections (TCP) or datagrams (UDP).</summary>
public sealed record ListeningSocket
{
    /// <summary>TCP or UDP.</summary>
    public required TransportProtocol Protocol { get; init; }

    /// <summary>
    /// The address as ss prints it, without brackets: <c>0.0.0.0</c>, <c>::</c>, <c>*</c> (both IP versions), <c>192.0.2.11</c>.
    /// </summary>
    public required string Address { get; init; }

    /// <summary>The interface it is bound to; <see langword="null"/> for any.</summary>
    public string? Interface { get; init; }

    /// <summary>The port.</summary>
    public required int Port { get; init; }

    /// <summary>
    /// The names of the processes that hold it; empty if that could not be seen (no privilege) or the kernel itself does.
    /// </summary>
    public IReadOnlyList<string> Processes { get; init; } = [];

    /// <summary>Where it can be reached from.</summary>
    public SocketScope Scope => this switch
    {
        { Interface: "lo" } => SocketScope.Loopback,
        { Address: "*" or "0.0.0.0" or "::" } => Interface is null ? SocketScope.Wildcard : SocketScope.Interface,
        _ => IPAddress.TryParse(Address, out IPAddress? address) && IsLoopback(address) ? SocketScope.Loopback : SocketScope.Interface,
    };

    /// <summary>The socket as findings name it: <c>tcp/9100 on *</c>.</summary>
    [JsonIgnore]
    public string Label =>
        string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{(Protocol == TransportProtocol.Tcp ? "tcp" : "udp")}/{Port} on {Address}{(Interface is null ? "" : "%" + Interface)}");

    private static bool IsLoopback(IPAddress address) => IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
}
