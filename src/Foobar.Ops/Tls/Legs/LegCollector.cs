using System.Globalization;
using System.Net;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tls.Scan;

namespace Foobar.Ops.Tls.Legs;

/// <summary>
/// Reads <see cref="LegFacts"/>: configurations, what the database tells of its connections, and up to three handshakes a listener,
/// from the
/// server that uses it. A database is asked over its own unix socket, since MySQL counts handshakes that break off against
/// the host that they come from.
/// </summary>
public sealed class LegCollector : Collector<LegFacts>
{
    /// <inheritdoc/>
    public override string Name => "legs";

    /// <inheritdoc/>
    public override async Task<LegFacts> CollectAsync(ISiteSession session, Server server, CancellationToken cancellationToken)
    {
        IServerSession connection = await session.GetServerAsync(server.Name, cancellationToken);
        Site site = session.Site;
        Task<Reading<IReadOnlyList<AgentLink>>> agents = connection.ReadAsync(
            RemoteCommand.FromScript(AgentLinkReader.Script) with { Privileged = true, IsShort = true }, AgentLinkReader.Parse,
            AgentLinkReader.Source, cancellationToken);
        Task<Reading<DatabaseTls>> database = DatabaseAsync(session, server, cancellationToken);
        Reading<BalancerTls> balancer = await BalancerAsync(connection, server, cancellationToken);
        Task<Reading<IReadOnlyList<WebListener>>> web = WebAsync(connection, server, cancellationToken);
        Task<WireLook[]> looks = Task.WhenAll(Places(server, site, balancer.Value).Select(place => LookAsync(
            connection, place.Host, place.Port, place.ServerName, new RemoteEndpoint.Tcp(place.Host, place.Port), StartTls.None,
                cancellationToken)));
        Reading<DatabaseTls> member = await database;
        WireLook[] own = member.Value is { Socket.Length: > 0 } facts
            ? [await LookAsync(connection, OwnSocket, 0, server.Name, new RemoteEndpoint.UnixSocket(facts.Socket), StartTls.MySql,
                cancellationToken)]
            : [];
        return new LegFacts
        {
            Balancer = balancer, Web = await web, Database = member, Agents = await agents, Looks = [.. await looks, .. own],
        };
    }

    /// <summary>The host in the look at a member's own database.</summary>
    internal const string OwnSocket = "its socket";

    private static readonly CommandSources HaproxyProgram = new(
        ["/usr/local/sbin/haproxy", "/usr/local/bin/haproxy", "/usr/sbin/haproxy", "/usr/bin/haproxy"]);

    private const string Loopback = "127.0.0.1";

    /// <summary>What is asked from a load balancer: where visitors connect, and its web servers.</summary>
    internal static IEnumerable<(string Host, int Port, string ServerName)> Places(Server server, Site site, BalancerTls? balancer)
    {
        if (server.Is(Role.LoadBalancer) && balancer is not null)
        {
            foreach (BalancerListener visitors in LegSurvey.Listeners(balancer, site))
            {
                yield return (HostOf(visitors), visitors.Port, site.Name);
            }

            foreach (BalancedServer web in LegSurvey.WebServers(balancer, site)
                .Where(static web => web.Port > 0).DistinctBy(static web => (web.Host, web.Port)))
            {
                yield return (web.Host, web.Port, Host(web.VerifiedName) ?? (web.IsTcp ? site.Name : web.Name));
            }
        }
    }

    /// <summary>Where a listener is reached from its own server.</summary>
    internal static string HostOf(BalancerListener listener) => listener.Address is "" or "0.0.0.0" or "::" ? Loopback : listener.Address;

    // A sample expression, such as req.hdr(host), is no name.
    private static string? Host(string? name) => name is not null && Uri.CheckHostName(name) == UriHostNameType.Dns ? name : null;

    private static async Task<WireLook> LookAsync(
        IServerSession connection, string host, int port, string serverName, RemoteEndpoint endpoint, StartTls protocol,
            CancellationToken cancellationToken)
    {
        try
        {
            return await WireProbe.LookAsync(host, port, serverName, protocol, token =>
                connection.ConnectAsync(endpoint, token), cancellationToken);
        }
        catch (FoobarException error) when (error.Kind != ErrorKind.Connection)
        {
            return new WireLook { Host = host, Port = port, State = LegState.Unknown, Detail = error.Message };
        }
    }

    private static async Task<Reading<BalancerTls>> BalancerAsync(
        IServerSession connection, Server server, CancellationToken cancellationToken)
    {
        if (!server.Is(Role.LoadBalancer))
        {
            return Reading.Unreadable<BalancerTls>("it is no load balancer");
        }

        try
        {
            IReadOnlyList<HaproxyFile> files = await HaproxyFiles.ReadAsync(connection, cancellationToken);
            Reading<Version?> version = await connection.ReadAsync(
                RemoteCommand.FromScript("PATH=$PATH:/usr/local/sbin:/usr/sbin; haproxy -v") with
                {
                    IsShort = true,
                    Sources = HaproxyProgram,
                },
                BalancerTlsReader.VersionOf, "haproxy -v", cancellationToken);
            return files.Count == 0 ? Reading.Unreadable<BalancerTls>("there is no HAProxy", HaproxyFiles.Source)
                : Reading.Of(BalancerTlsReader.Read(HaproxySection.Of(files), version.Value), HaproxyFiles.Source);
        }
        catch (FoobarException error) when (error.Kind != ErrorKind.Connection)
        {
            return Reading.Unreadable<BalancerTls>(error.Message, HaproxyFiles.Source);
        }
    }

    private static async Task<Reading<IReadOnlyList<WebListener>>> WebAsync(
        IServerSession connection, Server server, CancellationToken cancellationToken)
    {
        if (!server.Is(Role.Web))
        {
            return Reading.Unreadable<IReadOnlyList<WebListener>>("it is no web server");
        }

        Reading<NginxDirective> nginx = await NginxFiles.ReadAsync(connection, cancellationToken);
        return nginx.TryGet(out NginxDirective? root)
            ? Reading.Of(WebListenerReader.Read(root), NginxFiles.Source)
            : Reading.Unreadable<IReadOnlyList<WebListener>>(nginx.Failure ?? "It was not read.", NginxFiles.Source);
    }

    private static async Task<Reading<DatabaseTls>> DatabaseAsync(ISiteSession session, Server server, CancellationToken cancellationToken)
    {
        if (!LegSurvey.IsMember(server, session.Site))
        {
            return Reading.Unreadable<DatabaseTls>("it is no database member");
        }

        try
        {
            await using IDatabaseSession database = await session.OpenDatabaseAsync(server.Name, cancellationToken);
            return Reading.Of(await DatabaseTlsReader.ReadAsync(database, cancellationToken), "the database");
        }
        catch (DatabaseException error)
        {
            // The server itself answers: that its database does not is a fact of its own.
            return Reading.Unreadable<DatabaseTls>(error.Message, "the database connection");
        }
        catch (FoobarException error) when (error.Kind != ErrorKind.Connection)
        {
            return Reading.Unreadable<DatabaseTls>(error.Message, "the database connection");
        }
    }
}
