using Foobar.Ops.Tls.Scan.Registry;

namespace Foobar.Ops.Tls.Scan.Wire;

/// <summary>What a ClientHello offers. A list that is empty leaves its extension out.</summary>
internal sealed record HelloOffer
{
    /// <summary>The latest version offered, and of TLS 1.3 the only one. Of those before it a server may choose an earlier one.</summary>
    public required TlsVersion Version { get; init; }

    /// <summary>The numbers of the cipher suites, the preferred one first.</summary>
    public required IReadOnlyList<int> Suites { get; init; }

    /// <summary>The groups.</summary>
    public IReadOnlyList<int> Groups { get; init; } = [];

    /// <summary>The signature algorithms of the handshake; a certificate's own may be of any kind (RFC 8446, 4.2.3).</summary>
    public IReadOnlyList<int> Signatures { get; init; } = [];

    /// <summary>The application protocols (ALPN, RFC 7301).</summary>
    public IReadOnlyList<string> Protocols { get; init; } = [];

    /// <summary>The host name asked for; an address is not sent (RFC 6066, 3), nor is an empty one.</summary>
    public string ServerName { get; init; } = "";

    /// <summary>
    /// The key shares of TLS 1.3, encoded. Without one, as here unless given, the server names the group that it wants by a
    /// HelloRetryRequest (RFC 8446, 4.2.8), and neither side computes anything.
    /// </summary>
    public byte[] KeyShares { get; init; } = [];

    /// <summary>Whether compression is offered (RFC 3749); never in TLS 1.3.</summary>
    public bool Compression { get; init; }

    /// <summary>Whether this is said to be a second try with an earlier version (TLS_FALLBACK_SCSV, RFC 7507).</summary>
    public bool Fallback { get; init; }

    /// <summary>Whether values that no server knows and all must ignore are among the offers (GREASE, RFC 8701).</summary>
    public bool Grease { get; init; }

    /// <summary>
    /// A version of the future to write instead of <see cref="Version"/>; every server must answer with one that it knows.
    /// </summary>
    public ushort? FutureVersion { get; init; }
}
