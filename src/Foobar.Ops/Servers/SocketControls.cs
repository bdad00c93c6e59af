using System.Globalization;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Servers;

/// <summary>Controls over the sockets that listen, held against the declared flows.</summary>
internal static class SocketControls
{
    /// <summary>The ports on which clients of DHCP wait for answers: bound, yet no service (RFC 2131, 4.1; RFC 9915, 7.2).</summary>
    private static readonly int[] DhcpClientPorts = [68, 546];

    // State Snapshot Transfer and Incremental State Transfer (Galera Cluster Documentation, Firewall Settings).
    private static readonly PortRange[] GaleraTransferPorts =
    [
        new(TransportProtocol.Tcp, 4444, 4444), new(TransportProtocol.Tcp, 4568, 4568),
    ];

    /// <summary>SRV-003.</summary>
    public static Control<ServerCase<ServerFacts>> OnlyDeclared { get; } = new(
        ServerControls.Info(
            "SRV-003",
            Severity.High,
            "Only ports that a declared flow leads to are listened on",
            "A service that listens beyond the server itself without anyone needing it waits for a gap in a firewall.",
            "Stop the service, bind it to 127.0.0.1, or declare the flow in the inventory's policy.",
            "ss(8)"),
        server => server.Facts.Sockets.Judge(sockets => JudgeListeners(server, sockets).OrPass("only declared ports")));

    /// <summary>SRV-004.</summary>
    public static Control<ServerCase<ServerFacts>> DeclaredListen { get; } = new(
        ServerControls.Info(
            "SRV-004",
            Severity.High,
            "Each declared flow to the server finds a listener",
            "A flow that nothing answers is a service that is down, moved or bound to the wrong address.",
            "Start the service, correct the address it binds to, or remove the flow from the inventory's policy.",
            "ss(8)"),
        server => server.Facts.Sockets.Judge(sockets => JudgeFlows(server, sockets)));

    private static IEnumerable<Verdict> JudgeListeners(ServerCase<ServerFacts> server, IReadOnlyList<ListeningSocket> sockets)
    {
        PortRange[] declared = [.. server.Site.FlowsTo(server.Server).SelectMany(flow => flow.Ports)];
        return sockets
            .Where(
                socket =>
                    socket.Scope != SocketScope.Loopback && !Array.Exists(declared, range => range.Contains(socket.Protocol, socket.Port)))
            .Where(socket => socket.Protocol != TransportProtocol.Udp || !DhcpClientPorts.Contains(socket.Port))
            .GroupBy(socket => socket.Label)
            .Select(same => JudgeUndeclared(same.First(), server.Facts.EphemeralPorts));
    }

    private static Verdict JudgeUndeclared(ListeningSocket socket, Reading<EphemeralPorts> ephemeral)
    {
        string holder = socket.Processes.Count == 0 ? "an unnamed process or the kernel" : string.Join(", ", socket.Processes);
        string evidence = $"{SocketParser.Source}: {socket.Label} ({holder})";

        // A client that sends datagrams holds a port the kernel picked, and looks like a server that picked one of those.
        return socket.Protocol == TransportProtocol.Udp && ephemeral.TryGet(out EphemeralPorts? range) && range.Contains(socket.Port)
            ? Verdict.Warning(
                socket.Label, "no listener, or a declared flow", $"held by {holder}, on a port that clients are given too", evidence)
            : Verdict.Fail(socket.Label, "no listener, or a declared flow", $"held by {holder}", evidence);
    }

    private static IEnumerable<Verdict> JudgeFlows(ServerCase<ServerFacts> server, IReadOnlyList<ListeningSocket> sockets)
    {
        (Flow Flow, PortRange Range)[] needed =
        [
            .. server.Site.FlowsNaming(server.Server)
                .SelectMany(flow => flow.Ports.Select(range => (flow, range)))
                .DistinctBy(pair => pair.range),
        ];
        return needed.Length == 0
            ? [Verdict.NotApplicable(actual: "no flow leads here")]
            : needed.Select(pair => JudgeFlow(pair.Flow, pair.Range, sockets, IsGalera(server)));
    }

    private static bool IsGalera(ServerCase<ServerFacts> server) =>
        server.Site.Policy.Database is { Topology: DatabaseTopology.Galera } policy && server.Server.Is(policy.Members);

    private static Verdict JudgeFlow(Flow flow, PortRange range, IReadOnlyList<ListeningSocket> sockets, bool isGalera)
    {
        ListeningSocket[] listening = [.. sockets.Where(socket => range.Contains(socket.Protocol, socket.Port))];
        ListeningSocket? reachable = Array.Find(listening, socket => socket.Scope != SocketScope.Loopback);
        return reachable is not null
            ? Verdict.Pass(range.ToString(), $"{reachable.Label} ({string.Join(", ", reachable.Processes)})")
            : listening.Length == 0 && isGalera && GaleraTransferPorts.Contains(range)
            ? Verdict.NotApplicable(range.ToString(), "a member of Galera listens here only while it fetches what it lacks")
            : Verdict.Fail(
                range.ToString(),
                string.Create(CultureInfo.InvariantCulture, $"a listener that others can reach, for flow '{flow.Name}'"),
                listening.Length == 0 ? "no listener" : $"listens on {listening[0].Address} only",
                SocketParser.Source);
    }
}
