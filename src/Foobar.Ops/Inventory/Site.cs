using System.Net;

namespace Foobar.Ops.Inventory;

/// <summary>The whole setup as declared in an inventory: what is wanted, never who happens to be primary now, never a secret.</summary>
public sealed record Site
{
    /// <summary>The name visitors know it by, which is also the host name its certificate must cover: <c>www.foobar.com</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What the site is, in the words of whoever declared it.</summary>
    public string? Description { get; init; }

    /// <summary>Named address ranges (<c>public</c>, <c>internal</c>, <c>operator</c> ...), which flows may name as groups.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<IPNetwork>> Networks { get; init; } =
        new Dictionary<string, IReadOnlyList<IPNetwork>>();

    /// <summary>The servers, in the order of the inventory.</summary>
    public required IReadOnlyList<Server> Servers { get; init; }

    /// <summary>Machines to probe the site from that are none of its servers.</summary>
    public IReadOnlyList<Vantage> Vantages { get; init; } = [];

    /// <summary>What the site must be like.</summary>
    public required Policy Policy { get; init; }

    /// <summary>
    /// The path of an OpenSSH client configuration to use instead of the user's own; <see langword="null"/> for the
    /// user's own. An inventory may give it relative to itself; the loader makes it absolute.
    /// </summary>
    public string? SshConfig { get; init; }

    /// <summary>The servers that have a role.</summary>
    public IEnumerable<Server> WithRole(Role role) => Servers.Where(server => server.Is(role));

    /// <summary>The server or vantage of a name, as something to connect to; <see langword="null"/> if there is none.</summary>
    internal Server? FindMachine(string name) =>
        Find(name) ?? Vantages.FirstOrDefault(vantage => string.Equals(vantage.Name, name, StringComparison.OrdinalIgnoreCase))?.Machine;

    /// <summary>The server of a name (names are compared without regard to case), or <see langword="null"/>.</summary>
    public Server? Find(string name) =>
        Servers.FirstOrDefault(server => string.Equals(server.Name, name, StringComparison.OrdinalIgnoreCase));
}
