using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.PowerShell.Sites;

/// <summary>Which of a site's servers a command line means.</summary>
/// <param name="Servers">The servers meant, in the order of the inventory, each once.</param>
/// <param name="Unknown">One error for each name that the inventory does not hold, and each wildcard that fits none of its servers.</param>
internal sealed record ServerSelection(IReadOnlyList<Server> Servers, IReadOnlyList<FoobarException> Unknown)
{
    /// <summary>Chooses servers by names or wildcards, and roles; of both, those that meet both.</summary>
    /// <param name="site">The site.</param>
    /// <param name="names">Names or wildcards; <see langword="null"/> or empty for all servers.</param>
    /// <param name="roles">Roles, any of which is enough; <see langword="null"/> or empty for all servers.</param>
    /// <param name="wildcard">From a pattern to its test; <see langword="null"/> for a plain name.</param>
    public static ServerSelection Of(
        Site site, IReadOnlyCollection<string>? names, IReadOnlyCollection<Role>? roles, Func<string, Predicate<string>?> wildcard)
    {
        HashSet<Server> chosen = [];
        List<FoobarException> unknown = [];
        foreach (string name in names ?? [])
        {
            Server[] named = wildcard(name) is { } test ? [.. site.Servers.Where(server => test(server.Name))]
                : site.Find(name) is { } server ? [server]
                : [];
            chosen.UnionWith(named);

            // A wildcard is mistyped as easily as a name, and what it would mean goes unseen as well.
            if (named.Length == 0)
            {
                unknown.Add(NotFound(site, name, isWildcard: wildcard(name) is not null));
            }
        }

        bool all = names is null or { Count: 0 };
        return new(
            [.. site.Servers.Where(server => (all || chosen.Contains(server)) && (roles is null or { Count: 0 } || roles.Any(server.Is)))],
            unknown);
    }

    private static FoobarException NotFound(Site site, string name, bool isWildcard) =>
        new(
            "ServerNotFound", ErrorKind.NotFound,
            $"The inventory of {site.Name} has no server {(isWildcard ? "that fits" : "named")} '{name}'.")
        {
            Server = name,
            Recommendation =
                $"It has {string.Join(", ", site.Servers.Select(server => server.Name))}. Wildcards are allowed: -Server 'web-*'.",
        };
}
