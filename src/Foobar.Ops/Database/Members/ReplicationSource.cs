using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>How a member is told to replicate from another: what <c>CHANGE REPLICATION SOURCE TO</c> is given.</summary>
public sealed record ReplicationSource
{
    /// <summary>The source's host name or address.</summary>
    public required string Host { get; init; }

    /// <summary>The source's TCP port.</summary>
    public required int Port { get; init; }

    /// <summary>The account.</summary>
    public required string User { get; init; }

    /// <summary>Its password. Sent to the database only.</summary>
    public required Secret Password { get; init; }

    /// <summary>Whether to use TLS.</summary>
    public bool Tls { get; init; }

    /// <summary>Whether to verify the source's certificate.</summary>
    public bool TlsVerify { get; init; }

    /// <summary>The file on the replica with the authorities; <see langword="null"/> for none.</summary>
    public string? TlsAuthorities { get; init; }

    /// <summary>The file on the replica with its own certificate; <see langword="null"/> for none.</summary>
    public string? TlsCertificate { get; init; }

    /// <summary>The file on the replica with its own key; <see langword="null"/> for none.</summary>
    public string? TlsKey { get; init; }

    /// <summary>Seconds between two attempts to connect.</summary>
    public long ConnectRetrySeconds { get; init; } = 1;
}
