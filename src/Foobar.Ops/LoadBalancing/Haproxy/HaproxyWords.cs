using Foobar.Ops.Findings;

namespace Foobar.Ops.LoadBalancing.Haproxy;

/// <summary>
/// The words of HAProxy that decide which servers take traffic: now, by its statistics, and after a start, by its
/// configuration.
/// </summary>
internal static class HaproxyWords
{
    /// <summary>What <c>show stat</c> calls a server, without the count of checks and the reason in parentheses behind it.</summary>
    public static readonly Vocabulary States = new Vocabulary(
        "HAProxy server status", "HAProxy Management Guide, 9.1, and stats of HAProxy 2.6 to 3.4")
        .Handled("UP, DOWN, NOLB, DRAIN, MAINT, no check");

    /// <summary>Keywords of a <c>server</c> or <c>default-server</c> line.</summary>
    public static readonly Vocabulary ServerOptions = new Vocabulary(
        "HAProxy server keyword", "HAProxy Configuration Manual 2.6 to 3.4, 5.2")
        .Handled("enabled, disabled, backup, no-backup, weight")
        .Undecided("its state follows that of another server", "track")
        .Irrelevant(
            "a health check: it takes out a server that fails, whatever the configuration says",
            "check, no-check, check-alpn, check-pool-conn-name, check-proto, check-reuse-pool, no-check-reuse-pool, "
            + "check-send-proxy, no-check-send-proxy, check-sni, check-sni-auto, no-check-sni-auto, check-ssl, no-check-ssl, "
            + "check-via-socks4, healthcheck, addr, port, inter, fastinter, downinter, rise, fall, error-limit, observe, "
            + "on-error, on-marked-down, on-marked-up, init-state, agent-check, no-agent-check, agent-addr, agent-inter, "
            + "agent-port, agent-send")
        .Irrelevant(
            "how the server is reached, once it is in",
            "allow-0rtt, alpn, ca-file, cc, ciphers, ciphersuites, client-sigalgs, crl-file, crt, curves, force-sslv3, "
            + "force-tlsv10, force-tlsv11, force-tlsv12, force-tlsv13, idle-ping, interface, ktls, log-bufsize, log-proto, "
            + "namespace, no-renegotiate, no-send-proxy, no-send-proxy-v2, no-send-proxy-v2-ssl, no-send-proxy-v2-ssl-cn, "
            + "no-sni-auto, no-ssl, no-ssl-reuse, no-sslv3, no-tfo, no-tls-tickets, no-tlsv10, no-tlsv11, no-tlsv12, "
            + "no-tlsv13, no-verifyhost, npn, pool-conn-name, pool-low-conn, pool-max-conn, pool-purge-delay, proto, "
            + "proxy-v2-options, quic-cc-algo, redir, renegotiate, send-proxy, send-proxy-v2, send-proxy-v2-ssl, send-proxy-v2-ssl-cn, "
            + "set-proxy-v2-tlv-fmt, sigalgs, sni, sni-auto, socks4, source, ssl, ssl-max-ver, ssl-min-ver, ssl-reuse, "
            + "tcp-md5sig, tcp-ut, tfo, tls-tickets, usesrc, verify, verifyhost, ws")
        .Irrelevant(
            "how much of the traffic it takes, once it is in, and which",
            "cookie, hash-key, maxconn, maxqueue, max-reuse, minconn, non-stick, shard, slowstart, stick, strict-maxconn")
        .Irrelevant(
            "how its address is found; without one it is out by itself", "init-addr, resolve-net, resolve-opts, resolve-prefer, resolvers")
        .Irrelevant("a name for it", "guid, id");

    /// <summary>Keywords of a <c>defaults</c>, <c>backend</c> or <c>listen</c> section.</summary>
    public static readonly Vocabulary ProxyKeywords = new Vocabulary(
        "HAProxy proxy keyword", "HAProxy Configuration Manual 2.6 to 3.4, 4.1")
        .Handled("server, default-server, server-template, disabled, enabled, load-server-state-from-file")
        .Undecided("it sends every connection to one address, past the servers", "dispatch")
        .Undecided("it sends connections to the address that the client asked for, past the servers", "transparent")
        .Undecided("it lets requests through to servers that are down", "force-persist")
        .Undecided("it keeps the backend from use until it is published", "be-unpublished")
        .Undecided("it lets requests through to backends that are disabled or not published", "force-be-switch")
        .Irrelevant(
            "chooses among the servers that are in",
            "acl, balance, cookie, hash-balance-factor, hash-key, hash-preserve-affinity, hash-type, ignore-persist, "
            + "persist, stick, stick-table, use-server, use_backend, default_backend, option, retries, retry-on, redirect, "
            + "use-fcgi-app")
        .Irrelevant(
            "says how servers are checked or reached",
            "email-alert, external-check, http-check, http-reuse, http-send-name-header, max-session-srv-conns, source, "
            + "srvtcpka-cnt, srvtcpka-idle, srvtcpka-intvl, tcp-check, server-state-file-name")
        .Irrelevant(
            "says where clients connect", "bind, bind-process, crt, ssl-f-use, quic-initial, clitcpka-cnt, clitcpka-idle, clitcpka-intvl")
        .Irrelevant("limits what passes through", "backlog, fullconn, max-keep-alive-queue, maxconn, rate-limit, timeout")
        .Irrelevant(
            "handles, rewrites or logs what passes through",
            "capture, compression, declare, description, error-log-format, errorfile, errorfiles, errorloc, errorloc302, "
            + "errorloc303, filter, filter-sequence, guid, http-after-response, http-error, http-request, http-response, id, log, "
            + "log-format, "
            + "log-format-sd, log-steps, log-tag, mode, monitor, monitor-net, monitor-uri, stats, tcp-request, tcp-response, "
            + "unique-id-format, unique-id-header")
        .Irrelevant(
            "a condition; what matters within one is undecided by itself", ".if, .elif, .else, .endif, .notice, .warning, .alert, .diag");
}
