namespace Foobar.Ops.Tls;

/// <summary>Who an endpoint serves.</summary>
public enum EndpointAudience : long
{
    /// <summary>Visitors of the site.</summary>
    Visitors,

    /// <summary>The load balancer, which encrypts again towards the web servers.</summary>
    LoadBalancer,
}

/// <summary>Something that should answer TLS handshakes.</summary>
public sealed record TlsEndpoint
{
    /// <summary>The host or address connected to.</summary>
    public required string Host { get; init; }

    /// <summary>The TCP port.</summary>
    public required int Port { get; init; }

    /// <summary>The host name asked for in the handshake (SNI, RFC 6066).</summary>
    public required string ServerName { get; init; }

    /// <summary>The server through whose session the connection goes; <see langword="null"/> for a direct one.</summary>
    public string? Via { get; init; }

    /// <summary>Who it serves.</summary>
    public EndpointAudience Audience { get; init; }

    /// <summary>Whether it is asked for a name of the site besides its own (<c>policy.tls.names</c>).</summary>
    public bool IsFurtherName { get; init; }

    /// <summary>
    /// The endpoint as findings name it: <c>192.0.2.11:443</c>; with the name where that is a further one:
    /// <c>192.0.2.11:443 (shop.foobar.com)</c>.
    /// </summary>
    public override string ToString() => Place + (IsFurtherName ? $" ({ServerName})" : "");

    private string Place =>
        Host.Contains(':', StringComparison.Ordinal)
            ? FormattableString.Invariant($"[{Host}]:{Port}")
            : FormattableString.Invariant($"{Host}:{Port}");
}
