using Foobar.Ops.Findings;

namespace Foobar.Ops.LoadBalancing;

/// <summary>What a load balancer says of itself, and how it answers visitors.</summary>
public sealed record LoadBalancerFacts
{
    /// <summary>The process.</summary>
    public required Reading<HaproxyProcess> Process { get; init; }

    /// <summary>What its admin socket allows: <c>admin</c>, <c>operator</c> or <c>user</c>.</summary>
    public Reading<string> SocketLevel { get; init; } = Reading.Unreadable<string>("It was not read.");

    /// <summary>What a start of HAProxy would make of the servers of each backend, by its configuration.</summary>
    public Reading<IReadOnlyList<Haproxy.ServerStart>> Starts { get; init; } = Reading.Unreadable<IReadOnlyList<Haproxy.ServerStart>>(
        "It was not read.");

    /// <summary>What its configuration says of its proxies.</summary>
    public Reading<ProxyConfiguration> Configuration { get; init; } = Reading.Unreadable<ProxyConfiguration>("It was not read.");

    /// <summary>Its proxies and their servers.</summary>
    public required Reading<ProxyStatistics> Statistics { get; init; }

    /// <summary>The answer to <c>http://SITE/</c>.</summary>
    public required Reading<VisitorAnswer> Http { get; init; }

    /// <summary>The answer to <c>http://SITE/PATH</c>, a page that no site has: the first page may be redirected by a rule of its
    /// own.</summary>
    public Reading<VisitorAnswer> HttpOther { get; init; } = Reading.Unreadable<VisitorAnswer>("It was not read.");

    /// <summary>The answer to <c>https://SITE/</c>.</summary>
    public required Reading<VisitorAnswer> Https { get; init; }
}

/// <summary>The head of an answer to a visitor.</summary>
public sealed record VisitorAnswer
{
    /// <summary>The address asked for.</summary>
    public required string Url { get; init; }

    /// <summary>The status code.</summary>
    public required int StatusCode { get; init; }

    /// <summary>Where it sends the visitor; <see langword="null"/> for nowhere.</summary>
    public string? Location { get; init; }

    /// <summary>The header <c>Strict-Transport-Security</c> (RFC 6797); <see langword="null"/> for none.</summary>
    public string? StrictTransportSecurity { get; init; }
}
