using System.Net;

namespace Foobar.Ops.Inventory.Loading;

/// <summary>Reads the document's root, the servers and how to reach them.</summary>
internal sealed class SiteReader(Problems problems, string directory)
{
    private readonly PolicyReader _policy = new(problems, directory);

    /// <summary>Reads the site; what is wrong or missing is reported and stood in for.</summary>
    public Site Read(SourceValue root)
    {
        ObjectReader keys = new(root, problems, "an inventory");
        keys.Optional("$schema", string.Empty, Scalars.Text);
        Site site = new()
        {
            Name = keys.Required("site", "site", "the name visitors know the site by, such as www.foobar.com", Forms.HostName),
            Description = keys.Optional("description", null, Scalars.OptionalText),
            SshConfig = keys.Optional("sshConfig", null, Paths.Local(directory)),
            Networks = keys.Optional("networks", new Dictionary<string, IReadOnlyList<IPNetwork>>(), Networks),
            Servers = keys.Required("servers", [], "an object with a key for each server", Servers),
            Vantages = keys.Optional("vantages", [], Vantages),
            Policy = keys.Required("policy", new Policy(), "what the site must be like", _policy.Read),
        };
        keys.Finish();
        return site;
    }

    private static Parsed<IReadOnlyDictionary<string, IReadOnlyList<IPNetwork>>> Networks(SourceValue value, Problems problems)
    {
        if (!Lists.ByName("networks", Lists.Of("networks in CIDR notation", 1, Addresses.Network))(value, problems).TryGet(out var named))
        {
            return default;
        }

        Dictionary<string, IReadOnlyList<IPNetwork>> networks = new(StringComparer.OrdinalIgnoreCase);
        foreach ((SourceMember member, IReadOnlyList<IPNetwork> ranges) in named)
        {
            networks.TryAdd(member.Name, ranges);
        }

        return Parsed.Of<IReadOnlyDictionary<string, IReadOnlyList<IPNetwork>>>(networks);
    }

    private Parsed<IReadOnlyList<Server>> Servers(SourceValue value, Problems found)
    {
        if (!Lists.ByName("servers", (server, _) => new Parsed<SourceValue>(server))(value, found).TryGet(out var named))
        {
            return default;
        }

        if (named.Count == 0)
        {
            found.Add(value, "no server is declared", "at least one server");
        }

        return Parsed.Of<IReadOnlyList<Server>>([.. named.Select(pair => Server(pair.Key.Name, pair.Value))]);
    }

    private Server Server(string name, SourceValue value)
    {
        ObjectReader keys = new(value, problems, "a server");
        Server server = new()
        {
            Name = name,
            Description = keys.Optional("description", null, Scalars.OptionalText),
            Roles = keys.Required(
                "roles", [],
                $"a list of one or more of {string.Join(", ", InventoryWord.All<Role>())}",
                Lists.Of("roles", 1, Scalars.Word<Role>)),
            Ssh = keys.Optional("ssh", new SshEndpoint { Host = name }, Ssh),
            Addresses = keys.Optional("addresses", [], Lists.Of("addresses", 1, Addresses.Address)),
        };
        keys.Finish();
        return server;
    }

    private Parsed<IReadOnlyList<Vantage>> Vantages(SourceValue value, Problems found) =>
        Lists.ByName("vantages", (vantage, _) => new Parsed<SourceValue>(vantage))(value, found).TryGet(out var named)
            ? Parsed.Of<IReadOnlyList<Vantage>>([.. named.Select(pair => Vantage(pair.Key.Name, pair.Value))])
            : default;

    private Vantage Vantage(string name, SourceValue value)
    {
        ObjectReader keys = new(value, problems, "a vantage");
        Vantage vantage = new()
        {
            Name = name,
            Description = keys.Optional("description", null, Scalars.OptionalText),
            Ssh = keys.Optional("ssh", new SshEndpoint { Host = name }, Ssh),
            StandsFor = keys.Optional("standsFor", FlowResolver.Internet, Scalars.Text),
            Addresses = keys.Optional("addresses", [], Lists.Of("addresses", 1, Addresses.Address)),
        };
        keys.Finish();
        return vantage;
    }

    private Parsed<SshEndpoint> Ssh(SourceValue value, Problems found)
    {
        if (value.Kind == System.Text.Json.JsonValueKind.String)
        {
            return Forms.SshHost(value, found).TryGet(out string host) ? new SshEndpoint { Host = host } : default(Parsed<SshEndpoint>);
        }

        ObjectReader keys = new(value, found, "a host alias or the settings of a connection");
        SshEndpoint endpoint = new()
        {
            Host = keys.Required("host", "host", "a host alias, host name or address", Forms.SshHost),
            User = keys.Optional("user", null, Forms.User),
            Port = keys.Optional("port", null, Paths.Optional(Forms.Port)),
            ProxyJump = keys.Optional("proxyJump", null, Forms.ProxyJump),
            IdentityFile = keys.Optional("identityFile", null, Paths.Local(directory)),
            Transport = keys.Optional("transport", SshTransport.Auto, Scalars.Word<SshTransport>),
        };
        keys.Finish();
        return endpoint;
    }
}
