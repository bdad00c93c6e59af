using System.Net.Sockets;
using Foobar.Ops.Remoting.Ssh.HostKeys;

namespace Foobar.Ops.Remoting.Ssh.Hops;

/// <summary>
/// One machine on the way to a server, the server itself last: where it is, who logs in, and what vouches for its host key.
/// </summary>
internal sealed record SshHop
{
    /// <summary>The alias or name it was asked for by.</summary>
    public required string Alias { get; init; }

    /// <summary>The host name or address to connect to.</summary>
    public required string Host { get; init; }

    /// <summary>The TCP port.</summary>
    public int Port { get; init; } = 22;

    /// <summary>The account; <see langword="null"/> where nobody names one, so that the credential's or the local user's counts.</summary>
    public string? User { get; init; }

    /// <summary>The addresses to connect to: of one family, or of any (<see cref="AddressFamily.Unspecified"/>).</summary>
    public AddressFamily AddressFamily { get; init; } = AddressFamily.Unspecified;

    /// <summary>Private keys, in the order to try them; files that are not there are passed over.</summary>
    public IReadOnlyList<string> IdentityFiles { get; init; } = [];

    /// <summary>User certificates beside those that stand beside their keys (<c>KEY-cert.pub</c>).</summary>
    public IReadOnlyList<string> CertificateFiles { get; init; } = [];

    /// <summary>The <c>known_hosts</c> files.</summary>
    public IReadOnlyList<string> KnownHostsFiles { get; init; } = [];

    /// <summary>The user's <c>known_hosts</c> file that new keys are added to; <see langword="null"/> if there is none.</summary>
    public string? NewKeysFile { get; init; }

    /// <summary>The name that the host key is looked up by instead of host and port (ssh_config(5), HostKeyAlias).</summary>
    public string? HostKeyAlias { get; init; }

    /// <summary>Whether the names of new keys are hashed (ssh_config(5), HashKnownHosts).</summary>
    public bool HashKnownHosts { get; init; }

    /// <summary>The least length of an RSA key, in bits (ssh_config(5), RequiredRSASize).</summary>
    public int RequiredRsaBits { get; init; } = 1024;

    /// <summary>The ways to log in, in the order to try them (ssh_config(5), PreferredAuthentications).</summary>
    public IReadOnlyList<string> Logins { get; init; } = ["publickey", "keyboard-interactive", "password"];

    /// <summary>The algorithms that may be used, the preferred first.</summary>
    public SshAlgorithms Algorithms { get; init; } = SshAlgorithms.Default;

    /// <summary>The name that the host key is known by.</summary>
    public KnownHostName KnownAs => HostKeyAlias is null ? KnownHostName.Of(Host, Port) : KnownHostName.OfAlias(HostKeyAlias);
}

/// <summary>Names of SSH algorithms (RFC 4253, OpenSSH's PROTOCOL), the preferred first.</summary>
/// <param name="KeyExchange">Key exchange.</param>
/// <param name="HostKey">Host keys and certificates.</param>
/// <param name="Cipher">Encryption.</param>
/// <param name="Mac">Message authentication.</param>
/// <param name="CertificateAuthority">Signatures of certificate authorities.</param>
/// <param name="UserKey">Signatures of the login's own keys.</param>
internal sealed record SshAlgorithms(
    IReadOnlyList<string> KeyExchange,
    IReadOnlyList<string> HostKey,
    IReadOnlyList<string> Cipher,
    IReadOnlyList<string> Mac,
    IReadOnlyList<string> CertificateAuthority,
    IReadOnlyList<string> UserKey)
{
    private static readonly string[] Keys =
    [
        "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-512", "rsa-sha2-256",
    ];

    /// <summary>What OpenSSH 10 offers by itself, without what needs hardware: no SHA-1, no CBC.</summary>
    public static SshAlgorithms Default { get; } = new(
        [
            "mlkem768x25519-sha256", "sntrup761x25519-sha512", "sntrup761x25519-sha512@openssh.com", "curve25519-sha256",
            "curve25519-sha256@libssh.org",
            "ecdh-sha2-nistp256", "ecdh-sha2-nistp384", "ecdh-sha2-nistp521", "diffie-hellman-group-exchange-sha256",
            "diffie-hellman-group16-sha512", "diffie-hellman-group18-sha512", "diffie-hellman-group14-sha256",
        ],
        [.. Keys.Select(key => key + "-cert-v01@openssh.com"), .. Keys],
        ["chacha20-poly1305@openssh.com", "aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr"],
        ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512"],
        Keys,
        [.. Keys.Select(key => key + "-cert-v01@openssh.com"), .. Keys]);
}
