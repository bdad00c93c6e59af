using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Topology;

/// <summary>Tells of a journey by one packet: what each server on the way does with it, by which rule.</summary>
internal sealed class JourneyText(SiteMap map)
{
    // 2001:db8:ffff::7 and 203.0.113.7 (RFC 3849, RFC 5737).
    private static readonly UInt128 DocumentationSource6 = new(0x2001_0db8_ffff_0000, 7);
    private const uint DocumentationSource4 = 0xCB00_7107;

    private readonly SpaceText _text = new(map.Workspace.Diagram, map.Workspace.Atoms, arriving: true);

    private Diagram Diagram => map.Workspace.Diagram;

    /// <summary>The space in words.</summary>
    public string Space(int space) => _text.Text(space);

    /// <summary>The servers on the way: <c>outside -> fw-01 -> lb-01</c>.</summary>
    public static string Way(Journey journey) =>
        string.Join(
            " -> ", journey.Way.Select(hop => hop.Server.Name).Prepend(journey.Way[0].Entry is null ? null : "outside").OfType<string>());

    /// <summary>One packet of a space at its beginning, as a reader would pick it, and what becomes of it at each server.</summary>
    public string Witness(Journey journey, int space)
    {
        Packet packet = Pick(space);
        List<string> steps = [$"{_text.Text(packet)}"];
        foreach (Hop hop in journey.Way)
        {
            Packet entering = hop.Enter(packet);
            Tracer tracer = new(hop.Server.Model, skips: true);
            tracer.RunThrough(entering, hop.Hooks);
            string rules = string.Join(
                "; ", tracer.Steps.Where(step => step.Rule is not null || step.Verdict != "policy accept").Select(Step));
            string changed = _text.Text(tracer.Packet) is var after && Ends(after) != Ends(_text.Text(entering))
                ? $" becomes {Ends(after)}"
                : string.Empty;
            steps.Add($"{hop.Server.Name}: {(rules.Length == 0 ? "no rule stops it" : rules)}{changed}");
            packet = tracer.Packet;
        }

        return string.Join(" | ", steps);
    }

    /// <summary>A packet of a space: TCP, from a documentation address, where the space holds such.</summary>
    public Packet Pick(int space)
    {
        int real = Diagram.And(space, map.Policy.Opening());
        space = real == Diagram.False ? space : real;
        int ordinary = Diagram.And(space, map.Policy.Ordinary());
        Packet wish = Packet.TcpSyn();
        wish[PacketField.Source4] = DocumentationSource4;
        wish[PacketField.Source6] = DocumentationSource6;
        return Diagram.Witness(ordinary == Diagram.False ? space : ordinary, wish);
    }

    private static string Step(TraceStep step) => step.Why is null ? step.ToString() : $"{step} ({step.Why})";

    private static string Ends(string text) => text[..text.IndexOf(" (", StringComparison.Ordinal)];
}
