namespace Foobar.Ops.Topology;

/// <summary>One server on a way, and what it does there with the packet.</summary>
/// <param name="Server">The server.</param>
/// <param name="Entry">The interface the packet comes in by; <see langword="null"/> at the server that sends it.</param>
/// <param name="Hooks">The hooks it goes through there.</param>
internal sealed record Hop(SiteServer Server, string? Entry, string[] Hooks)
{
    public static readonly string[] Sending = ["output", "postrouting"];
    public static readonly string[] Passing = ["prerouting", "forward", "postrouting"];
    public static readonly string[] Taking = ["prerouting", "input"];
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
}

/// <summary>Where packets of a space end: taken by servers, or stopped by their filters.</summary>
/// <param name="Arrived">Those that a server takes.</param>
/// <param name="Stopped">Those that a server's filters surely drop.</param>
internal sealed record Ends(IReadOnlyList<Journey> Arrived, IReadOnlyList<Journey> Stopped);
