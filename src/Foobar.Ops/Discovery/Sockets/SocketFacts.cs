using System.Net;
using System.Text.Json.Serialization;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Discovery.Sockets;

/// <summary>What a server listens on, and whom it talks to, at one time.</summary>
public sealed record SocketFacts
{
    /// <summary>The sockets that listen, with who holds them.</summary>
    public required Reading<IReadOnlyList<Listener>> Listeners { get; init; }

    /// <summary>The connections that stood, the same ones counted together.</summary>
    [Measurement]
    public required Reading<IReadOnlyList<Conversation>> Conversations { get; init; }

    /// <summary>The containers of docker and podman that run; empty where there is no engine.</summary>
    public required Reading<IReadOnlyList<RunningContainer>> Containers { get; init; }
}

/// <summary>A socket that listens, with who holds it.</summary>
public sealed record Listener
{
    /// <summary>The socket.</summary>
    public required ListeningSocket Socket { get; init; }

    /// <summary>Who holds it; empty if that could not be seen, or the kernel itself does.</summary>
    public IReadOnlyList<SocketHolder> Holders { get; init; } = [];
}

/// <summary>A process that holds a socket; processes of one name in one unit are one.</summary>
/// <param name="Process">The name of the process, as ss(8) prints it: at most 15 bytes.</param>
/// <param name="Unit">The systemd unit it runs in: <c>nginx.service</c>; <see langword="null"/> if it runs in none or that could not be
/// seen.</param>
/// <param name="Container">The id of the container it runs in, as its control group names it; <see langword="null"/> for none.</param>
public sealed record SocketHolder(string Process, string? Unit, string? Container)
{
    /// <summary>The holder as evidence names it: <c>nginx (nginx.service)</c>.</summary>
    [JsonIgnore]
    public string Label =>
        (Container is { } id ? $"container {id[..Math.Min(12, id.Length)]}" : Unit) is { } place ? $"{Process} ({place})" : Process;
}

/// <summary>Connections that stood, between one address here and one there, to one port that listens.</summary>
public sealed record Conversation
{
    /// <summary>TCP, or UDP for a socket that is connected to its peer.</summary>
    public required TransportProtocol Protocol { get; init; }

    /// <summary>Whether the peer asked for it: the local port is one that the server listens on.</summary>
    public required bool IsIncoming { get; init; }

    /// <summary>The address here.</summary>
    public required IPAddress LocalAddress { get; init; }

    /// <summary>The address there.</summary>
    public required IPAddress PeerAddress { get; init; }

    /// <summary>The port of the side that listens: here for incoming connections, there for outgoing ones.</summary>
    public required int Port { get; init; }

    /// <summary>Who holds them here; empty if that could not be seen, or the kernel itself does.</summary>
    public IReadOnlyList<SocketHolder> Holders { get; init; } = [];

    /// <summary>How many there were.</summary>
    [Measurement]
    public required int Count { get; init; }

    /// <summary>Whether both ends are on the server itself.</summary>
    [JsonIgnore]
    public bool IsLocal => IPAddress.IsLoopback(PeerAddress) || PeerAddress.Equals(LocalAddress);
}

/// <summary>A container that runs.</summary>
/// <param name="Engine"><c>docker</c> or <c>podman</c>.</param>
/// <param name="Id">Its id, in full.</param>
/// <param name="Name">Its name.</param>
/// <param name="Image">Its image.</param>
/// <param name="Ports">The ports of the server that lead into it.</param>
public sealed record RunningContainer(string Engine, string Id, string Name, string Image, IReadOnlyList<PortRange> Ports);
