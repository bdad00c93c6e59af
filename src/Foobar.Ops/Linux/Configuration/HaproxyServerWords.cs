namespace Foobar.Ops.Linux.Configuration;

/// <summary>
/// How the options of HAProxy's <c>server</c> and <c>default-server</c> lines are taken apart (Configuration Manual 2.6 to 3.4, 5.2).
/// </summary>
internal static class HaproxyServerWords
{
    /// <summary>
    /// The server keywords without an argument. An argument may look like a keyword (<c>cookie disabled</c>), so a line can be
    /// read only while each keyword on it is known.
    /// </summary>
    public static readonly IReadOnlySet<string> Flags = new HashSet<string>(StringComparer.Ordinal)
    {
        "agent-check", "allow-0rtt", "backup", "check", "check-reuse-pool", "check-send-proxy", "check-sni-auto", "check-ssl",
        "check-via-socks4",
        "disabled", "enabled", "force-sslv3", "force-tlsv10", "force-tlsv11", "force-tlsv12", "force-tlsv13",
        "no-agent-check", "no-backup", "no-check", "no-check-reuse-pool", "no-check-send-proxy", "no-check-sni-auto", "no-check-ssl",
        "no-renegotiate",
        "no-send-proxy", "no-send-proxy-v2", "no-send-proxy-v2-ssl", "no-send-proxy-v2-ssl-cn", "no-sni-auto", "no-ssl", "no-ssl-reuse",
        "no-sslv3",
        "no-tfo", "no-tls-tickets", "no-tlsv10", "no-tlsv11", "no-tlsv12", "no-tlsv13", "no-verifyhost", "non-stick", "renegotiate",
        "send-proxy", "send-proxy-v2", "send-proxy-v2-ssl", "send-proxy-v2-ssl-cn", "sni-auto", "ssl", "ssl-reuse", "stick",
        "strict-maxconn", "tfo", "tls-tickets",
    };
}
