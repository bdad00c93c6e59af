using System.Text.RegularExpressions;

namespace Foobar.Ops.Remoting.Ssh;

/// <summary>A host certificate as the OpenSSH client describes it (PROTOCOL.certkeys; sshconnect.c, verify_host_key).</summary>
/// <param name="Id">The key id that its authority gave it.</param>
/// <param name="Authority">The fingerprint of the authority's key.</param>
/// <param name="Validity">From when to when it is valid, as OpenSSH writes it.</param>
internal sealed partial record SshHostCertificate(string Id, string Authority, string Validity)
{
    /// <summary>Reads the client's line; <see langword="null"/> if it tells of no certificate.</summary>
    public static SshHostCertificate? Parse(string line) => Words().Match(line) is { Success: true } match
        ? new SshHostCertificate(match.Groups["id"].Value, match.Groups["ca"].Value, match.Groups["valid"].Value)
        : null;

    [GeneratedRegex(
        @"^debug1: Server host certificate: \S+ SHA256:\S+, serial \d+ ID ""(?<id>.*)"" CA \S+ (?<ca>SHA256:[A-Za-z0-9+/]+) valid (?<valid>.+)$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Words();
}
