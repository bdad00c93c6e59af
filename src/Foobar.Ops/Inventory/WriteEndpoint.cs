using System.Globalization;
using System.Text.Json.Serialization;

namespace Foobar.Ops.Inventory;

/// <summary>Where the application writes, and how that place is pointed at another member.</summary>
public sealed record WriteEndpoint
{
    /// <summary>What kind of place it is.</summary>
    public WriteEndpointKind Kind { get; init; }

    /// <summary>The server it is on.</summary>
    public required string Server { get; init; }

    /// <summary>HAProxy's backend with one <c>server</c> line a member.</summary>
    public string? Backend { get; init; }

    /// <summary>The address the application connects to, <c>host:port</c>; <see langword="null"/> if not declared.</summary>
    public string? Address { get; init; }

    /// <summary>Host and port of <see cref="Address"/>; <see langword="null"/> if it is not declared or holds no port.</summary>
    internal (string Host, int Port)? Place =>
        Address is { } address
            && address.LastIndexOf(':') is > 0 and int colon
            && int.TryParse(address[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            && port is > 0 and <= 65535
            ? (address[..colon].Trim('[', ']'), port)
            : null;
}

/// <summary>What kind of place the application writes to.</summary>
public enum WriteEndpointKind : long
{
    /// <summary>A TCP listener of HAProxy, switched over its runtime API.</summary>
    [JsonStringEnumMemberName("haproxy")]
    Haproxy,

    /// <summary>A program of the site that is told the new primary (a documented hook).</summary>
    [JsonStringEnumMemberName("hook")]
    Hook,
}

/// <summary>Where the application reads: a listener that spreads over the members which may serve reads.</summary>
public sealed record ReadEndpoint
{
    /// <summary>The server it is on.</summary>
    public required string Server { get; init; }

    /// <summary>HAProxy's backend with one <c>server</c> line a member.</summary>
    public string? Backend { get; init; }

    /// <summary>The address the application connects to, <c>host:port</c>; <see langword="null"/> if not declared.</summary>
    public string? Address { get; init; }
}
