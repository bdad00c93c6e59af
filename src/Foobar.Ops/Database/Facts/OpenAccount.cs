using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>An account that anyone may log in to: it has no name, or no password.</summary>
public sealed record OpenAccount
{
    /// <summary>Its name; empty for the anonymous account, which takes every name that no other account has.</summary>
    public required string User { get; init; }

    /// <summary>Where it may log in from, a pattern of SQL.</summary>
    public required string Host { get; init; }

    /// <summary>The plugin that takes the empty password; empty if it has a password.</summary>
    public required string Plugin { get; init; }

    /// <summary>Whether a certificate of the client is asked for (<c>REQUIRE X509</c>, <c>SUBJECT</c>, <c>ISSUER</c>).</summary>
    public bool NeedsCertificate { get; init; }

    /// <summary>Whether it can log in from the server itself alone.</summary>
    public bool IsLocal => Host is "localhost" or "127.0.0.1" or "::1";

    /// <summary>Reads <c>mysql.user</c>, or <c>mysql.global_priv</c>.</summary>
    internal static IReadOnlyList<OpenAccount> From(IReadOnlyList<DatabaseRow> rows) =>
    [
        .. rows.Select(static row => new OpenAccount
        {
            User = row.Text("user") ?? "",
            Host = row.Text("host") ?? "",
            Plugin = row.Text("plugin") ?? "",
            NeedsCertificate = row.Text("ssl_type") is "X509" or "SPECIFIED" or "2" or "3",
        }),
    ];
}
