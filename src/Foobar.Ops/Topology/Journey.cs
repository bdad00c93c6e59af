using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Topology;

/// <summary>What a server is on a way.</summary>
internal enum Course
{
    /// <summary>The packets set out there.</summary>
    Sends,

    /// <summary>It passes them on.</summary>
    Passes,

    /// <summary>They are for it.</summary>
    Takes,
}

/// <summary>One server on a way, and what it does there with the packet.</summary>
/// <param name="Server">The server.</param>
/// <param name="Entry">The interface the packet comes in by; <see langword="null"/> at the server that sends it.</param>
/// <param name="Course">What it does with it.</param>
internal sealed record Hop(SiteServer Server, string? Entry, Course Course)
{
    /// <summary>
    /// The number of all rewriting from the packets' beginning until they left this server's filters; <see langword="null"/> where they did
    /// not.
    /// </summary>
    public int? Left { get; init; }

    /// <summary>The hooks they go through there.</summary>
    public IReadOnlyList<string> Hooks => Course switch
    {
        Course.Sends => ["output", "postrouting"],
        Course.Passes => ["prerouting", "forward", "postrouting"],
        _ => ["prerouting", "input"],
    };

    /// <summary>What becomes of packets there.</summary>
    public int Function => Course switch
    {
        Course.Sends => Server.Sent,
        Course.Passes => Server.Model.Forwarded(),
        _ => Server.Model.Delivered(),
    };

    /// <summary>One packet as it comes to the server's filters.</summary>
    public Packet Enter(Packet packet) => Entry is null ? packet : Server.Enter(Entry, packet);
}

/// <summary>
/// Packets that share a way. Spaces are of packets as they set out; the rewriting says what has become of them since, so
/// that whatever is asked at the end of the way can be asked of the packet at its beginning.
/// </summary>
/// <param name="Way">The servers so far, the last one where they are now.</param>
/// <param name="Transform">The number of the rewriting so far.</param>
/// <param name="May">The packets that may have come this far.</param>
/// <param name="Must">Those of them that surely have.</param>
internal sealed record Journey(IReadOnlyList<Hop> Way, int Transform, int May, int Must)
{
    public SiteServer At => Way[^1].Server;

    /// <summary>Whether another journey's way begins with this one's, or is the same.</summary>
    public bool LeadsTo(Journey other) =>
        other.Way.Count >= Way.Count && Way.Zip(other.Way).All(static pair => pair.First.Server == pair.Second.Server);
}

/// <summary>Where packets of a space end: taken by servers, or stopped by their filters.</summary>
/// <param name="Arrived">Those that a server takes.</param>
/// <param name="Stopped">Those that a server's filters surely drop.</param>
/// <param name="Met">Those that came to a server, at each they came to; what neither arrives nor is stopped got lost after the
/// last.</param>
internal sealed record Ends(IReadOnlyList<Journey> Arrived, IReadOnlyList<Journey> Stopped, IReadOnlyList<Journey> Met);
