using Foobar.Ops.Findings;

namespace Foobar.Ops.Linux.Configuration;

/// <summary>The keywords of HAProxy that may name a file with a private key.</summary>
internal static class HaproxyBindWords
{
    /// <summary>Keywords of a <c>bind</c> line.</summary>
    public static readonly Vocabulary Options = new Vocabulary("HAProxy bind keyword", "HAProxy Configuration Manual 2.6 to 3.4, 5.1")
        .Handled("crt, default-crt, crt-list, ca-sign-file")
        .Irrelevant(
            "names certificates, lists, or keys of tickets or of encrypted hellos, no private key of a certificate",
            "ca-file, ca-verify-file, crl-file, ech, tls-ticket-keys")
        .Irrelevant(
            "how the handshake is made with the certificates named elsewhere",
            "allow-0rtt, alpn, ca-ignore-err, ca-sign-pass, ciphers, ciphersuites, client-sigalgs, crt-ignore-err, curves, "
            + "ecdhe, force-sslv3, force-tlsv10, force-tlsv11, force-tlsv12, force-tlsv13, generate-certificates, ktls, "
            + "no-alpn, no-ca-names, no-sslv3, no-strict-sni, no-tls-tickets, no-tlsv10, no-tlsv11, no-tlsv12, no-tlsv13, npn, "
            + "ocsp-update, prefer-client-ciphers, sigalgs, ssl, ssl-max-ver, ssl-min-ver, strict-sni, tls-tickets, verify")
        .Irrelevant(
            "how it listens, for whom, and what it takes",
            "accept-netscaler-cip, accept-proxy, backlog, cc, defer-accept, expose-fd, gid, group, guid-prefix, id, "
            + "idle-ping, interface, label, level, maxconn, mode, mss, name, namespace, nbconn, nice, process, proto, "
            + "quic-cc-algo, quic-force-retry, quic-socket, severity-output, shards, tcp-md5sig, tcp-ss, tcp-ut, tfo, thread, "
            + "transparent, uid, user, v4v6, v6only");

    /// <summary>Those without an argument.</summary>
    public static readonly IReadOnlySet<string> Flags = new HashSet<string>(StringComparer.Ordinal)
    {
        "accept-proxy", "allow-0rtt", "defer-accept", "force-sslv3", "force-tlsv10", "force-tlsv11", "force-tlsv12", "force-tlsv13",
        "generate-certificates",
        "no-alpn", "no-ca-names", "no-sslv3", "no-strict-sni", "no-tls-tickets", "no-tlsv10", "no-tlsv11", "no-tlsv12", "no-tlsv13",
        "prefer-client-ciphers", "quic-force-retry", "ssl", "strict-sni", "tfo", "tls-tickets", "transparent", "v4v6", "v6only",
    };

    /// <summary>Why it can't be told whether a bind line names a further key; <see langword="null"/> if it can.</summary>
    public static string? Trouble(IEnumerable<ConfigurationWord> options)
    {
        using IEnumerator<ConfigurationWord> each = options.GetEnumerator();
        while (each.MoveNext())
        {
            string name = each.Current.Text;
            if (each.Current.HasVariable || Options.Trouble(name) is not null)
            {
                return each.Current.HasVariable ? $"an environment variable stands for '{name}'" : Options.Trouble(name);
            }

            if (!Flags.Contains(name) && !each.MoveNext())
            {
                break;
            }
        }

        return null;
    }
}
