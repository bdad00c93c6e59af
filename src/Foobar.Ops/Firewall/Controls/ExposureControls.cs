using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Firewall;

/// <summary>Controls over services that more people can reach than need to.</summary>
internal static class ExposureControls
{
    /// <summary>FW-009.</summary>
    public static Control<ServerCase<FirewallFacts>> ListensAsNeeded { get; } = new(
        FirewallControls.Info(
            "FW-009",
            Severity.Medium,
            "Services listen on no more addresses than their flows need",
            "A service bound to every address relies on the firewall alone; bound to the one address it needs, it survives a gap there.",
            "Bind the service to the address that the declared flows lead to.",
            "ss(8)"),
        server => server.Facts.Sockets.Judge(sockets => FirewallAnalysis.Judge(server, analysis => JudgeSockets(analysis, sockets))));

    /// <summary>FW-010.</summary>
    public static Control<ServerCase<FirewallFacts>> NoSshOrDatabase { get; } = new(
        FirewallControls.Info(
            "FW-010",
            Severity.Critical,
            "Neither SSH nor the database can be reached from outside",
            "Both are tried by scanners within minutes, and one weak password or one old version is enough.",
            "Let only the operators' network reach SSH and only the application's servers reach the database."),
        server => FirewallAnalysis.Judge(server, analysis => JudgeOutside(analysis, server.Facts)));

    private static IEnumerable<Verdict> JudgeSockets(FirewallAnalysis analysis, IReadOnlyList<ListeningSocket> sockets)
    {
        Site site = analysis.Site;
        return sockets
            .Where(socket => socket.Scope != SocketScope.Loopback)
            .Select(socket => Judge(analysis, socket, site))
            .OfType<Verdict>()
            .OrPass("no service listens wider than declared");
    }

    // A port that no flow leads to at all is SRV-003's; here are those that are needed on fewer addresses than they are on.
    private static Verdict? Judge(FirewallAnalysis analysis, ListeningSocket socket, Site site)
    {
        FlowEnd[] needed = [.. analysis.Policy.Flows
            .Where(flow => flow.Flow.Ports.Any(range => range.Contains(socket.Protocol, socket.Port)))
            .SelectMany(flow => flow.To).Where(end => analysis.Own.Any(end.Contains))];
        IPAddress[] unneeded =
        [
            .. analysis.Own.Where(address => Covers(socket, address) && !Array.Exists(needed, end => end.Contains(address))),
        ];
        return needed.Length == 0 || unneeded.Length == 0 ? null : Verdict.Fail(
            socket.Label,
            $"listens on {string.Join(", ", analysis.Own.Where(address => Array.Exists(needed, end => end.Contains(address))))} of "
                + $"{site.Name}'s {analysis.Server.Name}",
            $"listens on {string.Join(", ", unneeded.AsEnumerable())} too, where no declared flow leads",
            $"{SocketParser.Source}: {socket.Label} ({string.Join(", ", socket.Processes)})");
    }

    private static bool Covers(ListeningSocket socket, IPAddress address) => socket.Address switch
    {
        "*" => true,
        "0.0.0.0" => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork,
        "::" => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6,
        _ => IPAddress.TryParse(socket.Address, out IPAddress? bound) && bound.Equals(address),
    };

    private static IEnumerable<Verdict> JudgeOutside(FirewallAnalysis analysis, FirewallFacts facts)
    {
        Diagram diagram = analysis.Diagram;
        foreach ((string name, int[] ports) in Services(analysis, facts))
        {
            int service = diagram.And(
                diagram.FieldIs(PacketField.Protocol, PacketValues.Tcp),
                diagram.FieldIn(PacketField.DestinationPort, IntervalSet.From(ports.Select(port => ((UInt128)port, (UInt128)port)))));
            int outside = diagram.And(analysis.ArrivingHere(), analysis.Policy.FromInternet(), service);
            int declared = diagram.And(outside, analysis.Policy.Allowed(analysis.Own));
            List<Verdict> verdicts =
            [
                .. OpenSpaces.Judge(
                    analysis, diagram.Except(outside, declared), static model => model.Delivered(), $"{name} is closed to the internet",
                    "prerouting", "input"),
            ];
            foreach (Verdict verdict in verdicts)
            {
                yield return verdict;
            }

            if (verdicts.Count == 0)
            {
                yield return JudgeDeclared(analysis, name, declared);
            }
        }
    }

    private static Verdict JudgeDeclared(FirewallAnalysis analysis, string name, int declared)
    {
        Match passing = analysis.Model.Passing(analysis.Model.Delivered());
        int open = analysis.Diagram.And(declared, passing.Must);
        int possible = open != Diagram.False ? open : analysis.Diagram.And(declared, passing.May);
        if (possible == Diagram.False)
        {
            return Verdict.Pass(name, "closed to the internet");
        }

        Packet witness = analysis.Witness(possible);
        string why = analysis.Explain(witness, "prerouting", "input");
        return open == Diagram.False
            ? Verdict.Unknown(name, $"Whether a declared flow is open can't be decided: {why}.", analysis.Text.Text(possible)) with
            {
                Extent = SpaceDigest.Of(analysis.Diagram, possible),
            }
            : Verdict.Warning(
                name, "closed to the internet",
                $"open to the internet by a declared flow: {analysis.Text.Text(open)}",
                $"{analysis.Text.Text(witness)} passes: {why}") with
            {
                Extent = SpaceDigest.Of(analysis.Diagram, open),
            };
    }

    private static IEnumerable<(string Name, int[] Ports)> Services(FirewallAnalysis analysis, FirewallFacts facts)
    {
        IReadOnlyList<ListeningSocket> sockets = facts.Sockets.TryGet(out IReadOnlyList<ListeningSocket>? known) ? known : [];
        IEnumerable<int> PortsOf(params string[] names) => sockets
            .Where(
                socket =>
                    socket.Protocol == TransportProtocol.Tcp
                        && socket.Scope != SocketScope.Loopback
                        && socket.Processes.Any(names.Contains))
            .Select(socket => socket.Port);
        yield return ("SSH", [
            .. PortsOf("sshd", "sshd-session", "systemd")
                .Where(port => port != 9100)
                .Append(22)
                .Distinct()
                .Where(port => port == 22 || PortsOf("sshd").Contains(port)),
        ]);
        if (analysis.Site.Policy.Database is { } database && analysis.Server.Is(database.Members))
        {
            yield return ("the database", [.. PortsOf("mysqld", "mariadbd").Append(database.Port).Distinct()]);
        }
    }
}
