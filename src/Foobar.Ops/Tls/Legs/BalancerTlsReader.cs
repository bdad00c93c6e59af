using System.Globalization;
using Foobar.Ops.Findings;
using Foobar.Ops.Linux.Configuration;

namespace Foobar.Ops.Tls.Legs;

/// <summary>
/// What HAProxy's configuration says of TLS towards clients and servers (Configuration Manual, 3.1 ssl-server-verify, 4.2 mode,
/// 5.1 ssl, verify, 5.2 ssl, verify, verifyhost, ca-file, sni, crt): a server takes the options of the defaults sections in
/// force, then those of each <c>default-server</c> line before it, then its own; the later word holds.
/// </summary>
internal sealed class BalancerTlsReader
{
    /// <summary>Keywords of a <c>server</c> or <c>default-server</c> line, by what they say of TLS.</summary>
    public static readonly Vocabulary Words =
        new Vocabulary("HAProxy server keyword for TLS", "HAProxy Configuration Manual 2.6 to 3.4, 5.2")
        .Handled("ssl, no-ssl, verify, verifyhost, no-verifyhost, ca-file, crt, sni, sni-auto, no-sni-auto")
        .Irrelevant(
            "which versions, suites and signatures it offers, and how sessions are kept",
            "allow-0rtt, alpn, ciphers, ciphersuites, client-sigalgs, crl-file, curves, force-sslv3, force-tlsv10, force-tlsv11, "
            + "force-tlsv12, force-tlsv13, ktls, no-renegotiate, no-ssl-reuse, no-sslv3, no-tls-tickets, no-tlsv10, no-tlsv11, no-tlsv12, "
            + "no-tlsv13, npn, renegotiate, sigalgs, ssl-max-ver, ssl-min-ver, ssl-reuse, tls-tickets")
        .Irrelevant(
            "a health check, which may speak TLS by itself",
            "check, no-check, check-alpn, check-pool-conn-name, check-proto, check-reuse-pool, no-check-reuse-pool, "
            + "check-send-proxy, no-check-send-proxy, check-sni, check-sni-auto, no-check-sni-auto, check-ssl, no-check-ssl, "
            + "check-via-socks4, healthcheck, addr, port, inter, fastinter, downinter, rise, fall, error-limit, observe, "
            + "on-error, on-marked-down, on-marked-up, init-state, agent-check, no-agent-check, agent-addr, agent-inter, "
            + "agent-port, agent-send")
        .Irrelevant(
            "how the server is reached and used",
            "backup, no-backup, cc, cookie, disabled, enabled, guid, hash-key, id, idle-ping, init-addr, interface, log-bufsize, "
            + "log-proto, "
            + "maxconn, maxqueue, max-reuse, minconn, namespace, no-send-proxy, no-send-proxy-v2, no-send-proxy-v2-ssl, "
            + "no-send-proxy-v2-ssl-cn, no-tfo, non-stick, pool-conn-name, pool-low-conn, pool-max-conn, pool-purge-delay, proto, "
            + "proxy-v2-options, quic-cc-algo, redir, resolve-net, resolve-opts, resolve-prefer, resolvers, send-proxy, send-proxy-v2, "
            + "send-proxy-v2-ssl, send-proxy-v2-ssl-cn, set-proxy-v2-tlv-fmt, shard, slowstart, socks4, source, stick, strict-maxconn, "
            + "tcp-md5sig, tcp-ut, tfo, track, usesrc, weight, ws");

    /// <summary>The version from which on HAProxy asks for the host of a request (<c>sni-auto</c>) unless told otherwise.</summary>
    private static readonly Version AsksByItself = new(3, 3);

    private const string RequestedHost = "the host asked for";

    private readonly List<string> _doubts = [];
    private Version? _version;
    private bool _tls, _isTcp, _verifies = true, _shows, _saysName;
    private string? _authorities, _verifyHost, _sni;

    /// <summary>Reads a configuration.</summary>
    /// <param name="sections">The configuration.</param>
    /// <param name="version">The version of HAProxy; <see langword="null"/> if it is not known.</param>
    public static BalancerTls Read(IReadOnlyList<HaproxySection> sections, Version? version) => new()
    {
        Listeners = [.. sections.Where(static section => section.Kind is "frontend" or "listen")
            .SelectMany(section => Listeners(sections, section))],
        Servers =
        [
            .. from section in sections
               where section.Kind is "backend" or "listen"
               from line in section.Lines
               where line.Keyword == "server" && line.Words.Count > 2
               select Server(sections, section, line, version),
        ],
    };

    private static IEnumerable<BalancerListener> Listeners(IReadOnlyList<HaproxySection> sections, HaproxySection section)
    {
        bool isTcp = ModeOf(sections, section);
        foreach (HaproxyLine line in section.Lines.Where(static line => line.Keyword == "bind" && line.Words.Count > 1))
        {
            string[] words = [.. line.Words.Select(static word => word.Text)];
            foreach (string address in words[1].Split(','))
            {
                (string host, int port) = Place(address);
                yield return new BalancerListener
                {
                    Name = section.Name,
                    Address = host,
                    Port = port,
                    IsTcp = isTcp,
                    Tls = words.Skip(2).Contains("ssl"),
                    WantsClientCertificate =
                        Array.IndexOf(words, "verify") is > 0 and int at && at + 1 < words.Length && words[at + 1] == "required",
                };
            }
        }
    }

    private static bool ModeOf(IReadOnlyList<HaproxySection> sections, HaproxySection section)
    {
        BalancerTlsReader reader = new();
        reader.TakeAll(sections, section, server: null);
        return reader._isTcp;
    }

    /// <summary>Reads what <c>haproxy -v</c> prints: <c>HAProxy version 3.2.26-1 2026/10/14</c>; <see langword="null"/> for anything
    /// else.</summary>
    public static Version? VersionOf(string text) =>
        text.Split(' ', '\n') is [_, "version", { } version, ..] && Version.TryParse(version.Split('-', '~', '+')[0], out Version? parsed)
            ? parsed : null;

    private static BalancedServer Server(
        IReadOnlyList<HaproxySection> sections, HaproxySection section, HaproxyLine line, Version? version)
    {
        string? usual = sections.Where(static each => each.Kind == "global").SelectMany(static each => each.Lines)
            .LastOrDefault(static each => each.Keyword == "ssl-server-verify" && each.Words.Count > 1)?.Words[1].Text;
        BalancerTlsReader reader = new() { _verifies = usual != "none", _version = version };
        reader.TakeAll(sections, section, line);
        reader.TakeOptions(line.Words.Skip(3));
        reader.Doubt(line.IsConditional, "server", "a conditional block holds it");
        reader.Doubt(line.Words[2].HasVariable, "server", "an environment variable stands for its address");
        (string host, int port) = Place(line.Words[2].Text);
        return new BalancedServer
        {
            Backend = section.Name,
            Name = line.Words[1].Text,
            Host = host,
            Port = port,
            Tls = reader._tls,
            IsTcp = reader._isTcp,
            Verifies = reader._verifies,
            Authorities = reader._authorities,
            VerifiedName = reader._sni ?? reader._verifyHost ?? (reader.IsSilent && version >= AsksByItself ? RequestedHost : null),
            ShowsCertificate = reader._shows,
            Doubts = [.. reader._doubts.Concat(reader.NameDoubt()).Distinct()],
        };
    }

    /// <summary>Whether nothing says which name is asked for.</summary>
    private bool IsSilent => _tls && !_isTcp && !_saysName && _verifyHost is null;

    private IEnumerable<string> NameDoubt() => IsSilent && _verifies && _version is null
        ? ["neither 'sni' nor 'verifyhost' names the server, and whether HAProxy checks the name by itself depends on its version"]
        : [];

    private void TakeAll(IReadOnlyList<HaproxySection> sections, HaproxySection section, HaproxyLine? server)
    {
        foreach (HaproxySection defaults in HaproxySection.DefaultsOf(sections, section, Doubt))
        {
            TakeSection(defaults.Lines);
        }

        TakeSection(server is null ? section.Lines : section.Lines.TakeWhile(line => line != server));
        _isTcp = section.Lines.LastOrDefault(IsMode)?.Words[1].Text is { } mode ? mode == "tcp" : _isTcp;
    }

    private static bool IsMode(HaproxyLine line) => line.Keyword == "mode" && line.Words.Count > 1;

    private void TakeSection(IEnumerable<HaproxyLine> lines)
    {
        foreach (HaproxyLine line in lines)
        {
            if (line.Keyword == "default-server")
            {
                TakeOptions(line.Words.Skip(1));
                Doubt(line.IsConditional, line.Keyword, "a conditional block holds it");
            }
            else if (IsMode(line))
            {
                _isTcp = line.Words[1].Text == "tcp";
            }
        }
    }

    private void TakeOptions(IEnumerable<ConfigurationWord> words)
    {
        using IEnumerator<ConfigurationWord> each = words.GetEnumerator();
        while (each.MoveNext())
        {
            // A keyword may have its own argument in parentheses: set-proxy-v2-tlv-fmt(0x20).
            string name = each.Current.Text.IndexOf('(', StringComparison.Ordinal) is > 0 and int open ? each.Current.Text[..open]
                : each.Current.Text;
            if (each.Current.HasVariable || Words.Find(name) is null)
            {
                // What follows a keyword that is not known can't be read.
                _doubts.Add(each.Current.HasVariable ? $"an environment variable stands for '{name}'" : Words.Trouble(name)!);
                return;
            }

            string argument = !HaproxyServerWords.Flags.Contains(name) && each.MoveNext() ? each.Current.Text : "";
            Take(name, argument);
        }
    }

    private void Take(string name, string argument)
    {
        switch (name)
        {
            case "ssl" or "no-ssl":
                _tls = name == "ssl";
                break;
            case "verify":
                _verifies = argument != "none";
                break;
            case "ca-file":
                _authorities = argument;
                break;
            case "verifyhost" or "no-verifyhost":
                _verifyHost = name == "verifyhost" ? argument : null;
                break;
            case "sni":
                (_sni, _saysName) = (NameOf(argument), true);
                break;
            case "sni-auto":
                (_sni, _saysName) = (RequestedHost, true);
                break;
            case "no-sni-auto":
                (_sni, _saysName) = (null, true);
                break;
            case "crt":
                _shows = true;
                break;
            default:
                break;
        }
    }

    private void Doubt(bool applies, string keyword, string reason)
    {
        if (applies)
        {
            _doubts.Add($"'{keyword}': {reason}");
        }
    }

    // A sample expression; of str(NAME) the name is known.
    private static string NameOf(string expression) => expression.StartsWith("str(", StringComparison.Ordinal) && expression.EndsWith(')')
        ? expression[4..^1]
        : expression;

    /// <summary>The host and the port of an address (11.1 Address formats), without a prefix such as <c>ipv4@</c>; port 0 for
    /// none.</summary>
    private static (string Host, int Port) Place(string address)
    {
        string plain = address.IndexOf('@', StringComparison.Ordinal) is >= 0 and int at ? address[(at + 1)..] : address;
        int colon = plain.LastIndexOf(':');
        bool hasPort = int.TryParse(colon < 0 ? "" : plain[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int port);
        string host = (hasPort ? plain[..colon] : plain).Trim('[', ']');
        return (host is "*" ? "" : host, hasPort ? port : 0);
    }
}
