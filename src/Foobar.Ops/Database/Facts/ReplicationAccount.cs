using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>An account that may read a server's binary log (<c>REPLICATION SLAVE</c>).</summary>
public sealed record ReplicationAccount
{
    /// <summary>Its name.</summary>
    public required string User { get; init; }

    /// <summary>
    /// Where it may log in from: a host name, an address, a pattern with <c>%</c> and <c>_</c>, or an address with a mask.
    /// </summary>
    public required string Host { get; init; }

    /// <summary>Whether it is locked.</summary>
    public bool Locked { get; init; }

    /// <summary>Whether it must use TLS.</summary>
    public bool TlsRequired { get; init; }

    /// <summary>How it proves itself.</summary>
    public string? Plugin { get; init; }

    internal static ReplicationAccount From(DatabaseRow row) => new()
    {
        User = row.Text("User") ?? "",
        Host = row.Text("Host") ?? "",
        Locked = row.Text("account_locked") == "Y",
        TlsRequired = !string.IsNullOrEmpty(row.Text("ssl_type")),
        Plugin = row.Text("plugin"),
    };
}
