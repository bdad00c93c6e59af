using System.Globalization;
using System.Net;
using System.Text.Json;
using Foobar.Ops.Database;
using Foobar.Ops.Discovery.Facts;
using Foobar.Ops.Discovery.Sockets;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Remoting;
using Foobar.Ops.Services.Prometheus;
using Foobar.Ops.Tls;
using Foobar.Ops.Tls.Files;
using Foobar.Ops.Tls.Legs;

namespace Foobar.Ops.Discovery;

/// <summary>
/// Reads <see cref="ServerDiscovery"/> of servers of which nothing is known but how to log in: one connection a server, all at once.
/// A server that can't be reached, or takes too long, costs only its own facts.
/// </summary>
public sealed class DiscoveryCollector
{
    private static readonly string[] DatabasePrograms = ["mysqld", "mariadbd"];
    private static readonly string[] DatabaseUnits = ["mysql.service", "mysqld.service", "mariadb.service"];
    private static readonly string[] KnownUnits = ["haproxy.service", "nginx.service", "prometheus.service", .. DatabaseUnits];
    private readonly ISiteSession _session;
    private readonly DiscoveryOptions _options;

    /// <summary>Creates a collector.</summary>
    /// <param name="session">The connections, to the site that <see cref="SiteOf"/> makes.</param>
    /// <param name="options">How servers are read.</param>
    public DiscoveryCollector(ISiteSession session, DiscoveryOptions? options = null)
    {
        _session = session;
        _options = options ?? new DiscoveryOptions();
    }

    /// <summary>A site of servers of which nothing is known yet, to connect to.</summary>
    /// <param name="targets">The servers.</param>
    /// <param name="sshConfig">The OpenSSH client configuration to use; <see langword="null"/> for the user's own.</param>
    public static Site SiteOf(IEnumerable<DiscoveryTarget> targets, string? sshConfig) => new()
    {
        Name = "discovery",
        SshConfig = sshConfig,
        Servers = [.. targets.Select(static target => new Server { Name = target.Name, Roles = [], Ssh = target.Ssh })],
        Policy = new Policy { Database = new DatabasePolicy() },
    };

    /// <summary>Reads all servers.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<IReadOnlyList<ServerDiscovery>> CollectAsync(CancellationToken cancellationToken)
    {
        Server[] servers = [.. _session.Site.Servers];
        ServerDiscovery[] found = new ServerDiscovery[servers.Length];
        ParallelOptions parallel = new()
        {
            MaxDegreeOfParallelism = Math.Max(1, _options.ThrottleLimit),
            CancellationToken = cancellationToken,
        };
        await Parallel.ForEachAsync(Enumerable.Range(0, servers.Length), parallel, async (index, token) =>
        {
            found[index] = await ReadServerAsync(servers[index], token);
            _options.Progress?.Invoke(servers[index].Name);
        });
        return await Task.WhenAll(found.Select(server => WithPresentedAsync(server, found, cancellationToken)));
    }

    private async Task<ServerDiscovery> ReadServerAsync(Server server, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_options.ServerTimeLimit);
        try
        {
            return await Task.Run(() => ReadAsync(server, limit.Token), CancellationToken.None).WaitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed(server, SlowServer.Of(_session, server.Name, _options.ServerTimeLimit, new FoobarException(
                "ServerTimeout", ErrorKind.Timeout,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{server.Name}: not all facts were read within {_options.ServerTimeLimit.TotalSeconds:0.###} s."))
            {
                Server = server.Name,
                Recommendation = "Raise -TimeoutSeconds, or see with Invoke-FoobarCommand what is slow on the server.",
            }));
        }
        catch (FoobarException error)
        {
            return Failed(server, error);
        }
        catch (Exception exception) when (exception is not (OutOfMemoryException or OperationCanceledException))
        {
            return Failed(server, new FoobarException(
                "CollectorFailed",
                ErrorKind.Failed,
                $"{server.Name}: reading it ended with {exception.GetType().Name}: {exception.Message}",
                exception)
            {
                Server = server.Name,
                Recommendation = "This is a mistake in the module; please report it with the message above.",
            });
        }
    }

    private ServerDiscovery Failed(Server server, FoobarException error)
    {
        _options.Failed?.Invoke(server.Name, error);
        return new ServerDiscovery { Name = server.Name, Ssh = server.Ssh, Failure = error.Message };
    }

    private async Task<ServerDiscovery> ReadAsync(Server server, CancellationToken cancellationToken)
    {
        IServerSession connection = await _session.GetServerAsync(server.Name, cancellationToken);
        Task<Reading<HostFacts>> host = connection.ReadAsync(
            RemoteCommand.FromScript(HostScript.Text), HostScript.Parse, HostScript.Source, cancellationToken);
        Task<Reading<Firewall.Model.HostNetwork>> network = FirewallCollector.ReadNetworkAsync(connection, cancellationToken);
        Task<Reading<TimeFacts>> time = connection.ReadAsync(
            RemoteCommand.FromScript(TimeScript.Text) with { Privileged = true }, TimeScript.Parse, TimeScript.Source, cancellationToken);
        Task<Reading<IReadOnlyList<IPAddress>>> moving = connection.ReadAsync(
            RemoteCommand.FromScript(VirtualAddressScript.Text) with
            {
                Privileged = true,
            }, VirtualAddressScript.Parse, VirtualAddressScript.Source, cancellationToken);
        Task<AgentFacts> agents = new AgentCollector().CollectAsync(_session, server, cancellationToken);
        Task<(Reading<IReadOnlyList<CertificateFile>> Files, IReadOnlyList<string> Doubts)> certificates = CertificateFileSearch.RunAsync(
            connection, cancellationToken);
        Task<Reading<IReadOnlyList<Unit>>> unitsRead = UnitScript.ReadAsync(connection, KnownUnits, cancellationToken);
        SocketFacts sockets = await SocketCollector.ReadAsync(connection, cancellationToken);
        Reading<IReadOnlyList<Unit>> units = await unitsRead;

        Task<Reading<BalancerFacts>>? balancer = Runs(sockets, units, ["haproxy"], ["haproxy.service"])
            ? BalancerAsync(connection, cancellationToken)
            : null;
        Task<Reading<WebFacts>>? web = Runs(sockets, units, ["nginx"], ["nginx.service"]) ? WebAsync(connection, cancellationToken) : null;
        Task<(DatabaseFacts Facts, string? Authorities)>? database = Runs(sockets, units, DatabasePrograms, DatabaseUnits)
            ? DatabaseAsync(server, cancellationToken)
            : null;
        Reading<BalancerFacts>? balancerFacts = balancer is null ? null : await balancer;
        (DatabaseFacts Facts, string? Authorities)? databaseFacts = database is null ? null : await database;
        string[] authorities =
        [
            .. (balancerFacts?.Value?.Legs.Servers.Select(static one => one.Authorities) ?? []).Append(databaseFacts?.Authorities)
                .OfType<string>().Where(static path => path.StartsWith('/')).Distinct(),
        ];
        return new ServerDiscovery
        {
            Name = server.Name,
            Ssh = server.Ssh,
            Host = await host,
            Network = await network,
            Sockets = sockets,
            Units = units,
            Time = await time,
            VirtualAddresses = await moving,
            Balancer = balancerFacts,
            Web = web is null ? null : await web,
            Database = databaseFacts?.Facts,
            Agents = (await agents).Agents,
            Certificates = (await certificates).Files,
            Authorities = authorities.Length == 0
                ? Reading.Of<IReadOnlyList<AuthorityFile>>([], TrustScript.AuthoritiesSource)
                : await connection.ReadAsync(
                    TrustScript.Authorities(authorities), TrustScript.ParseAuthorities, TrustScript.AuthoritiesSource, cancellationToken),
            Verifying = await VerifyingAsync(connection, sockets, cancellationToken),
            Prometheus = await PrometheusAsync(sockets, await network, cancellationToken),
            Scrapes = await ScrapesAsync(connection, sockets, cancellationToken),
        };
    }

    // By who holds a socket, by its unit, or by the image of a container.
    private static bool Runs(SocketFacts sockets, Reading<IReadOnlyList<Unit>> units, string[] programs, string[] names) =>
        (sockets.Listeners.Value ?? []).SelectMany(static listener => listener.Holders).Any(holder => programs.Contains(holder.Process))
        || (units.Value ?? []).Any(unit => names.Contains(unit.Name) && IsMeantToRun(unit))
        || (sockets.Containers.Value ?? [])
            .Any(container => programs.Any(program => container.Image.Contains(program, StringComparison.Ordinal)));

    /// <summary>
    /// Whether a unit runs, or should: one that was stopped is a fault, one that is installed only is none. An alias says nothing.
    /// </summary>
    internal static bool IsMeantToRun(Unit unit) => unit.IsActive || unit.FileState == "enabled" || unit.Active == "failed";

    private static async Task<Reading<BalancerFacts>> BalancerAsync(IServerSession connection, CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<HaproxyFile> files = await HaproxyFiles.ReadAsync(connection, cancellationToken);
            Reading<Version?> version = await connection.ReadAsync(
                RemoteCommand.FromScript(
                    "PATH=$PATH:/usr/local/sbin:/usr/sbin; haproxy -v"), BalancerTlsReader.VersionOf, "haproxy -v", cancellationToken);
            return files.Count == 0
                ? Reading.Unreadable<BalancerFacts>("No configuration file was found.", HaproxyFiles.Source)
                : Reading.Of(BalancerReader.Read(HaproxySection.Of(files), version.Value), HaproxyFiles.Source);
        }
        catch (FoobarException error) when (error.Kind != ErrorKind.Connection)
        {
            return Reading.Unreadable<BalancerFacts>(error.Message, HaproxyFiles.Source);
        }
    }

    private static async Task<Reading<WebFacts>> WebAsync(IServerSession connection, CancellationToken cancellationToken)
    {
        Reading<NginxDirective> nginx = await NginxFiles.ReadAsync(connection, cancellationToken);
        return nginx.TryGet(out NginxDirective? root)
            ? Reading.Of(WebReader.Read(root), NginxFiles.Source)
            : Reading.Unreadable<WebFacts>(nginx.Failure ?? "It was not read.", NginxFiles.Source);
    }

    private async Task<(DatabaseFacts Facts, string? Authorities)> DatabaseAsync(Server server, CancellationToken cancellationToken)
    {
        ReplicationFacts replication = await ReplicationCollector.ReadAsync(_session, server, refused: null, cancellationToken);
        if (replication.Refusal is { } refusal)
        {
            return (new DatabaseFacts(replication, Reading.Unreadable<DatabaseTls>(refusal)), null);
        }

        try
        {
            await using IDatabaseSession database = await _session.OpenDatabaseAsync(server.Name, cancellationToken);
            Reading<DatabaseTls> tls = Reading.Of(await DatabaseTlsReader.ReadAsync(database, cancellationToken), "the database");
            IReadOnlyList<DatabaseRow> rows = await database.QueryAsync(
                "SELECT @@global.ssl_ca AS ca, @@global.datadir AS datadir", null, cancellationToken);
            string file = rows[0].Text("ca") ?? "";
            string? path = file.Length == 0 ? null : file.StartsWith('/') ? file : (rows[0].Text("datadir") ?? "") + file;
            return (new DatabaseFacts(replication, tls), path);
        }
        catch (FoobarException error) when (error is DatabaseException || error.Kind != ErrorKind.Connection)
        {
            return (new DatabaseFacts(replication, Reading.Unreadable<DatabaseTls>(error.Message)), null);
        }
    }

    // The units whose programs hold connections to others, or listen for their own server only: among them are the applications.
    private static async Task<Reading<IReadOnlyDictionary<string, IReadOnlyList<string>>>> VerifyingAsync(
        IServerSession connection, SocketFacts sockets, CancellationToken cancellationToken)
    {
        string[] units =
        [
            .. (sockets.Listeners.Value ?? []).Where(
                static listener => listener.Socket.Scope == SocketScope.Loopback || listener.Socket.Port > 1023)
                .SelectMany(static listener => listener.Holders)
                .Concat((sockets.Conversations.Value ?? []).Where(static each => !each.IsIncoming).SelectMany(static each => each.Holders))
                .Select(static holder => holder.Unit).OfType<string>().Where(
                    static unit => unit.EndsWith(".service", StringComparison.Ordinal)).Distinct(),
        ];
        return units.Length == 0
            ? Reading.Of<IReadOnlyDictionary<string, IReadOnlyList<string>>>(
                new Dictionary<string, IReadOnlyList<string>>(), TrustScript.VerifyingSource)
            : await connection.ReadAsync(
                TrustScript.Verifying(units), TrustScript.ParseVerifying, TrustScript.VerifyingSource, cancellationToken);
    }

    private static ListeningSocket? PrometheusOf(SocketFacts sockets) => (sockets.Listeners.Value ?? [])
        .Where(static listener => listener.Holders.Any(static holder => holder.Process == "prometheus"))
        .Select(static listener => listener.Socket).OrderBy(static socket => socket.Scope == SocketScope.Loopback).FirstOrDefault();

    /// <summary>What a Prometheus scrapes (Prometheus, HTTP API: GET /api/v1/targets), of each address host and port alone.</summary>
    private static async Task<Reading<IReadOnlyList<string>>> ScrapesAsync(
        IServerSession connection, SocketFacts sockets, CancellationToken cancellationToken)
    {
        const string Source = "GET /api/v1/targets of Prometheus";
        if (PrometheusOf(sockets) is not { } socket)
        {
            return Reading.Of<IReadOnlyList<string>>([], Source);
        }

        string host = socket.Scope == SocketScope.Wildcard ? "127.0.0.1" : socket.Address;
        try
        {
            using HttpClient http = connection.CreateHttpClient(host);
            string text = await http.GetStringAsync(
                new UriBuilder("http", host, socket.Port, "api/v1/targets", "?state=active").Uri, cancellationToken);
            using JsonDocument answer = JsonDocument.Parse(text);
            return Reading.Of<IReadOnlyList<string>>(
                [
                    .. PrometheusAnswers.ReadTargets(answer.RootElement).Select(
                        static target =>
                            Uri.TryCreate(target.Address, UriKind.Absolute, out Uri? address) ? address.Authority.Split('@')[^1] : null)
                        .OfType<string>().Distinct(),
                ],
                Source);
        }
        catch (Exception error)
            when (error is HttpRequestException or FormatException or JsonException
                || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return Reading.Unreadable<IReadOnlyList<string>>(
                error is HttpRequestException ? SessionHttp.Reason(error) : error.Message, Source);
        }
    }

    /// <summary>The address at which a Prometheus of a server answers this machine (Prometheus, management API: GET /-/ready).</summary>
    private async Task<Uri?> PrometheusAsync(
        SocketFacts sockets, Reading<Firewall.Model.HostNetwork> network, CancellationToken cancellationToken)
    {
        ListeningSocket? socket = PrometheusOf(sockets);
        if (socket is null or { Scope: SocketScope.Loopback })
        {
            return null;
        }

        IPAddress[] addresses = socket.Scope == SocketScope.Interface && IPAddress.TryParse(socket.Address, out IPAddress? bound)
            ? [bound]
            : [
                .. (network.Value?.Addresses ?? [])
                    .Select(static own => own.Address)
                    .Where(static address => !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal),
            ];
        using HttpClient http = new() { Timeout = _options.ProbeTimeLimit };
        foreach (IPAddress address in addresses)
        {
            Uri place = new UriBuilder("http", address.ToString(), socket.Port).Uri;
            try
            {
                using HttpResponseMessage answer = await http.GetAsync(new Uri(place, "-/ready"), cancellationToken);
                return new Uri(place.GetLeftPart(UriPartial.Authority));
            }
            catch (Exception error)
                when (error is HttpRequestException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // It may listen where this machine does not reach.
            }
        }

        return null;
    }

    /// <summary>Shakes hands with the listeners for visitors, to see who trusts what they present.</summary>
    private async Task<ServerDiscovery> WithPresentedAsync(
        ServerDiscovery server, ServerDiscovery[] all, CancellationToken cancellationToken)
    {
        BalancerListener[] listeners =
            [
                .. (server.Balancer?.Value?.Legs.Listeners ?? [])
                    .Where(static listener => listener.Tls || (listener.IsTcp && listener.Port == 443))
                    .DistinctBy(static listener => listener.Port),
            ];
        (string Host, int Port)[] places = listeners.Length > 0
            ? [.. listeners.Select(static listener => (LegCollector.HostOf(listener), listener.Port))]
            : all.Any(static other => other.Balancer is not null) ? []
            : [
                .. (server.Web?.Value?.Listeners ?? [])
                    .Where(static listener => listener.Tls)
                    .DistinctBy(static listener => listener.Port)
                    .Select(static listener => (listener.Address.Length == 0 ? "127.0.0.1" : listener.Address, listener.Port)),
            ];
        if (server.Failure is not null || places.Length == 0)
        {
            return server;
        }

        string name = all.SelectMany(static other => other.Web?.Value?.ServerNames ?? []).FirstOrDefault()
            ?? (server.Certificates.Value ?? [])
                .SelectMany(static file => file.Leaf.DnsNames)
                .FirstOrDefault(static dns => !dns.StartsWith('*'))
            ?? "";
        (string Place, TrustedAuthorities Authorities)[] known =
        [
            .. all.SelectMany(
                static other => (other.Authorities.Value ?? []).Select(file => (Place: $"{other.Name}:{file.Path}", file.Pem)))
                .Select(static file => (file.Place, Authorities: TrustedAuthorities.FromText(file.Pem)))
                .Where(static file => file.Authorities is not null).Select(static file => (file.Place, file.Authorities!)),
        ];
        List<PresentedCertificate> presented = [];
        foreach ((string host, int port) in places)
        {
            if (await LookAsync(
                server.Name,
                new TlsEndpoint { Host = host, Port = port, ServerName = name, Via = server.Name },
                known, cancellationToken) is { } look)
            {
                presented.Add(look);
            }
        }

        return server with { Presented = presented };
    }

    private async Task<PresentedCertificate?> LookAsync(
        string server, TlsEndpoint endpoint, (string Place, TrustedAuthorities Authorities)[] known, CancellationToken cancellationToken)
    {
        try
        {
            IServerSession connection = await _session.GetServerAsync(server, cancellationToken);
            Task<ServedCertificate> Look(TrustedAuthorities authorities) => CertificateProbe.LookAsync(
                endpoint, token =>
                    connection.ConnectAsync(
                        new RemoteEndpoint.Tcp(
                            endpoint.Host, endpoint.Port), token), authorities, CertificateProbe.DefaultTimeLimit, cancellationToken);
            ServedCertificate served = await Look(TrustedAuthorities.System);
            List<string> trusting = [];
            foreach ((string place, TrustedAuthorities authorities) in served.IsTrusted ? [] : known)
            {
                if ((await Look(authorities)).IsTrusted)
                {
                    trusting.Add(place);
                }
            }

            return new PresentedCertificate(endpoint.ToString(), served.Leaf.Issuer, served.IsTrusted, trusting);
        }
        catch (FoobarException)
        {
            // What is wrong with the listener is for the audit to find.
            return null;
        }
    }
}

/// <summary>A server to be discovered.</summary>
/// <param name="Name">The name it is asked for by.</param>
/// <param name="Ssh">How to reach it.</param>
public sealed record DiscoveryTarget(string Name, SshEndpoint Ssh);

/// <summary>How servers are discovered.</summary>
public sealed record DiscoveryOptions
{
    /// <summary>How many servers are read at once.</summary>
    public int ThrottleLimit { get; init; } = 16;

    /// <summary>How long one server may take, from connecting to the last fact.</summary>
    public TimeSpan ServerTimeLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a service may take to answer the operator's machine.</summary>
    public TimeSpan ProbeTimeLimit { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Told of each server that is done; called from several threads.</summary>
    public Action<string>? Progress { get; init; }

    /// <summary>Told which server could not be read, and why; called from several threads.</summary>
    public Action<string, FoobarException>? Failed { get; init; }
}
