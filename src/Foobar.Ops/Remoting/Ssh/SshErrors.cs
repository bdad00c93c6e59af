using System.Globalization;
using System.Text.RegularExpressions;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting.Ssh;

/// <summary>
/// Tells from what the OpenSSH client said on standard error (at <c>-v</c>; texts of OpenSSH's sshconnect.c, sshconnect2.c,
/// readconf.c and clientloop.c, unchanged from 7.x to 10.x) why a session could not be had, or is gone. With a jump host
/// the clients of all hops write to the same stream, so the failing hop is found by counting those that were reached.
/// </summary>
internal static partial class SshErrors
{
    private static readonly (Regex Pattern, Func<SshFailure, string, FoobarException> Make)[] Known =
    [
        (Revoked(), SshFailures.HostKeyRevoked),
        (Changed(), SshFailures.HostKeyChanged),
        (Unknown(), SshFailures.HostKeyUnknown),
        (VerificationFailed(), SshFailures.HostKeyUnknown),
        (Denied(), SshFailures.AuthenticationRefused),
        (BadConfiguration(), SshFailures.ConfigInvalid),
        (Negotiation(), SshFailures.NegotiationFailed),
        (TimedOut(), SshFailures.ConnectTimeout),
        (Unreachable(), SshFailures.Unreachable),
    ];

    /// <summary>Why there is no session.</summary>
    /// <param name="server">The server's name.</param>
    /// <param name="text">All of standard error.</param>
    /// <param name="opened">Whether the session had been in use.</param>
    /// <param name="readKnownHosts">Reads the lines of a <c>known_hosts</c> file.</param>
    public static FoobarException Explain(string server, string text, bool opened, Func<string, IReadOnlyList<string>> readKnownHosts)
    {
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        SshFailure failure = new(server, lines, readKnownHosts);
        if (opened)
        {
            return RemotingErrors.ConnectionLost(server, failure.LastWords);
        }

        foreach ((Regex pattern, Func<SshFailure, string, FoobarException> make) in Known)
        {
            if (Array.Find(lines, line => pattern.IsMatch(line)) is string found)
            {
                return make(failure, pattern.Match(found).Groups["host"] is { Success: true } host ? host.Value : "");
            }
        }

        return failure.Authenticated ? SshFailures.ShellUnavailable(failure) : SshFailures.Unreachable(failure, "");
    }

    [GeneratedRegex(@"host key for (?<host>\S+) (is marked as|was) revoked", RegexOptions.CultureInvariant)]
    private static partial Regex Revoked();

    [GeneratedRegex(@"^Host key for (?<host>\S+) has changed and you have requested", RegexOptions.CultureInvariant)]
    private static partial Regex Changed();

    [GeneratedRegex(@"host key is known for (?<host>\S+) and you have requested", RegexOptions.CultureInvariant)]
    private static partial Regex Unknown();

    [GeneratedRegex(@"^Host key verification failed", RegexOptions.CultureInvariant)]
    private static partial Regex VerificationFailed();

    [GeneratedRegex(@"^(?:\S+@(?<host>\S+): )?Permission denied|Too many authentication failures", RegexOptions.CultureInvariant)]
    private static partial Regex Denied();

    [GeneratedRegex(@"Bad configuration option|terminating, \d+ bad configuration|Bad owner or permissions on|^Can't open user config file|keyword .* extra arguments", RegexOptions.CultureInvariant)]
    private static partial Regex BadConfiguration();

    [GeneratedRegex(@"^Unable to negotiate with (?<host>\S+)|^Bad remote protocol version|Protocol major versions differ", RegexOptions.CultureInvariant)]
    private static partial Regex Negotiation();

    [GeneratedRegex(@"^ssh: connect to host (?<host>\S+) port \d+: (Connection|Operation) timed out|^Connection to (?<host>\S+) port \d+ timed out|timed out during banner exchange|open failed: connect failed: (Connection|Operation) timed out", RegexOptions.CultureInvariant)]
    private static partial Regex TimedOut();

    [GeneratedRegex(@"^ssh: connect to host (?<host>\S+) port|^ssh: Could not resolve hostname (?<host>\S+):|open failed: (connect failed|administratively)|^kex_exchange_identification|^Connection (closed|reset) by (?<host>\S+)", RegexOptions.CultureInvariant)]
    private static partial Regex Unreachable();
}

/// <summary>What the OpenSSH client said, with what every error made of it needs.</summary>
/// <param name="Server">The server's name.</param>
/// <param name="Lines">The lines of standard error.</param>
/// <param name="ReadKnownHosts">Reads the lines of a <c>known_hosts</c> file.</param>
internal sealed partial record SshFailure(string Server, string[] Lines, Func<string, IReadOnlyList<string>> ReadKnownHosts)
{
    private int Hops => Lines.Count(line => line.StartsWith("debug1: Executing proxy command:", StringComparison.Ordinal));

    private int Reached => Lines.Count(line => line.StartsWith("Authenticated to ", StringComparison.Ordinal));

    /// <summary>Whether the server itself accepted the login.</summary>
    public bool Authenticated => Reached > Hops;

    /// <summary>Whether the failure is one of a jump host, not of the server.</summary>
    public bool AtJump => Reached < Hops;

    /// <summary>The client's words that are no debug output, the last ones.</summary>
    public string LastWords => string.Join(" ", Lines.Where(IsWord).TakeLast(3));

    /// <summary>The fingerprint of the key that was offered last, as <c>SHA256:...</c>.</summary>
    public string? Offered => Lines.Select(line => OfferedKey().Match(line)).LastOrDefault(match => match.Success)?.Groups[1].Value;

    /// <summary>The file and line of <c>known_hosts</c> that stands against the offered key.</summary>
    public (string File, int Line)? Offending => Lines.Select(line => OffendingKey().Match(line)).LastOrDefault(match => match.Success) is Match match
        ? (match.Groups[1].Value, int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture))
        : null;

    private static bool IsWord(string line) => !line.StartsWith("debug", StringComparison.Ordinal)
        && !line.StartsWith("OpenSSH_", StringComparison.Ordinal)
        && !line.StartsWith("Authenticated to ", StringComparison.Ordinal)
        && !line.StartsWith("Transferred: ", StringComparison.Ordinal)
        && !line.StartsWith("Bytes per second: ", StringComparison.Ordinal)
        && !line.StartsWith("Killed by signal", StringComparison.Ordinal);

    [GeneratedRegex(@"^debug1: Server host key: \S+ (SHA256:[A-Za-z0-9+/]+)", RegexOptions.CultureInvariant)]
    private static partial Regex OfferedKey();

    [GeneratedRegex(@"^Offending \S+ key in (.+):(\d{1,9})$", RegexOptions.CultureInvariant)]
    private static partial Regex OffendingKey();
}
