using System.Globalization;
using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Tls.Scan;

namespace Foobar.Ops.Tls.Legs;

/// <summary>Puts together what the servers of a site tell into its legs. Pure.</summary>
public static class LegSurvey
{
    private static readonly Observed NotSeen = Observed.Unknown("no handshake was seen");

    /// <summary>The legs: visitors', the load balancers', the application's, the replicas', the agents'.</summary>
    public static IReadOnlyList<TlsLeg> Of(SiteCase<LegFacts> site) =>
    [
        .. site.Site.WithRole(Role.LoadBalancer).SelectMany(server => OfBalancer(server, site)),
        .. site.Site.Servers.Where(server => IsMember(server, site.Site)).SelectMany(server => OfClients(server, site)),
        .. site.Site.Servers.Where(server => IsMember(server, site.Site)).SelectMany(server => OfReplica(server, site)),
        .. site.Site.Servers.SelectMany(server => OfAgents(server, site)),
    ];

    /// <summary>Whether a server is a member of the database.</summary>
    internal static bool IsMember(Server server, Site site) => site.Policy.Database is { } policy && server.Is(policy.Members);

    /// <summary>Where visitors connect; of listeners that are alike, on several addresses, the first.</summary>
    internal static IEnumerable<BalancerListener> Listeners(BalancerTls balancer, Site site) => balancer.Listeners
        .Where(listener => listener.Port == site.Policy.Tls.Port)
        .DistinctBy(static listener => (listener.Tls, listener.IsTcp, listener.WantsClientCertificate));

    /// <summary>The servers of the backend for the web.</summary>
    internal static IEnumerable<BalancedServer> WebServers(BalancerTls balancer, Site site) =>
        balancer.Servers.Where(server => server.Backend == site.Policy.LoadBalancing.WebBackend);

    private static Reading<LegFacts> Read(SiteCase<LegFacts> site, string server) =>
        site.Facts.GetValueOrDefault(server) ?? Reading.Unreadable<LegFacts>("The server was not looked at.");

    private static IEnumerable<TlsLeg> OfBalancer(Server server, SiteCase<LegFacts> site)
    {
        int port = site.Site.Policy.Tls.Port;
        Reading<LegFacts> reading = Read(site, server.Name);
        if (reading.Value?.Balancer.Value is not { } balancer)
        {
            yield return Unread(site, LegKind.ClientToBalancer, server, "visitors", server.Name,
                reading.Failure ?? reading.Value?.Balancer.Failure);
            yield break;
        }

        LegFacts facts = reading.Value;
        BalancedServer[] servers = [.. WebServers(balancer, site.Site)];
        BalancerListener[] listeners = [.. Listeners(balancer, site.Site)];
        foreach (BalancerListener listener in listeners)
        {
            yield return Visitors(server, listener, servers, facts, site);
        }

        if (listeners.Length == 0)
        {
            string none = FormattableString.Invariant($"HAProxy's configuration has no listener on port {port}");
            yield return Unread(site, LegKind.ClientToBalancer, server, "visitors", Place(server.Name, port), none);
        }

        foreach (BalancedServer web in servers)
        {
            yield return Behind(server, web, facts, site);
        }

        if (servers.Length == 0)
        {
            string backend = site.Site.Policy.LoadBalancing.WebBackend;
            yield return Unread(
                site, LegKind.BalancerToWeb, server, server.Name, "web servers",
                    $"HAProxy's configuration has no server line in the backend '{backend}'");
        }
    }

    private static TlsLeg Visitors(
        Server server, BalancerListener listener, BalancedServer[] servers, LegFacts facts, SiteCase<LegFacts> site)
    {
        bool isPassed = !listener.Tls && listener.IsTcp && site.Site.Policy.Tls.EndsAt != Role.LoadBalancer;
        WebListener[] ends = [.. servers.Select(web => Listener(web, site)).OfType<WebListener>()];
        LegState configured = listener.Tls ? LegState.Encrypted
            : !isPassed ? LegState.Plain
            : ends.Length < servers.Length || ends.Length == 0 ? LegState.Unknown
            : ends.All(static end => end.Tls) ? LegState.Encrypted
            : LegState.Plain;
        bool wants = listener.Tls ? listener.WantsClientCertificate : ends.Length > 0 && ends.All(static end => end.WantsClientCertificate);
        string how = listener.Tls ? $"HAProxy {listener.Name}: bind ... ssl"
            : !isPassed ? $"HAProxy {listener.Name}: bind ... without ssl"
            : configured == LegState.Unknown
                ? $"HAProxy {listener.Name} passes it through; what nginx makes of it could not be read on every web server"
            : $"HAProxy {listener.Name} passes it through; nginx: listen ... {(configured == LegState.Encrypted ? "ssl" : "without ssl")}";
        return Seen(new TlsLeg
        {
            Kind = LegKind.ClientToBalancer,
            Server = server.Name,
            From = "visitors",
            To = Place(server.Name, listener.Port),
            Configured = configured,
            ConfiguredBy = how,
            Seen = "nothing",
            ServerVerified = configured == LegState.Plain ? Observed.NotApplicable("it is not encrypted")
                : Observed.Yes("browsers verify the site's certificate"),
            ClientVerified = Observed.Of(wants, wants ? "a client certificate is required" : null),
            QuantumKeyExchange = NotSeen,
            QuantumSignature = NotSeen,
            Time = site.Time,
        }, Look(facts, LegCollector.HostOf(listener), listener.Port));
    }

    private static TlsLeg Behind(Server server, BalancedServer web, LegFacts facts, SiteCase<LegFacts> site)
    {
        WebListener? listener = Listener(web, site);
        bool isPassed = web is { Tls: false, IsTcp: true } && site.Site.Policy.Tls.EndsAt != Role.LoadBalancer;
        LegState configured = web.Doubts.Count > 0 && !web.Tls ? LegState.Unknown
            : web.Tls ? LegState.Encrypted
            : !isPassed ? LegState.Plain
            : listener is null ? LegState.Unknown
            : listener.Tls ? LegState.Encrypted : LegState.Plain;
        string line = $"HAProxy {web.Backend}/{web.Name}: ";
        string how = web.Doubts.Count > 0 && !web.Tls ? line + string.Join("; ", web.Doubts)
            : web.Tls ? line + Options(web)
            : !isPassed ? line + "server ... without ssl"
            : listener is null ? line + "passed through; nginx's listener there could not be read"
            : line + $"passed through; nginx: listen ... {(listener.Tls ? "ssl" : "without ssl")}";
        WireLook? look = Look(facts, web.Host, web.Port);
        Observed clients = !web.Tls ? Observed.Of(isPassed && listener?.WantsClientCertificate == true)
            : listener is null ? Observed.Unknown("nginx's listener there could not be read")
            : listener.WantsClientCertificate && look?.WantsClientCertificate == false
                ? Observed.No("nginx: ssl_verify_client on, but it asked for none in a handshake of ours")
            : Observed.Of(
                listener.WantsClientCertificate && web.ShowsCertificate,
                $"nginx: {(listener.WantsClientCertificate ? "" : "no ")}ssl_verify_client on; "
                + $"HAProxy: {(web.ShowsCertificate ? "" : "no ")}crt");
        return Seen(new TlsLeg
        {
            Kind = LegKind.BalancerToWeb,
            Server = ServerOf(web.Host, site.Site)?.Name ?? server.Name,
            From = server.Name,
            To = Place(ServerOf(web.Host, site.Site)?.Name ?? web.Host, web.Port),
            Configured = configured,
            ConfiguredBy = how,
            Seen = "nothing",
            ServerVerified = configured == LegState.Plain ? Observed.NotApplicable("it is not encrypted")
                : isPassed ? Observed.Yes("browsers verify the site's certificate") : Verified(web),
            ClientVerified = clients,
            QuantumKeyExchange = NotSeen,
            QuantumSignature = NotSeen,
            Time = site.Time,
        }, look);
    }

    private static string Options(BalancedServer web) =>
        "ssl" + (web.Verifies ? " verify required" : " verify none") + (web.Authorities is null ? "" : $" ca-file {web.Authorities}")
        + (web.VerifiedName is null ? "" : $", the name {web.VerifiedName}")
            + (web.ShowsCertificate ? ", with a certificate of its own" : "");

    private static Observed Verified(BalancedServer web) =>
        !web.Verifies ? Observed.No("verify none: any certificate is taken")
        : web.Doubts.Count > 0 ? Observed.Unknown(string.Join("; ", web.Doubts))
        : web.VerifiedName is null ? Observed.No("no name is checked: any certificate of its authorities is taken")
        : Observed.Yes($"verify required, the name {web.VerifiedName}");

    private static WebListener? Listener(BalancedServer web, SiteCase<LegFacts> site)
    {
        if (ServerOf(web.Host, site.Site) is not { } server || Read(site, server.Name).Value?.Web.Value is not { } listeners)
        {
            return null;
        }

        // Several virtual hosts share a socket: what one of them says of TLS holds for all (ngx_http_core_module, listen).
        WebListener[] same = [.. listeners
            .Where(listener => listener.Port == web.Port
                && (listener.Address.Length == 0 || ServerOf(listener.Address, site.Site) == server || listener.Address == web.Host))];
        return same.Length == 0 ? null : same[0] with
        {
            Tls = same.Any(static listener => listener.Tls),
            WantsClientCertificate = same.All(static listener => listener.WantsClientCertificate),
        };
    }

    private static IEnumerable<TlsLeg> OfClients(Server server, SiteCase<LegFacts> site)
    {
        Reading<LegFacts> reading = Read(site, server.Name);
        int port = site.Site.Policy.Database!.Port;
        if (reading.Value?.Database.Value is not { } database)
        {
            yield return Unread(site, LegKind.AppToDatabase, server, "the application", Place(server.Name, port),
                reading.Failure ?? reading.Value?.Database.Failure);
            yield break;
        }

        WireLook? look = Look(reading.Value, LegCollector.OwnSocket, 0);
        NetworkClient[] clients = [.. (database.Clients.Value ?? []).Where(static client => !client.IsReplica)];
        foreach (IGrouping<string, NetworkClient> group in clients.GroupBy(client => ServerOf(client.Host, site.Site)?.Name ?? client.Host))
        {
            yield return Clients(server, group.Key, [.. group], null, database, look, site);
        }

        // A replica that nobody reads from has no such leg.
        if (clients.Length == 0 && database.Sources.Value is not { Count: > 0 })
        {
            yield return Clients(
                server, "the application", [], database.Clients.Failure ?? "no client is connected now", database, look, site);
        }
    }

    private static TlsLeg Clients(
        Server server, string from, NetworkClient[] clients, string? unseen, DatabaseTls database, WireLook? look, SiteCase<LegFacts> site)
    {
        string[] users = [.. clients.Select(static client => client.User).Distinct()];
        NetworkAccount[]? accounts = database.Accounts.Value?.Where(account => users.Length == 0 || users.Contains(account.User)).ToArray();
        (LegState configured, string how) = Admitted(database.RequiresTls, accounts, database.Accounts.Failure);
        bool isDeclared = site.Site.Policy.Tls.ApplicationVerifies;
        TlsLeg leg = Connected(new TlsLeg
        {
            Kind = LegKind.AppToDatabase,
            Server = server.Name,
            From = users.Length == 0 ? from : $"{from} ({string.Join(", ", users)})",
            To = Place(server.Name, site.Site.Policy.Database!.Port),
            Configured = configured,
            ConfiguredBy = how,
            Seen = unseen ?? "nothing",
            ServerVerified = isDeclared
                ? Observed.Yes("declared in policy.tls.applicationVerifies")
                : Observed.Unknown(
                    "no server shows whether the application verifies the database's certificate; "
                        + "policy.tls.applicationVerifies declares it"),
            ClientVerified = accounts is null ? Observed.Unknown(database.Accounts.Failure ?? "the accounts were not read")
                : Observed.Of(accounts.Length > 0 && accounts.All(static account => account.RequiresCertificate)),
            QuantumKeyExchange = NotSeen,
            QuantumSignature = NotSeen,
            Time = site.Time,
        }, clients);
        return Offered(leg, look);
    }

    /// <summary>Whether a server lets in what is not encrypted.</summary>
    private static (LegState State, string How) Admitted(bool requires, NetworkAccount[]? accounts, string? failure)
    {
        NetworkAccount[] open = [.. (accounts ?? []).Where(static account => !account.RequiresTls)];
        return requires ? (LegState.Encrypted, "require_secure_transport = ON")
            : accounts is null ? (LegState.Unknown, failure ?? "the accounts were not read")
            : open.Length > 0 || accounts.Length == 0
                ? (LegState.Optional,
                    $"require_secure_transport = OFF{(open.Length == 0 ? "" : $"; {string.Join(", ", open.Take(5))}: REQUIRE NONE")}")
            : (LegState.Encrypted, $"{string.Join(", ", accounts.Take(5))}: REQUIRE SSL or more");
    }

    private static IEnumerable<TlsLeg> OfReplica(Server server, SiteCase<LegFacts> site)
    {
        if (Read(site, server.Name).Value?.Database.Value is not { } database)
        {
            yield break;
        }

        if (database.Sources.Value is null)
        {
            yield return Unread(site, LegKind.Replication, server, server.Name, "its source", database.Sources.Failure);
        }

        foreach (FollowedSource source in database.Sources.Value ?? [])
        {
            yield return Following(server, source, site);
        }
    }

    private static TlsLeg Following(Server server, FollowedSource source, SiteCase<LegFacts> site)
    {
        Server? primary = ServerOf(source.Host, site.Site);
        LegFacts? facts = primary is null ? null : Read(site, primary.Name).Value;
        Reading<IReadOnlyList<NetworkClient>>? clients = facts?.Database.Value?.Clients;
        NetworkClient[] own = [.. (clients?.Value ?? []).Where(client => client.IsReplica && ServerOf(client.Host, site.Site) == server)];
        NetworkAccount[] accounts = [.. (facts?.Database.Value?.Accounts.Value ?? []).Where(account => account.User == source.User)];
        bool both = source.ShowsCertificate && accounts.Length > 0 && accounts.All(static account => account.RequiresCertificate);
        TlsLeg leg = Connected(new TlsLeg
        {
            Kind = LegKind.Replication,
            Server = primary?.Name ?? server.Name,
            From = server.Name,
            To = Place(primary?.Name ?? source.Host, source.Port),
            Configured = source.Tls ? LegState.Encrypted : LegState.Plain,
            ConfiguredBy =
                $"{server.Name}: SOURCE_SSL = {(source.Tls ? 1 : 0)}, SOURCE_SSL_VERIFY_SERVER_CERT = {(source.Verifies ? 1 : 0)}",
            Seen = clients is null ? "its source is no server of the site that could be asked"
                : clients.Failure ?? "the source has no connection of this replica now",
            ServerVerified = !source.Tls ? Observed.NotApplicable("it is not encrypted")
                : Observed.Of(source.Verifies,
                    source.Verifies ? "SOURCE_SSL_VERIFY_SERVER_CERT = 1" : "SOURCE_SSL_VERIFY_SERVER_CERT = 0: any certificate is taken"),
            ClientVerified = Observed.Of(both),
            QuantumKeyExchange = NotSeen,
            QuantumSignature = NotSeen,
            Time = site.Time,
        }, own);
        return Offered(leg, facts is null ? null : Look(facts, LegCollector.OwnSocket, 0));
    }

    private static IEnumerable<TlsLeg> OfAgents(Server server, SiteCase<LegFacts> site)
    {
        Reading<LegFacts> reading = Read(site, server.Name);
        if (reading.Value?.Agents.Value is not { } links)
        {
            return [Unread(site, LegKind.AgentToService, server, server.Name, "monitoring",
                reading.Failure ?? reading.Value?.Agents.Failure)];
        }

        return links.Select(link => new TlsLeg
        {
            Kind = LegKind.AgentToService,
            Server = server.Name,
            From = link.IsAsked ? "monitoring" : $"{server.Name} ({link.Agent})",
            To = link.IsAsked ? server.Name + (link.Place.LastIndexOf(':') is >= 0 and int colon ? link.Place[colon..] : "") : link.Place,
            Configured = link.State,
            ConfiguredBy = $"{link.Agent}, {link.Detail}",
            Seen = link.State == LegState.Local ? "it never leaves the server" : "an agent's connection is not looked into",
            ServerVerified = link.Verified,
            ClientVerified = link.ClientVerified,
            QuantumKeyExchange = link.State == LegState.Local ? Observed.NotApplicable("it never leaves the server") : NotSeen,
            QuantumSignature = link.State == LegState.Local ? Observed.NotApplicable("it never leaves the server") : NotSeen,
            Time = site.Time,
        });
    }

    private static TlsLeg Unread(SiteCase<LegFacts> site, LegKind kind, Server server, string from, string to, string? reason)
    {
        Observed unknown = Observed.Unknown(reason ?? "It was not read.");
        return new TlsLeg
        {
            Kind = kind, Server = server.Name, From = from, To = to, Configured = LegState.Unknown, ConfiguredBy = unknown.Detail!,
                Seen = unknown.Detail!,
            ServerVerified = unknown, ClientVerified = unknown, QuantumKeyExchange = unknown, QuantumSignature = unknown, Time = site.Time,
        };
    }

    /// <summary>The leg with what a listener answered.</summary>
    private static TlsLeg Seen(TlsLeg leg, WireLook? look) => look is null ? leg : Offered(
        leg with
        {
            OnTheWire = look.State,
            Seen = $"a connection of ours: {look.Detail}",
            Version = look.Version,
            CipherSuite = look.CipherSuite,
        },
        look);

    /// <summary>The leg with what its established connections are.</summary>
    private static TlsLeg Connected(TlsLeg leg, NetworkClient[] clients)
    {
        NetworkClient[] plain = [.. clients.Where(static client => client.CipherSuite.Length == 0)];
        int all = clients.Sum(static client => client.Connections), open = plain.Sum(static client => client.Connections);
        string users = string.Join(", ", plain.Select(static client => client.User).Distinct());
        return clients.Length == 0 ? leg : leg with
        {
            OnTheWire = plain.Length > 0 ? LegState.Plain : LegState.Encrypted,
            Seen = open > 0
                ? string.Create(CultureInfo.InvariantCulture, $"{all} established, {open} in plain text ({users})")
                : string.Create(CultureInfo.InvariantCulture, $"{all} established: {clients[0].Version}, {clients[0].CipherSuite}"),
            Version = plain.Length > 0 ? null : clients.Min(static client => client.Version),
            CipherSuite = plain.Length > 0 ? null : clients[0].CipherSuite,
        };
    }

    /// <summary>The leg with what its server takes of an offer of everything.</summary>
    private static TlsLeg Offered(TlsLeg leg, WireLook? look)
    {
        if (leg.OnTheWire == LegState.Plain)
        {
            return leg with { QuantumKeyExchange = Observed.No("it is not encrypted"),
                QuantumSignature = Observed.No("it is not encrypted") };
        }

        if (look is not { State: LegState.Encrypted })
        {
            Observed why = Observed.Unknown(look?.Detail ?? "no handshake was seen");
            return leg with { QuantumKeyExchange = why, QuantumSignature = why };
        }

        return leg with
        {
            Group = look.Group,
            QuantumKeyExchange = look.Group is null ? Observed.No($"{look.Version} without a group")
                : Observed.Of(look.IsQuantumGroup, look.Group),
            Signature = look.Certificate is { } leaf ? $"{leaf.KeyAlgorithm}, {leaf.SignatureAlgorithm}" : null,
            QuantumSignature = look.Certificate is { } shown ? Observed.Of(IsQuantum(shown.KeyAlgorithm), shown.KeyAlgorithm)
                : Observed.Unknown("no certificate was seen"),
        };
    }

    /// <summary>ML-DSA and SLH-DSA (FIPS 204, 205), by name or by the object identifiers 2.16.840.1.101.3.4.3.17 to .35.</summary>
    internal static bool IsQuantum(string keyAlgorithm)
    {
        const string Arc = "2.16.840.1.101.3.4.3.";
        return keyAlgorithm.StartsWith("ML-DSA", StringComparison.OrdinalIgnoreCase)
            || keyAlgorithm.StartsWith("SLH-DSA", StringComparison.OrdinalIgnoreCase)
            || (keyAlgorithm.StartsWith(Arc, StringComparison.Ordinal)
                && int.TryParse(keyAlgorithm.AsSpan(Arc.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int last)
                    && last is >= 17 and <= 35);
    }

    private static WireLook? Look(LegFacts facts, string host, int port) =>
        facts.Looks.FirstOrDefault(look => look.Host == host && look.Port == port);

    private static string Place(string host, int port) => FormattableString.Invariant($"{host}:{port}");

    private static Server? ServerOf(string host, Site site) => IPAddress.TryParse(host, out IPAddress? address)
        ? site.Servers.FirstOrDefault(server => server.Addresses.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address))
        : site.Find(host) ?? site.Find(host.Split('.')[0]);
}
