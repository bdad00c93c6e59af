namespace Foobar.Ops.Inventory;

/// <summary>
/// How to reach a server over SSH: a host alias that the user's <c>ssh_config</c> knows, or a host name or address, and
/// what should differ from that configuration. In an inventory it is a string (the alias) or an object.
/// </summary>
public sealed record SshEndpoint
{
    /// <summary>The host alias, host name or address handed to the OpenSSH client.</summary>
    public required string Host { get; init; }

    /// <summary>The user to log in as; <see langword="null"/> leaves it to <c>ssh_config</c>.</summary>
    public string? User { get; init; }

    /// <summary>The TCP port; <see langword="null"/> leaves it to <c>ssh_config</c>.</summary>
    public int? Port { get; init; }

    /// <summary>A jump host in the form of <c>ssh -J</c>; <see langword="null"/> leaves it to <c>ssh_config</c>.</summary>
    public string? ProxyJump { get; init; }

    /// <summary>
    /// The path of a file with the private key (the path is no secret); <see langword="null"/> leaves it to <c>ssh_config</c> and the
    /// agent.
    /// </summary>
    public string? IdentityFile { get; init; }

    /// <summary>What carries the connection, unless the operator says so when connecting.</summary>
    public SshTransport Transport { get; init; }
}
