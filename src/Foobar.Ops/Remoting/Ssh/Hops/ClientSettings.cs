using System.Collections.Frozen;
using System.Globalization;
using System.Net.Sockets;

namespace Foobar.Ops.Remoting.Ssh.Hops;

/// <summary>
/// What <c>ssh -G</c> prints: the settings that the OpenSSH client would use for a host, a key and its values a line
/// (ssh(1), ssh_config(5); readconf.c, dump_client_config).
/// </summary>
internal sealed class ClientSettings
{
    /// <summary>What a session by SSH.NET does as the setting says, or is refused for (<see cref="Unsupported"/>).</summary>
    private static readonly string[] Heeded =
    [
        "addressfamily", "bindaddress", "bindinterface", "casignaturealgorithms", "certificatefile", "ciphers", "globalknownhostsfile",
        "hashknownhosts", "hostkeyalgorithms", "hostkeyalias", "hostname", "identityfile", "kbdinteractiveauthentication", "kexalgorithms",
        "knownhostscommand", "macs", "passwordauthentication", "port", "preferredauthentications", "proxycommand", "proxyjump",
        "pubkeyacceptedalgorithms", "pubkeyauthentication", "requiredrsasize", "revokedhostkeys", "user", "userknownhostsfile",
    ];

    /// <summary>
    /// What changes nothing that such a session does: terminals, forwarding, sharing of connections, logins that it does not
    /// try, what the module sets itself (time limits, signs of life, the check of host keys), what was applied before the
    /// settings were printed.
    /// </summary>
    private static readonly string[] Immaterial =
    [
        "addkeystoagent", "batchmode", "canonicaldomains", "canonicalizefallbacklocal", "canonicalizehostname", "canonicalizemaxdots",
        "canonicalizepermittedcnames", "challengeresponseauthentication", "channeltimeout", "checkhostip", "clearallforwardings",
        "compression", "connectionattempts", "connecttimeout", "controlmaster", "controlpath", "controlpersist", "dynamicforward",
        "enableescapecommandline", "enablesshkeysign", "escapechar", "exitonforwardfailure", "fingerprinthash", "forkafterauthentication",
        "forwardagent", "forwardx11", "forwardx11timeout", "forwardx11trusted", "gatewayports", "gssapiauthentication",
        "gssapidelegatecredentials", "gssapikexalgorithms", "gssapikeyexchange", "gssapirenewalforcesrekey", "gssapitrustdns", "host",
        "hostbasedacceptedalgorithms", "hostbasedauthentication", "identitiesonly", "identityagent", "ignoreunknown", "ipqos",
        "localcommand", "localforward", "loglevel", "logverbose", "nohostauthenticationforlocalhost", "numberofpasswordprompts",
        "obscurekeystroketiming", "permitlocalcommand", "permitremoteopen", "pkcs11provider", "proxyusefdpass", "rekeylimit",
        "remotecommand", "remoteforward", "requesttty", "securitykeyprovider", "sendenv", "serveralivecountmax", "serveraliveinterval",
        "sessiontype", "setenv", "stdinnull", "streamlocalbindmask", "streamlocalbindunlink", "stricthostkeychecking", "syslogfacility",
        "tag", "tcpkeepalive", "tunnel", "tunneldevice", "updatehostkeys", "verifyhostkeydns", "visualhostkey", "warnweakcrypto",
        "xauthlocation",
    ];

    private static readonly FrozenSet<string> Known = Heeded.Concat(Immaterial).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private readonly Dictionary<string, List<string>> _values = new(StringComparer.OrdinalIgnoreCase);
    private readonly string _home;
    private readonly string _localUser;
    private readonly string _alias;

    private ClientSettings(string alias, string home, string localUser)
    {
        _alias = alias;
        _home = home;
        _localUser = localUser;
    }

    /// <summary>Reads the text.</summary>
    /// <param name="text">What <c>ssh -G</c> printed.</param>
    /// <param name="alias">The name that was asked for.</param>
    /// <param name="home">The local user's home directory.</param>
    /// <param name="localUser">The local user's name.</param>
    public static ClientSettings Parse(string text, string alias, string home, string localUser)
    {
        ClientSettings settings = new(alias, home, localUser);
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int blank = line.IndexOf(' ', StringComparison.Ordinal);
            if (blank > 0)
            {
                ValuesOf(settings._values, line[..blank]).Add(line[(blank + 1)..].Trim());
            }
        }

        return settings;
    }

    /// <summary>The jump hosts.</summary>
    public string? ProxyJump => One("proxyjump");

    /// <summary>The account, as ssh_config or the command line name it, or the local user's.</summary>
    public string User => One("user") ?? _localUser;

    /// <summary>
    /// The first setting that the SSH.NET transport can't serve though it counts, as ssh_config names it; <see langword="null"/> if there
    /// is none.
    /// </summary>
    /// <param name="throughJump">Whether the host is reached through a jump host that the command line names, which counts more than its
    /// own ProxyCommand.</param>
    public string? Unsupported(bool throughJump)
    {
        (string Key, string Name)[] refused =
        [
            .. throughJump ? Array.Empty<(string, string)>() : [("proxycommand", "ProxyCommand")],
            ("knownhostscommand", "KnownHostsCommand"),
            ("revokedhostkeys", "RevokedHostKeys"),
            ("bindaddress", "BindAddress"),
            ("bindinterface", "BindInterface"),
        ];
        return Array.Find(refused, each => One(each.Key) is string value && !value.Equals("none", StringComparison.OrdinalIgnoreCase)).Name;
    }

    /// <summary>Whether a newer client printed settings of which it is not known whether they count.</summary>
    public bool HasUnknown => _values.Keys.Any(key => !Known.Contains(key));

    /// <summary>
    /// The first of them that somebody has set; <see langword="null"/> if each is as the client has it without any configuration.
    /// </summary>
    /// <param name="unconfigured">What the client prints where it reads no configuration.</param>
    public string? SetThoughUnknown(ClientSettings unconfigured) => _values.Keys.FirstOrDefault(key =>
        !Known.Contains(key) && !(unconfigured._values.TryGetValue(key, out List<string>? values) && values.SequenceEqual(_values[key])));

    /// <summary>The settings as a hop.</summary>
    public SshHop ToHop() => new()
    {
        Alias = _alias,
        Host = One("hostname") ?? _alias,
        Port = Number("port", 22),
        User = User,
        AddressFamily = One("addressfamily") switch
        {
            "inet" => AddressFamily.InterNetwork,
            "inet6" => AddressFamily.InterNetworkV6,
            _ => AddressFamily.Unspecified,
        },
        IdentityFiles = Files("identityfile"),
        CertificateFiles = Files("certificatefile"),
        KnownHostsFiles = [.. PathList("userknownhostsfile"), .. PathList("globalknownhostsfile")],
        NewKeysFile = PathList("userknownhostsfile").FirstOrDefault(),
        HostKeyAlias = One("hostkeyalias"),
        HashKnownHosts = One("hashknownhosts") == "yes",
        RequiredRsaBits = Number("requiredrsasize", 1024),
        Logins = Logins(),
        Algorithms = new SshAlgorithms(
            List("kexalgorithms", SshAlgorithms.Default.KeyExchange),
            List("hostkeyalgorithms", SshAlgorithms.Default.HostKey),
            List("ciphers", SshAlgorithms.Default.Cipher),
            List("macs", SshAlgorithms.Default.Mac),
            List("casignaturealgorithms", SshAlgorithms.Default.CertificateAuthority),
            List("pubkeyacceptedalgorithms", SshAlgorithms.Default.UserKey)),
    };

    private static List<string> ValuesOf(Dictionary<string, List<string>> values, string key) =>
        values.TryGetValue(key, out List<string>? known) ? known : values[key] = [];

    private string[] Logins()
    {
        string[] preferred = [.. List("preferredauthentications", ["publickey", "keyboard-interactive", "password"])];
        return [.. preferred.Where(login => login switch
        {
            "publickey" => Allows("pubkeyauthentication"),
            "keyboard-interactive" => Allows("kbdinteractiveauthentication"),
            "password" => Allows("passwordauthentication"),
            _ => false,
        })];
    }

    private bool Allows(string key) => One(key) is not ("no" or "false");

    private string? One(string key) => _values.TryGetValue(key, out List<string>? values) ? values[0] : null;

    private int Number(string key, int otherwise) =>
        int.TryParse(One(key), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : otherwise;

    private IReadOnlyList<string> List(string key, IReadOnlyList<string> otherwise) =>
        One(key) is string text ? text.Split(',', StringSplitOptions.RemoveEmptyEntries) : otherwise;

    private string[] Files(string key) => _values.TryGetValue(key, out List<string>? values)
        ? [.. values.Where(value => !value.Equals("none", StringComparison.OrdinalIgnoreCase)).Select(Expand)]
        : [];

    // The client prints several paths with blanks between and no quotes: what does not begin like a path belongs to the one before.
    private List<string> PathList(string key)
    {
        List<string> paths = [];
        foreach (string word in (One(key) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (paths.Count == 0 || word[0] is '/' or '~' || word is [_, ':', '/' or '\\', ..])
            {
                paths.Add(word);
            }
            else
            {
                paths[^1] += " " + word;
            }
        }

        return [.. paths.Where(path => path != "none").Select(Expand)];
    }

    // The tokens of ssh_config(5), TOKENS, that a path may hold.
    private string Expand(string path)
    {
        string text = path.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(_home, path[2..]) : path;
        (string Token, string Value)[] tokens =
        [
            ("%d", _home), ("%h", One("hostname") ?? _alias), ("%n", _alias), ("%k", One("hostkeyalias") ?? _alias),
            ("%p", One("port") ?? "22"), ("%r", User), ("%u", _localUser), ("%%", "%"),
        ];
        System.Text.StringBuilder expanded = new();
        for (int at = 0; at < text.Length; at++)
        {
            (string Token, string Value) token = text[at] == '%'
                ? Array.Find(tokens, each => string.CompareOrdinal(text, at, each.Token, 0, 2) == 0)
                : default;
            expanded.Append(token.Token is null ? text[at].ToString() : token.Value);
            at += token.Token is null ? 0 : 1;
        }

        return expanded.ToString();
    }
}
