using System.Text.RegularExpressions;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting.Ssh;

/// <summary>One thing that the OpenSSH client can say, and what it means.</summary>
/// <param name="Words">The line; its group <c>host</c> names the host that is meant.</param>
/// <param name="ErrorId">The error's id.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Cause">What is wrong, after the server's name.</param>
/// <param name="Recommendation">What puts it right.</param>
internal sealed record SshRefusal(Regex Words, string ErrorId, ErrorKind Kind, string Cause, string Recommendation)
{
    /// <summary>
    /// Whether it is never said after a login: the same words then are those of the server's programs, such as a shell's
    /// start-up files.
    /// </summary>
    public bool EndsBeforeLogin => ErrorId is SshRefusals.Unreachable or SshRefusals.Config;
}

/// <summary>
/// What the OpenSSH client says at <c>-v</c> where it has no session to give, of versions 8 to 10: its own words
/// (sshconnect.c, sshconnect2.c, readconf.c, authfile.c, packet.c, channels.c, clientloop.c), those that sshd sends before the
/// login (sshd.c, auth.c) and those of PAM modules that refuse one. The first row that matches counts, so what is only a
/// consequence stands below its cause; host keys are judged before (<see cref="SshErrors"/>).
/// </summary>
internal static class SshRefusals
{
    private const string Login = "AuthenticationRefused";
    internal const string Unreachable = "ServerUnreachable";
    private const string Shell = "ShellUnavailable";
    internal const string Config = "SshConfigInvalid";
    private const string Negotiation = "SshNegotiationFailed";
    private const string Jump = "JumpRefused";
    private const string Timeout = "ConnectTimeout";

    /// <summary>The table.</summary>
    public static readonly IReadOnlyList<SshRefusal> All =
    [
        // The client's own configuration.
        Row(
            @"Bad configuration option|terminating, \d+ bad configuration|^Can't open user config file|extra arguments|[Mm]issing argument|no argument after keyword|[Uu]nsupported option|[Bb]ad (yes|number|value|include|key types|SSH2)|^command-line(:| line)|percent_expand: |(?<!banner )line \d+: .*([Ii]nvalid|[Bb]ad)|garbage at end of line|keyword .* (is )?not allowed|vdollar_percent_expand",
            Config, ErrorKind.InvalidInput,
            "the OpenSSH client does not accept its configuration", "Correct the named line of the ssh_config."),
        Row(@"Bad owner or permissions on", Config, ErrorKind.InvalidInput, "the OpenSSH client does not trust its configuration's file",
            "The file must belong to you or root, and others must not be able to write it (chmod 600)."),
        Row(
            @"(hostname|username) contains invalid characters", Config, ErrorKind.InvalidInput,
            "the OpenSSH client does not take the host's or the user's name",
            "Correct HostName and User in ssh_config, or the server's SSH settings in the inventory."),

        // Forwards by a jump host.
        Row(
            @"open failed: administratively prohibited", Jump, ErrorKind.Permission, "does not carry connections on: its sshd forbids it",
            "Allow it in the jump host's sshd_config: 'AllowTcpForwarding yes' (or 'local'), the server in PermitOpen, "
            + "and no 'restrict' or 'no-port-forwarding' at the key; or use another way to the server."),
        Row(
            @"open failed: resource shortage|open failed: unknown channel type",
            Jump, ErrorKind.Connection, "could not carry the connection on",
            "Look at the jump host's load and limits, and whether its SSH server carries connections at all."),
        Row(
            @"open failed: connect failed: (Name or service not known|Temporary failure in name resolution|Unknown error|No address associated|Name does not resolve|nodename nor servname)",
            Unreachable, ErrorKind.Connection,
            "the jump host can't resolve its name",
            "Names behind a jump host are resolved there: give the server's address, or add its name to the jump host's DNS or "
                + "/etc/hosts."),
        Row(
            @"open failed: connect failed: (Connection|Operation) timed out", Timeout, ErrorKind.Timeout, "no answer to the jump host",
            "Check that the server is up, that its address is right and that no firewall between the jump host and it drops SSH."),
        Row(
            @"open failed: connect failed: Connection refused", Unreachable, ErrorKind.Connection, "refuses the jump host's connection",
            "See that sshd runs on the server and listens on this port and address."),
        Row(
            @"open failed: connect failed: open failed|[Nn]o more sessions|Session open refused by peer",
            Shell, ErrorKind.Failed,
            "the login was accepted, but no session is to be had",
            "Its sshd allows no (more) sessions on a connection: MaxSessions in sshd_config."),
        Row(
            @"open failed: connect failed", Unreachable, ErrorKind.Connection, "not reached from the jump host",
            "Check the route from the jump host to the server."),

        // What sshd says instead of its version, or before the login.
        Row(
            @"Exceeded MaxStartups", Unreachable, ErrorKind.Connection, "its sshd has too many logins under way",
            "Wait a moment, lower -ThrottleLimit, "
            + "or raise MaxStartups in its sshd_config; many failing logins from elsewhere use it up, too."),
        Row(
            @"Not allowed at this time", Unreachable, ErrorKind.Permission,
            "its sshd refuses this address for a while, after failed logins or broken connections",
            "Wait until the penalty is over, and find out what failed; PerSourcePenaltyExemptList in its sshd_config can name the "
                + "operators' addresses (OpenSSH 9.8 and later)."),
        Row(
            @"(System is (booting up|going down)|not permitted to log in yet|/(etc|run|var/run)/nologin|is currently down for maintenance)",
            Login, ErrorKind.Permission, "it lets nobody but root log in now",
            "It is starting, shutting down or under maintenance (/run/nologin, /etc/nologin): wait, or remove the file."),
        Row(
            @"[Aa]ccount has expired|[Aa]ccount is (locked|disabled|expired)|[Aa]ccess denied: user .* locked|account is locked due to",
            Login, ErrorKind.Authentication, "the login's account is locked or expired",
            "Unlock or renew the account on the server (passwd -S, chage -l, faillock)."),
        Row(
            @"[Pp]assword has expired|[Pp]assword change required|required to change your password|must change your password",
            Login, ErrorKind.Authentication,
            "the login's password has expired, and must be changed before anything else",
            "Log in once with 'ssh' and change it, or renew it on the server (chage)."),

        // The operator's keys.
        Row(
            @"UNPROTECTED PRIVATE KEY FILE|: bad permissions|This private key will be ignored", Login, ErrorKind.Authentication,
            "the OpenSSH client does not use a key whose file others can read", "chmod 600 the key's file."),
        Row(
            @"agent refused operation|signing failed|device not found|communication with agent failed|agent returned different signature",
            Login, ErrorKind.Authentication, "the login's key did not sign",
            "Unlock the agent, confirm its question, or touch the hardware key; see that it is plugged in (ssh-add -l)."),
        Row(
            @"no mutual signature (algorithm|supported)|key type .* not in PubkeyAccepted|Bad key types",
            Login, ErrorKind.Authentication,
            "no signature algorithm is common to the login's key and the server",
            "Use an Ed25519 or ECDSA key; ssh-rsa with SHA-1 is refused since OpenSSH 8.8 (PubkeyAcceptedAlgorithms)."),
        Row(
            @"Load key .*: (error in libcrypto|invalid format|Invalid key length|unknown or unsupported)",
            Login, ErrorKind.Authentication, "the OpenSSH client can't read a key's file",
            "See that the file is a whole private key of a kind that the client knows (ssh-keygen -yf FILE)."),
        Row(
            @"incorrect passphrase|read_passphrase: can't open|Load key .*passphrase", Login, ErrorKind.Authentication,
            "a key needs its passphrase, which sessions never ask for", "Add the key to the agent (ssh-add)."),
        Row(
            @"[Nn]o such identity|Identity file .* not accessible", Login, ErrorKind.Authentication, "a key's file is not there",
            "Correct IdentityFile in ssh_config, or identityFile in the inventory."),
        Row(
            @"Too many authentication failures", Login, ErrorKind.Authentication, "too many keys were offered before the right one",
            "Name the key (IdentityFile and 'IdentitiesOnly yes' in ssh_config, "
            + "or identityFile in the inventory): each key of the agent counts as a try against MaxAuthTries."),

        // Algorithms and the protocol.
        Row(
            @"Unable to negotiate with (?<host>\S+)|no matching (key exchange|host key type|cipher|MAC|compression)|no kex alg|[Nn]o matching \S+ found",
            Negotiation, ErrorKind.Connection,
            "the OpenSSH client and the server have no algorithm in common",
            "Update the older of the two sides, or allow the algorithm for this host in ssh_config (KexAlgorithms, HostKeyAlgorithms, "
                + "Ciphers, MACs)."),
        Row(
            @"[Ii]nvalid key length|key length .* too small|RequiredRSASize",
            Negotiation, ErrorKind.Connection,
            "its RSA host key is too short for this OpenSSH client",
            "Give the server an Ed25519 host key or a longer RSA key; RequiredRSASize in ssh_config is the limit (OpenSSH 9.1 and later)."),
        Row(
            @"Bad remote protocol version|[Pp]rotocol major versions differ|banner line \d+: (?!SSH-|Exceeded|Not allowed)|banner line contains invalid characters|banner line too long|[Pp]rotocol mismatch",
            Negotiation, ErrorKind.Connection, "what answers there is no SSH server",
            "Check the port: a web server, a proxy or a load balancer may listen on it."),
        Row(
            @"Corrupted MAC on input|[Bb]ad packet length|[Pp]acket corrupt|message authentication code incorrect|incorrect signature|Bytes? (encrypted|decrypted) .* error|ssh_dispatch_run_fatal",
            Negotiation, ErrorKind.Connection,
            "the connection's data were not what the server sent",
            "Something on the way (a proxy, an MTU, a broken network card) changes packets; or the two sides differ in an algorithm."),

        // The login, as a whole.
        Row(
            @"^(?:\S+@(?<host>\S+): )?Permission denied \((?<methods>[^)]*)\)", Login, ErrorKind.Authentication, "the login was refused",
            ""),
        Row(
            @"^(?:\S+@(?<host>\S+): )?Permission denied(, please try again)?|No supported authentication methods available|No more authentication methods",
            Login, ErrorKind.Authentication, "the login was refused", ""),

        // After the login.
        Row(
            @"(exec|shell|subsystem) request failed on channel",
            Shell, ErrorKind.Failed,
            "the login was accepted, but sshd runs no command for it",
            "Look at ForceCommand, at 'command=' at the key and at the login's shell on the server."),
        Row(
            @"sftp connections only|sftp only", Shell, ErrorKind.Failed, "the login is for sftp only",
            "Use a login that may run commands ('ForceCommand internal-sftp' in its sshd_config allows none)."),
        Row(
            @"account is currently not available|nologin|/bin/false", Shell, ErrorKind.Failed, "the login has no shell",
            "Give the login a shell (chsh -s /bin/sh), or use another one."),

        // The network.
        Row(
            @"^ssh: Could not resolve hostname (?<host>\S+):.*(Temporary failure|[Tt]ry again)",
            Unreachable, ErrorKind.Connection, "its name could not be looked up now",
            "The name service of this machine does not answer: check the network and /etc/resolv.conf."),
        Row(
            @"^ssh: Could not resolve hostname (?<host>\S+):", Unreachable, ErrorKind.Connection, "its name does not resolve",
            "Correct the host in the inventory, or HostName in ssh_config."),
        Row(
            @"^ssh: connect to host (?<host>\S+) port \d+: (Connection|Operation) timed out|^Connection to (?<host>\S+) port \d+ timed out|timed out during banner exchange|Timeout before authentication|Connection timed out",
            Timeout, ErrorKind.Timeout, "no answer",
            "Check that the server is up, that its address is right and that no firewall on the way drops SSH."),
        Row(
            @"^ssh: connect to host (?<host>\S+) port \d+: Connection refused", Unreachable, ErrorKind.Connection, "nothing listens there",
            "See that sshd runs on the server, and on this port and address; a firewall that rejects looks the same."),
        Row(
            @"^ssh: connect to host (?<host>\S+) port \d+: (No route to host|Network is unreachable|Host is down)",
            Unreachable, ErrorKind.Connection, "no way leads there",
            "Check that the server is up, its address, and this machine's routes; a firewall that rejects looks the same."),
        Row(
            @"^ssh: connect to host (?<host>\S+) port \d+: (Permission denied|Operation not permitted)", Unreachable, ErrorKind.Connection,
            "this machine does not let the connection out", "Look at this machine's own firewall and security policy."),
        Row(
            @"^ssh: connect to host (?<host>\S+) port", Unreachable, ErrorKind.Connection, "not reached",
            "Check the server's address, this machine's network, and that sshd listens on the port."),
        Row(
            @": (command )?not found|: No such file or directory$|exec: ",
            Unreachable, ErrorKind.Connection, "the way there (ProxyCommand) could not be taken",
            "Run the ProxyCommand of ssh_config by hand: its program is missing or fails."),
        Row(
            @"^kex_exchange_identification|^ssh_exchange_identification|^Connection (closed|reset) by (?!UNKNOWN)(?:authenticating user \S+ )?(?<host>\S+)|^banner exchange:",
            Unreachable, ErrorKind.Connection, "it closed the connection before the login",
            "Look at the server's log of sshd: MaxStartups, a limit of the address (fail2ban, hosts.deny), "
            + "a missing host key, or a PAM module end a connection like that."),
    ];

    /// <summary>What puts a refused login right, by the methods that the server takes.</summary>
    /// <param name="methods">The methods as <c>Permission denied (...)</c> lists them; empty if it doesn't.</param>
    /// <param name="partly">Whether a first factor was accepted.</param>
    public static (string Cause, string Recommendation) OfLogin(string methods, bool partly)
    {
        string[] taken = methods.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        bool keys = taken.Contains("publickey");
        bool asks = taken.Contains("password") || taken.Contains("keyboard-interactive");
        return (keys, asks, partly) switch
        {
            (_, _, true) => (
                "a second factor is wanted, which the OpenSSH client can't ask for here",
                "Connect with -SshCredential, "
                + "or open a connection of your own first ('ssh -M' with ControlPath in ssh_config): sessions go through it."),
            (false, true, _) => (
                "it takes passwords only, no keys",
                "Connect with -SshCredential, open a connection of your own first ('ssh -M' with ControlPath in ssh_config), "
                + "or allow keys there (PubkeyAuthentication in its sshd_config)."),
            (false, false, false) when taken.Length > 0 =>
                (
                    $"it takes other logins than keys only ({methods})",
                    "Get a ticket (kinit) where it takes gssapi-with-mic; hostbased logins need the trust of the server."),
            (true, true, false) => (
                "the login was refused: it takes none of the keys offered",
                "See that the user is right, that its authorized_keys there has your key, "
                + "and that the key is in the agent or named by ssh_config or the inventory (identityFile). It takes passwords too: "
                + "-SshCredential."),
            _ => (
                "the login was refused: it takes none of the keys offered",
                "See that the user is right, "
                + "that its authorized_keys there has your key (its file and the home directory must not be writable for others), "
                + "and that the key is in the agent or named by ssh_config or the inventory (identityFile). It takes no passwords."),
        };
    }

    private static SshRefusal Row(string words, string errorId, ErrorKind kind, string cause, string recommendation) =>
        new(new Regex(words, RegexOptions.CultureInvariant), errorId, kind, cause, recommendation);
}
