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
    public static IReadOnlyList<ListeningSocket> Parse(string text) => [.. Lines.Of(text).Select(line => ParseLine(line.Number, line.Text))];

    private static ListeningSocket ParseLine(int number, string line)
    {
        string[] fields = Lines.Fields(line, 7);
        TransportProtocol? protocol = fields[0] switch { "tcp" => TransportProtocol.Tcp, "udp" => TransportProtocol.Udp, _ => null };
        if (protocol is null || fields.Length < 6 || !TrySplit(fields[4], out string address, out string? device, out int port))
        {
            throw Lines.Unexpected(Source, number, "'tcp' or 'udp', state, two queues, local and peer address", line);
        }

        return new ListeningSocket
        {
            Protocol = protocol.Value,
            Address = address,
            Interface = device,
            Port = port,
            Processes = fields.Length < 7 ? [] : [.. ProcessName().Matches(fields[6]).Select(match => match.Groups[1].Value).Distinct()],
        };
    }

    /// <summary>Takes <c>127.0.0.53%lo:53</c>, <c>[fe80::1]%eth0:546</c>, <c>*:9100</c> apart.</summary>
    private static bool TrySplit(string text, out string address, out string? device, out int port)
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

    [GeneratedRegex("\"([^\"]+)\",pid=", RegexOptions.None, 1000)]
    private static partial Regex ProcessName();
}
