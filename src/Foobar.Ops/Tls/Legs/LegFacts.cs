using Foobar.Ops.Findings;

namespace Foobar.Ops.Tls.Legs;

/// <summary>What a server tells of the legs that begin or end on it.</summary>
public sealed record LegFacts
{
    /// <summary>HAProxy's listeners and servers; empty where there is no HAProxy.</summary>
    public Reading<BalancerTls> Balancer { get; init; } = NotRead<BalancerTls>();

    /// <summary>nginx's listeners; empty where there is no nginx.</summary>
    public Reading<IReadOnlyList<WebListener>> Web { get; init; } = NotRead<IReadOnlyList<WebListener>>();

    /// <summary>What the database member tells.</summary>
    public Reading<DatabaseTls> Database { get; init; } = NotRead<DatabaseTls>();

    /// <summary>Where the monitoring agents report to, and how.</summary>
    public Reading<IReadOnlyList<AgentLink>> Agents { get; init; } = NotRead<IReadOnlyList<AgentLink>>();

    /// <summary>What listeners answered from this server.</summary>
    public IReadOnlyList<WireLook> Looks { get; init; } = [];

    /// <summary>The facts without who happens to be connected.</summary>
    internal LegFacts Lasting() => Database.Value is not { } database ? this : this with
    {
        Database = Reading.Of(database with { Clients = Reading.Of<IReadOnlyList<NetworkClient>>([]) }, Database.Source),
    };

    private static Reading<T> NotRead<T>() => Reading.Unreadable<T>("It was not read.");
}

/// <summary>What HAProxy's configuration says of TLS.</summary>
public sealed record BalancerTls
{
    /// <summary>Where it listens.</summary>
    public IReadOnlyList<BalancerListener> Listeners { get; init; } = [];

    /// <summary>The servers that it connects to.</summary>
    public IReadOnlyList<BalancedServer> Servers { get; init; } = [];
}

/// <summary>A <c>bind</c> line of HAProxy.</summary>
public sealed record BalancerListener
{
    /// <summary>The frontend.</summary>
    public required string Name { get; init; }

    /// <summary>The address as written, without the port; empty for any.</summary>
    public required string Address { get; init; }

    /// <summary>The port.</summary>
    public required int Port { get; init; }

    /// <summary>Whether it ends TLS.</summary>
    public bool Tls { get; init; }

    /// <summary>Whether it passes bytes through (<c>mode tcp</c>).</summary>
    public bool IsTcp { get; init; }

    /// <summary>Whether a client needs a certificate (<c>verify required</c>).</summary>
    public bool WantsClientCertificate { get; init; }
}

/// <summary>A <c>server</c> line of HAProxy, with what it inherits.</summary>
public sealed record BalancedServer
{
    /// <summary>The backend.</summary>
    public required string Backend { get; init; }

    /// <summary>The server's name there.</summary>
    public required string Name { get; init; }

    /// <summary>The host as written, without a prefix such as <c>ipv4@</c>.</summary>
    public required string Host { get; init; }

    /// <summary>The port.</summary>
    public required int Port { get; init; }

    /// <summary>Whether it connects with TLS.</summary>
    public bool Tls { get; init; }

    /// <summary>Whether bytes are passed through (<c>mode tcp</c>).</summary>
    public bool IsTcp { get; init; }

    /// <summary>Whether the server's certificate is verified (<c>verify</c>, else <c>ssl-server-verify</c>).</summary>
    public bool Verifies { get; init; } = true;

    /// <summary>The file of the authorities trusted; <see langword="null"/> for none.</summary>
    public string? Authorities { get; init; }

    /// <summary>The name that the certificate must have, from <c>sni</c> or <c>verifyhost</c>; <see langword="null"/> for none.</summary>
    public string? VerifiedName { get; init; }

    /// <summary>Whether it shows a certificate of its own (<c>crt</c>).</summary>
    public bool ShowsCertificate { get; init; }

    /// <summary>Why what it does can't be told; empty if it can.</summary>
    public IReadOnlyList<string> Doubts { get; init; } = [];
}

/// <summary>A <c>listen</c> directive of nginx.</summary>
public sealed record WebListener
{
    /// <summary>The address as written, without the port; empty for any.</summary>
    public required string Address { get; init; }

    /// <summary>The port.</summary>
    public required int Port { get; init; }

    /// <summary>Whether it speaks TLS.</summary>
    public bool Tls { get; init; }

    /// <summary>Whether a client needs a certificate (<c>ssl_verify_client on</c>).</summary>
    public bool WantsClientCertificate { get; init; }

    /// <summary>Whether it takes TCP or UDP as it is (<c>stream</c>).</summary>
    public bool IsStream { get; init; }
}

/// <summary>What a listener answered to ClientHellos of ours.</summary>
public sealed record WireLook
{
    /// <summary>The host connected to.</summary>
    public required string Host { get; init; }

    /// <summary>The port.</summary>
    public required int Port { get; init; }

    /// <summary>Whether it speaks TLS.</summary>
    public required LegState State { get; init; }

    /// <summary>What it answered, or why nothing could be told.</summary>
    public required string Detail { get; init; }

    /// <summary>The version of TLS chosen; <see langword="null"/> for none.</summary>
    public string? Version { get; init; }

    /// <summary>The cipher suite chosen; <see langword="null"/> for none.</summary>
    public string? CipherSuite { get; init; }

    /// <summary>The group chosen; <see langword="null"/> for none.</summary>
    public string? Group { get; init; }

    /// <summary>Whether that group holds ML-KEM or its draft.</summary>
    public bool IsQuantumGroup { get; init; }

    /// <summary>Whether the client was asked for a certificate; <see langword="null"/> if that was not seen.</summary>
    public bool? WantsClientCertificate { get; init; }

    /// <summary>The certificate shown; <see langword="null"/> if none was seen.</summary>
    public Certificate? Certificate { get; init; }
}
