using System.Net;

namespace Foobar.Ops.LoadBalancing;

/// <summary>What HAProxy's configuration says of its proxies that its runtime API does not tell.</summary>
public sealed record ProxyConfiguration
{
    /// <summary>Where each <c>frontend</c> and <c>listen</c> section leads.</summary>
    public required IReadOnlyList<ProxyRoute> Routes { get; init; }

    /// <summary>The statistics pages that it serves.</summary>
    public IReadOnlyList<StatsPage> StatsPages { get; init; } = [];

    /// <summary>What the health check of each server asks.</summary>
    public IReadOnlyList<HealthCheck> Checks { get; init; } = [];
}

/// <summary>Where a <c>frontend</c> or <c>listen</c> section takes connections, and to which backends it leads them.</summary>
public sealed record ProxyRoute
{
    /// <summary>The section's name.</summary>
    public required string Name { get; init; }

    /// <summary>Where it listens.</summary>
    public required IReadOnlyList<ProxyListener> Listeners { get; init; }

    /// <summary>Each backend that a connection may be led to.</summary>
    public required IReadOnlyList<ProxyLead> Leads { get; init; }

    /// <summary>Why it can't be told where else it leads.</summary>
    public IReadOnlyList<string> Doubts { get; init; } = [];

    /// <summary>Whether it may lead to a backend.</summary>
    public bool LeadsTo(string backend) => Leads.Any(lead => lead.Backend == backend);
}

/// <summary>A way from a frontend to a backend.</summary>
/// <param name="Backend">The backend.</param>
/// <param name="Line">The line of the configuration that says so, without quotes; <c>listen NAME</c> for the section's own servers.</param>
public sealed record ProxyLead(string Backend, string Line);

/// <summary>An address that a proxy listens on.</summary>
/// <param name="Address">An IP address, <c>*</c> for all, or what else stands there (a name, the path of a Unix socket).</param>
/// <param name="Port">The first TCP or UDP port; 0 for a Unix socket or a file descriptor.</param>
/// <param name="LastPort">The last port of the range.</param>
public sealed record ProxyListener(string Address, int Port, int LastPort)
{
    /// <summary>Whether only clients with a certificate are let in (<c>verify required</c>).</summary>
    public bool WantsClientCertificate { get; init; }

    /// <summary>Whether only programs on the server itself reach it: a loopback address, a Unix socket, a file descriptor.</summary>
    public bool IsLocal => Port == 0 || (IPAddress.TryParse(Address, out IPAddress? address) && IPAddress.IsLoopback(address));

    /// <summary>Whether a connection to an address and port may arrive here. A name may stand for any address.</summary>
    public bool Takes(string address, int port) =>
        port >= Port && port <= LastPort
            && (Address == address || !IPAddress.TryParse(Address, out _) || !IPAddress.TryParse(address, out _));

    /// <summary>Whether a connection may arrive at both.</summary>
    public bool Overlaps(ProxyListener other) =>
        Port > 0 && Port <= other.LastPort && other.Port <= LastPort && Takes(other.Address, Math.Max(Port, other.Port));

    /// <inheritdoc/>
    public override string ToString() =>
        Port == 0 ? Address
            : (Address.Contains(':', StringComparison.Ordinal) ? $"[{Address}]" : Address)
                + FormattableString.Invariant($":{Port}")
                + (LastPort > Port ? FormattableString.Invariant($"-{LastPort}") : "");
}
