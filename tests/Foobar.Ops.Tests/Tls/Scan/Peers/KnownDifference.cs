namespace Foobar.Ops.Tests.Tls.Scan.Peers;

/// <summary>What another scanner is known to say differently of a server; docs/tls-scan.md gives the reasons.</summary>
/// <param name="Server">The server.</param>
/// <param name="Peer">The scanner.</param>
/// <param name="Theirs">What it says.</param>
internal sealed record KnownDifference(string Server, string Peer, string Theirs)
{
    /// <summary>All that are known, of the versions in Debian 12.</summary>
    public static IReadOnlyList<KnownDifference> All { get; } =
    [
        new("client certificate in TLS 1.2", "sslscan", "Tls12:"),
        new("certificate of ML-DSA", "sslscan", "Tls13:"),
        new("X25519MLKEM768 alone", "sslscan", ""),
        new("X25519MLKEM768 alone", "testssl.sh", ""),
        new("SSL 3.0 alone", "sslscan", "Ssl30:"),
    ];
}
