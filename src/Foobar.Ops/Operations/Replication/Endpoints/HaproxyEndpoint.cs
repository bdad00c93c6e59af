using System.Text.RegularExpressions;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.LoadBalancing.Haproxy;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Endpoints;

/// <summary>
/// A TCP backend of HAProxy with one <c>server</c> line a member, named as in the inventory; switched over the runtime API.
/// </summary>
internal sealed partial class HaproxyEndpoint : IWriteEndpoint
{
    private readonly ISiteSession _site;
    private readonly string _server;
    private readonly string _backend;
    private readonly HaproxyConsole _console;

    // The session is asked for anew with each connection: one that was lost is made again.
    private HaproxyEndpoint(ISiteSession site, string server, string backend)
    {
        (_site, _server, _backend) = (site, server, backend);
        RemoteEndpoint.UnixSocket socket = new(site.Site.Policy.LoadBalancing.AdminSocket);
        _console = new(server, async token => await (await site.GetServerAsync(server, token)).ConnectAsync(socket, token), site.Time);
    }

    /// <inheritdoc/>
    public string Name => $"backend {_backend} of HAProxy on {_server}";

    /// <inheritdoc/>
    public string? Server => _server;

    /// <summary>Connects to the runtime API and keeps the connection.</summary>
    /// <exception cref="FoobarException"><c>EndpointInvalid</c>: the backend's name is none; errors of the session.</exception>
    public static async Task<HaproxyEndpoint> ConnectAsync(ISiteSession site, WriteEndpoint endpoint, CancellationToken cancellationToken)
    {
        if (endpoint.Backend is not { } name || !Word().IsMatch(name))
        {
            throw new FoobarException(
                "EndpointInvalid", ErrorKind.InvalidInput, $"The write endpoint names no backend of HAProxy ('{endpoint.Backend}').")
            {
                Recommendation = "Set policy.database.writeEndpoint.backend in the inventory to the name of the TCP backend.",
            };
        }

        IServerSession server = await site.GetServerAsync(endpoint.Server, cancellationToken);
        HaproxyEndpoint connected = new(site, server.Server.Name, name);
        try
        {
            await connected._console.RunAsync($"{ServerStateParser.Source} {name}", cancellationToken);
            return connected;
        }
        catch
        {
            await connected.DisposeAsync();
            throw;
        }
    }

    /// <summary>The same on a load balancer that need not have such a backend.</summary>
    /// <param name="site">The site's connections.</param>
    /// <param name="declared">The endpoint.</param>
    /// <param name="server">The load balancer.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns><see langword="null"/> if it has none, and is not the one that is declared.</returns>
    /// <exception cref="FoobarException">As for <see cref="ConnectAsync"/>.</exception>
    public static async Task<HaproxyEndpoint?> FindAsync(
        ISiteSession site, WriteEndpoint declared, string server, CancellationToken cancellationToken)
    {
        HaproxyEndpoint found = await ConnectAsync(site, declared with { Server = server }, cancellationToken);
        try
        {
            if (string.Equals(server, declared.Server, StringComparison.OrdinalIgnoreCase)
                || await found.HasBackendAsync(cancellationToken))
            {
                return found;
            }
        }
        catch
        {
            await found.DisposeAsync();
            throw;
        }

        await found.DisposeAsync();
        return null;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>?> MembersAsync(CancellationToken cancellationToken) =>
        OpenServers(await StatesAsync(cancellationToken), _server);

    /// <summary>
    /// The level that the admin socket gives where it is too low to change a server's state (HAProxy Management Guide, "show cli level");
    /// <see langword="null"/> if it is <c>admin</c> or the process does not tell.
    /// </summary>
    public async Task<string?> LevelAsync(CancellationToken cancellationToken)
    {
        string level = await _console.RunAsync("show cli level", cancellationToken);
        return level is "operator" or "user" ? level : null;
    }

    /// <summary>The servers of the backend, open or not.</summary>
    public async Task<IReadOnlyList<string>> ServersAsync(CancellationToken cancellationToken) =>
        [.. Rows(await StatesAsync(cancellationToken), _server).Select(row => row.Name)];

    /// <summary>
    /// The ways from the frontends of the write endpoint to other backends, by the configuration; none if it can't be read, which
    /// LB-011 tells.
    /// </summary>
    public async Task<IReadOnlyList<(string Frontend, string Line)>> OtherLeadsAsync(CancellationToken cancellationToken)
    {
        WriteEndpoint declared = _site.Site.Policy.Database!.WriteEndpoint! with { Backend = _backend };
        try
        {
            IServerSession session = await _site.GetServerAsync(_server, cancellationToken);
            return OtherLeads(HaproxySection.Of(await HaproxyFiles.ReadAsync(session, cancellationToken)), _site.Site, declared);
        }
        catch (FoobarException error) when (error.Kind != ErrorKind.Connection)
        {
            return [];
        }
    }

    /// <summary>The same, of a configuration that was read.</summary>
    internal static IReadOnlyList<(string Frontend, string Line)> OtherLeads(
        IReadOnlyList<HaproxySection> sections, Site site, WriteEndpoint declared) =>
    [
        .. from route in WriteRoutes.Of(ProxyRouteReader.ReadAll(sections), site, declared)
           from lead in route.Leads
           where lead.Backend != declared.Backend
           select (route.Name, lead.Line),
    ];

    /// <inheritdoc/>
    public async Task<string?> HealthAsync(string member, CancellationToken cancellationToken) =>
        Health(await _console.RunAsync(StatParser.Source, cancellationToken), _backend, member);

    /// <inheritdoc/>
    public Task DrainAsync(string member, CancellationToken cancellationToken) =>
        _console.DoAsync($"set server {_backend}/{Checked(member)} state drain", cancellationToken);

    /// <inheritdoc/>
    public Task CloseAsync(string member, CancellationToken cancellationToken) =>
        _console.DoAsync($"set server {_backend}/{Checked(member)} state maint", cancellationToken);

    /// <inheritdoc/>
    public Task OpenAsync(string member, CancellationToken cancellationToken) =>
        _console.DoAsync($"set server {_backend}/{Checked(member)} state ready", cancellationToken);

    /// <inheritdoc/>
    public Task EndSessionsAsync(string member, CancellationToken cancellationToken) =>
        _console.DoAsync($"shutdown sessions server {_backend}/{Checked(member)}", cancellationToken);

    /// <inheritdoc/>
    public async Task PersistAsync(string open, string closed, CancellationToken cancellationToken)
    {
        IServerSession session = await _site.GetServerAsync(_server, cancellationToken);
        await HaproxyConfigurationFile.SetAsync(
            session, [new(_backend, open, Disabled: false), new(_backend, closed, Disabled: true)], cancellationToken);

        // Another server that takes traffic after a restart would take a share of the writes then.
        string[] others =
        [
            .. (await HaproxyConfigurationFile.StartsAsync(session, _backend, cancellationToken))
                .Where(start => start is { TakesTraffic: true, IsBackup: false } && start.Name != open)
                .Select(start => start.Name),
        ];
        if (others.Length > 0)
        {
            await HaproxyConfigurationFile.SetAsync(
                session, others.Select(other => new ConfiguredServer(_backend, other, Disabled: true)), cancellationToken);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _console.DisposeAsync();

    /// <summary>Reads <c>show servers state</c>: the servers of the backend that are not in maintenance.</summary>
    /// <exception cref="ParseException">A line has too few fields, or the backend has no servers.</exception>
    internal static IReadOnlyList<string> OpenServers(string text, string server) =>
        [.. Rows(text, server).Where(row => (row.State & Closed) == 0).Select(row => row.Name)];

    // What the configuration once said (AdminStates.ConfiguredMaintenance) is only remembered.
    private const AdminStates Closed =
        AdminStates.ForcedMaintenance
            | AdminStates.InheritedMaintenance
            | AdminStates.ResolutionMaintenance
            | AdminStates.ForcedDrain
            | AdminStates.InheritedDrain;

    private async Task<string> StatesAsync(CancellationToken cancellationToken)
    {
        string said = await _console.RunAsync($"{ServerStateParser.Source} {_backend}", cancellationToken);
        return Missing(said, _server, _backend) is { } missing ? throw missing : said;
    }

    private async Task<bool> HasBackendAsync(CancellationToken cancellationToken) =>
        Missing(await _console.RunAsync($"{ServerStateParser.Source} {_backend}", cancellationToken), _server, _backend) is null;

    /// <summary>The error where HAProxy says that it has no such backend (proxy.c: "Can't find backend.").</summary>
    internal static FoobarException? Missing(string said, string server, string backend) =>
        said.Contains("find backend", StringComparison.OrdinalIgnoreCase)
            ? new(
                "WriteBackendNotFound", ErrorKind.NotFound,
                $"{server}: HAProxy has no backend '{backend}', which policy.database.writeEndpoint.backend names.")
            {
                Server = server,
                Recommendation = "Set policy.database.writeEndpoint.backend in the inventory to the name of the TCP backend for writes "
                    + "(Get-FoobarBackend lists them).",
            }
            : null;

    private static IReadOnlyList<(string Name, AdminStates State)> Rows(string text, string server)
    {
        try
        {
            return ServerStateParser.Read(text) is { Count: > 0 } rows
                ? [.. rows.Select(row => (row.Key.Name, row.State))]
                : throw NoServers();
        }
        catch (ParseException error) when (error.Server is null)
        {
            throw NoServers();
        }

        ParseException NoServers() =>
            new(
                server, ServerStateParser.Source, 0,
                $"expected the servers of the backend, found '{(text.Length <= 120 ? text : text[..120])}'.");
    }

    /// <summary>
    /// Reads <c>show stat</c>: a server's status and its last check; <see langword="null"/> if it is not told, which is no reason to see
    /// less.
    /// </summary>
    internal static string? Health(string text, string backend, string member)
    {
        try
        {
            CsvTable table = CsvTable.Parse(text, StatParser.Source, "pxname", "svname");
            return table.Rows.FirstOrDefault(
                row => table.Value(row, "pxname") == backend && table.Value(row, "svname") == member) is { } row
                ? $"HAProxy's check: {table.Value(row, "status")} for {table.Value(row, "lastchg")} s, {table.Value(row, "check_status")} {table.Value(row, "last_chk")}"
                    .TrimEnd()
                : null;
        }
        catch (ParseException)
        {
            return null;
        }
    }

    private static string Checked(string member) => Word().IsMatch(member)
        ? member
        : throw new FoobarException("EndpointInvalid", ErrorKind.InvalidInput, $"'{member}' can't be the name of a server in HAProxy.");

    [GeneratedRegex(@"^[A-Za-z0-9._:-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
