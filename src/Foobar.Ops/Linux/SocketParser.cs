using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Linux;

/// <summary>Reads <c>ss -H -tulnp</c> (ss(8) of iproute2).</summary>
public static partial class SocketParser
{
    /// <summary>The command whose output is read.</summary>
    public const string Source = "ss -H -tulnp";

    /// <summary>Reads the listening sockets: Netid State Recv-Q Send-Q Local:Port Peer:Port Process.</summary>
    /// <exception cref="Errors.ParseException">A line is not of that form.</exception>
    public static IReadOnlyList<ListeningSocket> Parse(string text) => [.. ParseHeld(text).Select(held => held.Socket)];

    /// <summary>The same, each socket with the names and ids of the processes that hold it.</summary>
    /// <exception cref="Errors.ParseException">A line is not of that form.</exception>
    internal static IReadOnlyList<(ListeningSocket Socket, IReadOnlyList<(string Name, int Id)> Processes)> ParseHeld(string text) =>
        [.. Lines.Of(text).Select(line => ParseLine(line.Number, line.Text))];

    /// <summary>The names and ids of the processes in the last column: <c>users:(("nginx",pid=301,fd=5))</c>.</summary>
    internal static IEnumerable<(string Name, int Id)> ProcessesOf(string users) => Process().Matches(users)
        .Select(
            match =>
                (match.Groups[1].Value, int.TryParse(match.Groups[2].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                    ? id
                    : 0))
        .Distinct();

    private static (ListeningSocket Socket, IReadOnlyList<(string Name, int Id)> Processes) ParseLine(int number, string line)
    {
        string[] fields = Lines.Fields(line, 7);
        TransportProtocol? protocol = fields[0] switch { "tcp" => TransportProtocol.Tcp, "udp" => TransportProtocol.Udp, _ => null };
        if (protocol is null || fields.Length < 6 || !TrySplit(fields[4], out string address, out string? device, out int port))
        {
            throw Lines.Unexpected(Source, number, "'tcp' or 'udp', state, two queues, local and peer address", line);
        }

        (string Name, int Id)[] processes = fields.Length < 7 ? [] : [.. ProcessesOf(fields[6])];
        ListeningSocket socket = new()
        {
            Protocol = protocol.Value,
            Address = address,
            Interface = device,
            Port = port,
            Processes = [.. processes.Select(process => process.Name).Distinct()],
        };
        return (socket, processes);
    }

    /// <summary>Takes <c>127.0.0.53%lo:53</c>, <c>[fe80::1]%eth0:546</c>, <c>*:9100</c> apart.</summary>
    internal static bool TrySplit(string text, out string address, out string? device, out int port)
    {
        int colon = text.LastIndexOf(':');
        string host = colon < 0 ? text : text[..colon];
        int percent = host.IndexOf('%', StringComparison.Ordinal);
        device = percent < 0 ? null : host[(percent + 1)..].TrimEnd(']');
        address = (percent < 0 ? host : host[..percent]).Trim('[', ']');
        port = 0;
        return colon > 0
            && (address == "*" || IPAddress.TryParse(address, out _))
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535;
    }

    [GeneratedRegex("\"([^\"]+)\",pid=([0-9]*)", RegexOptions.None, 1000)]
    private static partial Regex Process();
}
