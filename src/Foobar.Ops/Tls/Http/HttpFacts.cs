using Foobar.Ops.Findings;

namespace Foobar.Ops.Tls.Http;

/// <summary>What an endpoint answers to visitors, over TLS and in plain text.</summary>
public sealed record HttpFacts
{
    /// <summary>The port of plain HTTP.</summary>
    public const int PlainPort = 80;

    /// <summary>The answer to <c>http://NAME/</c>; empty of a value where nothing listens.</summary>
    public required Reading<HttpAnswer> Plain { get; init; }

    /// <summary>The answer to <c>http://NAME/PATH</c>, a page that no site has: the first page may be redirected by a rule of its
    /// own.</summary>
    public Reading<HttpAnswer> PlainOther { get; init; } = Reading.Unreadable<HttpAnswer>("It was not read.");

    /// <summary>Whether nothing listens for plain HTTP.</summary>
    public bool IsPlainClosed { get; init; }

    /// <summary>The answer to <c>https://NAME/</c>.</summary>
    public required Reading<HttpAnswer> Secure { get; init; }
}

/// <summary>The head of an answer.</summary>
public sealed record HttpAnswer
{
    /// <summary>The address asked for.</summary>
    public required string Url { get; init; }

    /// <summary>The status code.</summary>
    public required int StatusCode { get; init; }

    /// <summary>Where it sends the visitor; <see langword="null"/> for nowhere.</summary>
    public string? Location { get; init; }

    /// <summary>The header <c>Strict-Transport-Security</c>, of which only the first counts (RFC 6797, 8.1); <see langword="null"/> for
    /// none.</summary>
    public string? StrictTransportSecurity { get; init; }

    /// <summary>The cookies that it sets.</summary>
    public IReadOnlyList<HttpCookie> Cookies { get; init; } = [];
}

/// <summary>A cookie that is set (RFC 6265; draft-ietf-httpbis-rfc6265bis for SameSite and the prefixes). Its value is not kept.</summary>
/// <param name="Name">The name.</param>
/// <param name="Secure">Whether it is sent over TLS alone.</param>
/// <param name="HttpOnly">Whether scripts can't read it.</param>
/// <param name="SameSite">Which requests of other sites carry it: <c>Strict</c>, <c>Lax</c>, <c>None</c>; <see langword="null"/> if it
/// is not said.</param>
public sealed record HttpCookie(string Name, bool Secure, bool HttpOnly, string? SameSite)
{
    /// <summary>Reads a header <c>Set-Cookie</c>.</summary>
    public static HttpCookie Parse(string header)
    {
        string[] parts = header.Split(';', StringSplitOptions.TrimEntries);
        string[] attributes = [.. parts.Skip(1)];
        string? site = attributes.LastOrDefault(static each => each.StartsWith("SameSite=", StringComparison.OrdinalIgnoreCase));
        return new HttpCookie(
            parts[0].Split('=')[0].Trim(), attributes.Contains("Secure", StringComparer.OrdinalIgnoreCase),
            attributes.Contains("HttpOnly", StringComparer.OrdinalIgnoreCase), site?["SameSite=".Length..].Trim());
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
