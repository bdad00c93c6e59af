using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Discovery.Sockets;

/// <summary>
/// Asks a server what listens and who talks to whom: <c>ss</c> of iproute2, the control groups of the processes that it names,
/// and the container engines. Connections are counted together there, since a balancer may hold any number.
/// </summary>
internal static partial class SocketScript
{
    /// <summary>What is read, as findings name it.</summary>
    public const string Source = "ss -tunp";

    /// <summary>The command that gives the listeners.</summary>
    public const string ListenersSource = SocketParser.Source;

    /// <summary>The command that gives the connections.</summary>
    public const string ConversationsSource = "ss -H -tunp state established";

    /// <summary>The commands that give the containers.</summary>
    public const string ContainersSource = "docker ps; podman ps";

    private const int MostConversations = 5000;

    /// <summary>
    /// Prints the sections <c>listeners</c>, <c>connections</c>, <c>groups</c> and <c>containers</c>. A connection is incoming where
    /// its local port is one that something listens on: the kernel gives no client such a port.
    /// </summary>
    public const string Text = """
        export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
        all=$(ss -H -tuanp) || exit
        printf '%s\n' "$all" | awk '
          function port(a) { sub(/.*:/, "", a); return a }
          function host(a) { sub(/:[^:]*$/, "", a); return a }
          function note(line) {
            while (match(line, /pid=[0-9]+/)) { pids[substr(line, RSTART + 4, RLENGTH - 4)] = 1; line = substr(line, RSTART + RLENGTH) }
          }
          BEGIN { print "==> listeners" }
          $2 == "LISTEN" || $2 == "UNCONN" { print; bound[$1, port($5)] = 1; note($0); next }
          $2 == "ESTAB" { standing[++lines] = $0 }
          END {
            for (i = 1; i <= lines; i++) {
              $0 = standing[i]
              users = $7; for (n = 8; n <= NF; n++) users = users " " $n
              gsub(/,fd=[0-9]+/, "", users)
              key = (($1, port($5)) in bound) ? "in " $1 " " $5 " " host($6) ":0 " users : "out " $1 " " host($5) ":0 " $6 " " users
              count[key]++
            }
            print "\n==> connections"
            for (key in count) { note(key); if (++kinds <= 5001) print count[key], key }
            print "\n==> groups"
            for (id in pids) {
              file = "/proc/" id "/cgroup"
              while ((getline line < file) > 0) {
                if (sub(/^0::/, "", line) || sub(/^[0-9]*:name=systemd:/, "", line)) print id, line
              }
              close(file)
            }
          }'
        printf '\n==> containers\n'
        for engine in docker podman; do
          command -v "$engine" >/dev/null 2>&1 || continue
          if list=$(timeout 5 "$engine" ps --no-trunc --format '{{.ID}}|{{.Names}}|{{.Image}}|{{.Ports}}' 2>&1); then
            printf '%s\n' "$list" | sed -n "s/^..*/$engine|&/p"
          else printf '!%s: %s\n' "$engine" "$(printf '%s' "$list" | head -n 1)"
          fi
        done
        """;

    /// <summary>Reads what it prints.</summary>
    /// <exception cref="ParseException">A section is missing, or a line not of its form.</exception>
    public static SocketFacts Parse(string text)
    {
        IReadOnlyDictionary<string, string> sections = Sections.Parse(text);
        Dictionary<int, (string? Unit, string? Container)> groups = ParseGroups(sections.Require("groups"));
        return new SocketFacts
        {
            Listeners = Reading.Of<IReadOnlyList<Listener>>(
                [
                    .. SocketParser.ParseHeld(sections.Require("listeners"))
                        .Select(held => new Listener { Socket = held.Socket, Holders = [.. Holders(held.Processes, groups)] }),
                ],
                ListenersSource),
            Conversations = ParseConversations(sections.Require("connections"), groups),
            Containers = ParseContainers(sections.Require("containers")),
        };
    }

    private static Reading<IReadOnlyList<Conversation>> ParseConversations(
        string text, Dictionary<int, (string? Unit, string? Container)> groups)
    {
        (int Number, string Text)[] lines = [.. Lines.Of(text)];
        return lines.Length > MostConversations
            ? Reading.Unreadable<IReadOnlyList<Conversation>>(
                $"The server has more than {MostConversations} kinds of connections.", ConversationsSource)
            : Reading.Of<IReadOnlyList<Conversation>>(
                [
                    .. Merged(lines.Select(line => ParseConversation(line.Number, line.Text, groups)))
                        .OrderByDescending(static each => each.IsIncoming).ThenBy(static each => each.Port)
                        .ThenBy(static each => each.PeerAddress.ToString(), StringComparer.Ordinal).ThenBy(
                            static each => each.LocalAddress.ToString(), StringComparer.Ordinal),
                ],
                ConversationsSource);
    }

    // Each worker of a service has lines of its own.
    private static IEnumerable<Conversation> Merged(IEnumerable<Conversation> conversations) => conversations
        .GroupBy(
            static each =>
                (each.Protocol, each.IsIncoming, each.Port, each.LocalAddress, each.PeerAddress, string.Join(
                    '|', each.Holders.Select(static holder => holder.Label))))
        .Select(static same => same.First() with { Count = same.Sum(static each => each.Count) });

    // "12 in tcp 192.0.2.11:80 192.0.2.10:0 users:((...))": the port that is told is the one that listens.
    private static Conversation ParseConversation(int number, string line, Dictionary<int, (string? Unit, string? Container)> groups)
    {
        string[] fields = Lines.Fields(line, 6);
        TransportProtocol? protocol = fields.Length < 5
            ? null
            : fields[2] switch { "tcp" => TransportProtocol.Tcp, "udp" => TransportProtocol.Udp, _ => null };
        bool isIncoming = fields.Length > 1 && fields[1] == "in";
        return protocol is null || !(isIncoming || fields[1] == "out")
            || !int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            || !TryEnd(fields[3], out IPAddress? local, out int localPort) || !TryEnd(fields[4], out IPAddress? peer, out int peerPort)
            ? throw Lines.Unexpected(ConversationsSource, number, "a count, 'in' or 'out', 'tcp' or 'udp', local and peer address", line)
            : new Conversation
            {
                Protocol = protocol.Value,
                IsIncoming = isIncoming,
                LocalAddress = local!,
                PeerAddress = peer!,
                Port = isIncoming ? localPort : peerPort,
                Holders = fields.Length < 6 ? [] : [.. Holders(SocketParser.ProcessesOf(fields[5]), groups)],
                Count = count,
            };
    }

    // 192.0.2.1%eth0:68, [::ffff:192.0.2.1]:80, [fe80::1%eth0]:22; a port 0 stands for any.
    private static bool TryEnd(string text, out IPAddress? address, out int port)
    {
        int colon = text.LastIndexOf(':');
        port = 0;
        address = null;
        if (colon < 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port > 65535
            || !IPAddress.TryParse(
                text[..colon].Replace("[", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal).Split('%')[0],
                out IPAddress? parsed))
        {
            return false;
        }

        address = parsed.IsIPv4MappedToIPv6 ? parsed.MapToIPv4() : parsed;
        return true;
    }

    private static IEnumerable<SocketHolder> Holders(
        IEnumerable<(string Name, int Id)> processes, Dictionary<int, (string? Unit, string? Container)> groups) => processes
        .Select(process => groups.TryGetValue(process.Id, out (string? Unit, string? Container) group)
            ? new SocketHolder(process.Name, group.Unit, group.Container)
            : new SocketHolder(process.Name, null, null))
        .Distinct();

    private static Dictionary<int, (string? Unit, string? Container)> ParseGroups(string text)
    {
        Dictionary<int, (string? Unit, string? Container)> groups = [];
        foreach ((int number, string line) in Lines.Of(text))
        {
            string[] fields = Lines.Fields(line, 2);
            int id = int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out int parsed)
                ? parsed
                : throw Lines.Unexpected("/proc/PID/cgroup", number, "a process id and its control group", line);
            string path = fields.Length > 1 ? fields[1] : "";
            string? unit = path.Split('/').LastOrDefault(
                static part => part.EndsWith(".service", StringComparison.Ordinal) || part.EndsWith(".scope", StringComparison.Ordinal));
            string? container = ContainerId().Match(path) is { Success: true } found ? found.Groups[1].Value : null;

            // With cgroup v1 and v2 side by side there are two lines, of which one may be empty.
            (string? Unit, string? Container) known = groups.GetValueOrDefault(id);
            groups[id] = (known.Unit ?? (container is null ? unit : null), known.Container ?? container);
        }

        return groups;
    }

    private static Reading<IReadOnlyList<RunningContainer>> ParseContainers(string text)
    {
        (int Number, string Text)[] lines = [.. Lines.Of(text)];
        string? failure = lines.Select(static line => line.Text).FirstOrDefault(static line => line.StartsWith('!'));
        return failure is not null
            ? Reading.Unreadable<IReadOnlyList<RunningContainer>>(failure[1..].Trim(), ContainersSource)
            : Reading.Of<IReadOnlyList<RunningContainer>>(
                [.. lines.Select(line => ParseContainer(line.Number, line.Text))], ContainersSource);
    }

    private static RunningContainer ParseContainer(int number, string line) =>
        line.Split('|') is [var engine, var id, var name, var image, var ports]
            ? new RunningContainer(engine, id, name, image, [.. Published().Matches(ports).Select(ToRange).OfType<PortRange>().Distinct()])
            : throw Lines.Unexpected(ContainersSource, number, "engine, id, name, image and ports", line);

    // "0.0.0.0:8080->80/tcp, :::8080->80/tcp, 127.0.0.1:9000-9001->9000-9001/udp, 3306/tcp": only an arrow leads in.
    private static PortRange? ToRange(Match match) =>
        PortRange.TryParse($"{match.Groups[2].Value}/{match.Groups[1].Value}", out PortRange range) ? range : null;

    [GeneratedRegex(@":([0-9]+(?:-[0-9]+)?)->[0-9-]+/(tcp|udp)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Published();

    // docker-ID.scope, libpod-ID.scope, cri-containerd-ID.scope, /docker/ID: the engines' names under systemd and cgroupfs.
    [GeneratedRegex(@"(?:^|[/-])([0-9a-f]{64})(?:\.scope)?(?:/|$)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ContainerId();
}
