using System.Net;

namespace Foobar.Ops.Inventory;

/// <summary>One server of the site, as declared.</summary>
public sealed record Server
{
    /// <summary>The name, unique in the inventory, by which every cmdlet knows it: <c>web-01</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it is there for; at least one.</summary>
    public required IReadOnlyList<Role> Roles { get; init; }

    /// <summary>How to reach it over SSH.</summary>
    public required SshEndpoint Ssh { get; init; }

    /// <summary>Its addresses in all networks, IPv4 and IPv6.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    /// <summary>What it is, in the words of whoever declared it.</summary>
    public string? Description { get; init; }

    /// <summary>Tells whether the server has a role.</summary>
    public bool Is(Role role) => Roles.Contains(role);

    /// <summary>The server's name.</summary>
    public override string ToString() => Name;
}
