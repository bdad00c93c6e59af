using System.Globalization;
using System.Text.RegularExpressions;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting.Ssh;

/// <summary>
/// Tells from what the OpenSSH client said on standard error (at <c>-v</c>; texts of OpenSSH's sshconnect.c, sshconnect2.c,
/// readconf.c and clientloop.c, versions 8 to 10) why a session could not be had, or is gone. With a jump host
/// the clients of all hops write to the same stream, so the failing hop is found by counting those that were reached.
/// </summary>
internal static partial class SshErrors
{
    private static readonly (Regex Pattern, Func<SshFailure, string, FoobarException> Make)[] HostKeys =
    [
        (Revoked(), SshFailures.HostKeyRevoked),
        (Changed(), SshFailures.HostKeyChanged),
        (Unknown(), SshFailures.HostKeyUnknown),
        (VerificationFailed(), SshFailures.HostKeyUnknown),
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

        foreach ((Regex pattern, Func<SshFailure, string, FoobarException> make) in HostKeys)
        {
            if (Array.Find(lines, line => pattern.IsMatch(line)) is string found)
            {
                return make(failure, pattern.Match(found).Groups["host"] is { Success: true } host ? host.Value : "");
            }
        }

        foreach (SshRefusal refusal in SshRefusals.All.Where(each => !failure.Authenticated || !each.EndsBeforeLogin))
        {
            if (failure.Words.Select(line => refusal.Words.Match(line)).LastOrDefault(match => match.Success) is Match match)
            {
                return SshFailures.Refused(failure, refusal, match);
            }
        }

        return failure.Authenticated ? SshFailures.ShellUnavailable(failure) : SshFailures.Unreachable(failure);
    }

    /// <summary>
    /// The error of a host certificate that the client did not take, though it went on; <see langword="null"/> if there was
    /// none.
    /// </summary>
    public static FoobarException? CertificateRefused(string server, string text)
    {
        SshFailure failure = new(server, text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), _ => []);
        return failure.CertificateProblem is null ? null : SshFailures.HostKeyUnknown(failure, "");
    }

    [GeneratedRegex(@"host key for (?<host>\S+) (is marked as|was) revoked", RegexOptions.CultureInvariant)]
    private static partial Regex Revoked();

    [GeneratedRegex(@"^Host key for (?<host>\S+) has changed and you have requested", RegexOptions.CultureInvariant)]
    private static partial Regex Changed();

    [GeneratedRegex(@"host key is known for (?<host>\S+) and you have requested", RegexOptions.CultureInvariant)]
    private static partial Regex Unknown();

    [GeneratedRegex(@"^Host key verification failed", RegexOptions.CultureInvariant)]
    private static partial Regex VerificationFailed();
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

    /// <summary>The lines that may say why: not those of the client's ordinary progress.</summary>
    public IEnumerable<string> Words => Lines.Where(line => !line.StartsWith("debug", StringComparison.Ordinal) || Telling().IsMatch(line));

    /// <summary>Whether a first factor was accepted and another is wanted.</summary>
    public bool PartlyAuthenticated => Lines.Any(line => line.Contains("with partial success", StringComparison.Ordinal));

    /// <summary>The fingerprint of the key that was offered last, as <c>SHA256:...</c>.</summary>
    public string? Offered => Lines.Select(line => OfferedKey().Match(line)).LastOrDefault(match => match.Success)?.Groups[1].Value;

    /// <summary>The certificate that was offered last with its key.</summary>
    public SshHostCertificate? Certificate =>
        Array.FindLast(Lines, line => OfferedKey().IsMatch(line)) is string line ? SshHostCertificate.Parse(line) : null;

    /// <summary>
    /// Why the client did not take a certificate of a known authority; <see langword="null"/> if it had nothing against it.
    /// </summary>
    public string? CertificateProblem => Lines.Select(line => CertificateWords().Match(line)).LastOrDefault(match => match.Success)?.Value;

    /// <summary>The file and line of <c>known_hosts</c> that stands against the offered key.</summary>
    public (string File, int Line)? Offending =>
        Lines.Select(line => OffendingKey().Match(line)).LastOrDefault(match => match.Success) is Match match
            ? (match.Groups[1].Value, int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture))
            : null;

    private static bool IsWord(string line) => !line.StartsWith("debug", StringComparison.Ordinal)
        && !line.StartsWith("OpenSSH_", StringComparison.Ordinal)
        && !line.StartsWith("Authenticated to ", StringComparison.Ordinal)
        && !line.StartsWith("Transferred: ", StringComparison.Ordinal)
        && !line.StartsWith("Bytes per second: ", StringComparison.Ordinal)
        && !line.StartsWith("Killed by signal", StringComparison.Ordinal)
        && !line.StartsWith("** ", StringComparison.Ordinal)
        && !line.StartsWith("@@@", StringComparison.Ordinal)
        && !line.StartsWith("ssh_askpass: exec", StringComparison.Ordinal);

    [GeneratedRegex(@"^debug1: Server host (?:key|certificate): \S+ (SHA256:[A-Za-z0-9+/]+)", RegexOptions.CultureInvariant)]
    private static partial Regex OfferedKey();

    [GeneratedRegex(
        @"^Certificate (invalid: .+|lacks principal list|contains unsupported critical option.*)|^.*[Cc]ertificate signature algorithm .*(disallowed|not (permitted|allowed)).*$|^key is not a host certificate$",
        RegexOptions.CultureInvariant)]
    private static partial Regex CertificateWords();

    // Parts of these are said at -v only.
    [GeneratedRegex(
        @"^debug1: (kex_exchange_identification: banner line|send_pubkey_test: no mutual|get_agent_identities|.*no mutual signature|No more authentication methods|.*identity file .* not accessible|Authentication refused)",
        RegexOptions.CultureInvariant)]
    private static partial Regex Telling();

    [GeneratedRegex(@"^Offending \S+ key in (.+):(\d{1,9})$", RegexOptions.CultureInvariant)]
    private static partial Regex OffendingKey();
}
