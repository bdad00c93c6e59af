namespace Foobar.Ops.Remoting.Drivers;

/// <summary>
/// Whole handshakes of TLS with suites and groups of our choice, which the platform's own TLS does not let a client choose.
/// </summary>
internal interface ITlsDriver
{
    /// <summary>Shakes hands. The certificate is recorded, never trusted, and no application data is sent.</summary>
    /// <param name="stream">The connection; stays open.</param>
    /// <param name="offer">What is offered.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was seen, of a handshake that failed too.</returns>
    /// <exception cref="IOException">The connection broke.</exception>
    Task<WholeHandshake> ShakeHandsAsync(Stream stream, WholeOffer offer, CancellationToken cancellationToken);
}

/// <summary>What a client offers for a whole handshake.</summary>
internal sealed record WholeOffer
{
    /// <summary>Whether TLS 1.3 alone is offered, else TLS 1.2 alone.</summary>
    public required bool IsTls13 { get; init; }

    /// <summary>The numbers of the cipher suites; those that the driver does not have are left out.</summary>
    public required IReadOnlyList<int> Suites { get; init; }

    /// <summary>The numbers of the groups, that of the first key share first; those that the driver does not have are left out.</summary>
    public required IReadOnlyList<int> Groups { get; init; }

    /// <summary>The host name asked for; empty for none.</summary>
    public required string ServerName { get; init; }

    /// <summary>The application protocols.</summary>
    public IReadOnlyList<string> Protocols { get; init; } = [];

    /// <summary>
    /// Whether an OCSP response is asked for. The driver ends a handshake where it is, the certificate demands one (RFC 7633),
    /// and none comes.
    /// </summary>
    public bool AsksForStatus { get; init; } = true;

    /// <summary>The session of an earlier handshake to take up again; <see langword="null"/> for none.</summary>
    public object? Session { get; init; }
}

/// <summary>What was seen of a handshake.</summary>
internal sealed record WholeHandshake
{
    /// <summary>Why it failed, after "it"; <see langword="null"/> if it did not.</summary>
    public string? Problem { get; init; }

    /// <summary>The certificates presented, leaf first, in DER.</summary>
    public IReadOnlyList<byte[]> Certificates { get; init; } = [];

    /// <summary>The first certificate; <see langword="null"/> if none was presented.</summary>
    public byte[]? Leaf => Certificates.Count > 0 ? Certificates[0] : null;

    /// <summary>The application protocol chosen; <see langword="null"/> if none was.</summary>
    public string? Protocol { get; init; }

    /// <summary>Whether an OCSP response came along.</summary>
    public bool HasStatus { get; init; }

    /// <summary>Whether the client was asked for a certificate.</summary>
    public bool WantsClientCertificate { get; init; }

    /// <summary>Whether the session offered was taken up again.</summary>
    public bool IsResumed { get; init; }

    /// <summary>What a later handshake takes it up by; <see langword="null"/> if the server gave nothing for that.</summary>
    public object? Session { get; init; }

    /// <summary>Whether a ticket came.</summary>
    public bool HasTicket { get; init; }

    /// <summary>How many bytes a ticket of TLS 1.3 allows before the handshake; 0 for none.</summary>
    public long EarlyDataBytes { get; init; }
}
