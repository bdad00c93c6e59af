using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>
/// Packets that come in by an interface which does not lead to their source: by another one than the best route to it, or
/// from a source without a route. Control messages of IP are none, since any router on a way may send them (RFC 3704, 2.2).
/// </summary>
/// <param name="analysis">The server's rules and routes.</param>
/// <param name="facts">Where its <c>rp_filter</c> settings stand.</param>
internal sealed class ForgedSources(FirewallAnalysis analysis, FirewallFacts facts)
{
    /// <summary>The interfaces by which packets come in from others.</summary>
    public IReadOnlyList<string> Interfaces { get; } = [.. analysis.Network.Facing()];

    /// <summary>Tells whether it is known by which interface the packets of a source come.</summary>
    public bool IsKnown => analysis.Model.Network.ByBestWay() is not null;

    /// <summary>What may be written on the packets of an interface.</summary>
    /// <param name="name">The interface.</param>
    /// <returns>The packets that are forged; of these what the kernel drops by itself; and where that is not known.</returns>
    public (int All, int Kept, int Unsure) By(string name)
    {
        Diagram diagram = analysis.Diagram;
        int known = diagram.Or(analysis.Model.Network.ByBestWay() ?? Diagram.True, analysis.Policy.Essential());
        int all = diagram.Except(diagram.FieldIs(PacketField.InInterface, (UInt128)analysis.Model.Workspace.Atoms.Of(name)), known);
        (int kept, int unsure) = ByKernel(name);
        return (all, diagram.And(all, kept), unsure);
    }

    // What the kernel drops by itself after prerouting (fib_validate_source), and what it may drop where the setting is not known.
    private (int Kept, int Unsure) ByKernel(string name)
    {
        Diagram diagram = analysis.Diagram;
        int four = diagram.FieldIs(PacketField.Family, PacketValues.Ipv4);
        IReadOnlyList<ReversePathSetting> settings = facts.ReversePath.TryGet(out IReadOnlyList<ReversePathSetting>? read) ? read : [];
        int[] modes =
        [
            .. settings.Where(setting => setting.Interface == name || setting.Interface == "all").Select(static setting => setting.Mode),
        ];
        return modes.Length < 2 ? (Diagram.False, four)
            : modes.Max() switch
            {
                1 => (four, Diagram.False),
                2 =>
                    (diagram.Except(
                        four, analysis.Model.Network.ReversePath(strict: false, acceptsLocal: true) ?? Diagram.True), Diagram.False),
                _ => (Diagram.False, Diagram.False),
            };
    }
}
