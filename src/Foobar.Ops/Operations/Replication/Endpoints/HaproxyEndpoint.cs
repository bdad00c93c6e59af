using System.Globalization;
using System.Text.RegularExpressions;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Endpoints;

/// <summary>A TCP backend of HAProxy with one <c>server</c> line a member, named as in the inventory; switched over the runtime API.</summary>
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
        _console = new(server, async token => await (await site.GetServerAsync(server, token)).ConnectAsync(socket, token));
    }

    /// <inheritdoc/>
    public string Name => $"backend {_backend} of HAProxy on {_server}";

    /// <summary>Connects to the runtime API and keeps the connection.</summary>
    /// <exception cref="FoobarException"><c>EndpointInvalid</c>: the backend's name is none; errors of the session.</exception>
    public static async Task<HaproxyEndpoint> ConnectAsync(ISiteSession site, WriteEndpoint endpoint, CancellationToken cancellationToken)
    {
        if (endpoint.Backend is not { } name || !Word().IsMatch(name))
        {
            throw new FoobarException("EndpointInvalid", ErrorKind.InvalidInput, $"The write endpoint names no backend of HAProxy ('{endpoint.Backend}').")
            {
                Recommendation = "Set policy.database.writeEndpoint.backend in the inventory to the name of the TCP backend.",
            };
        }

        IServerSession server = await site.GetServerAsync(endpoint.Server, cancellationToken);
        HaproxyEndpoint connected = new(site, server.Server.Name, name);
        try
        {
            await connected._console.RunAsync($"show servers state {name}", cancellationToken);
            return connected;
        }
        catch
        {
            await connected.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>?> MembersAsync(CancellationToken cancellationToken) =>
        OpenServers(await _console.RunAsync($"show servers state {_backend}", cancellationToken), _server);

    /// <summary>The level that the admin socket gives where it is too low to change a server's state (HAProxy Management Guide, "show cli level"); <see langword="null"/> if it is <c>admin</c> or the process does not tell.</summary>
    public async Task<string?> LevelAsync(CancellationToken cancellationToken)
    {
        string level = await _console.RunAsync("show cli level", cancellationToken);
        return level is "operator" or "user" ? level : null;
    }

    /// <summary>The servers of the backend, open or not.</summary>
    public async Task<IReadOnlyList<string>> ServersAsync(CancellationToken cancellationToken) =>
        [.. Rows(await _console.RunAsync($"show servers state {_backend}", cancellationToken), _server).Select(row => row[ServerName])];

    /// <inheritdoc/>
    public async Task<string?> HealthAsync(string member, CancellationToken cancellationToken) =>
        Health(await _console.RunAsync("show stat", cancellationToken), _backend, member);

    /// <inheritdoc/>
    public Task DrainAsync(string member, CancellationToken cancellationToken) => _console.DoAsync($"set server {_backend}/{Checked(member)} state drain", cancellationToken);

    /// <inheritdoc/>
    public Task CloseAsync(string member, CancellationToken cancellationToken) => _console.DoAsync($"set server {_backend}/{Checked(member)} state maint", cancellationToken);

    /// <inheritdoc/>
    public Task OpenAsync(string member, CancellationToken cancellationToken) => _console.DoAsync($"set server {_backend}/{Checked(member)} state ready", cancellationToken);

    /// <inheritdoc/>
    public Task EndSessionsAsync(string member, CancellationToken cancellationToken) => _console.DoAsync($"shutdown sessions server {_backend}/{Checked(member)}", cancellationToken);

    /// <inheritdoc/>
    public async Task PersistAsync(string open, string closed, CancellationToken cancellationToken)
    {
        IServerSession session = await _site.GetServerAsync(_server, cancellationToken);
        await HaproxyConfigurationFile.SetAsync(
            session, [new(_backend, open, Disabled: false), new(_backend, closed, Disabled: true)], cancellationToken);

        // Another server that takes traffic after a restart would take a share of the writes then.
        string[] others = [.. (await HaproxyConfigurationFile.StartsAsync(session, _backend, cancellationToken)).Where(start => start is { TakesTraffic: true, IsBackup: false } && start.Name != open).Select(start => start.Name)];
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
        [.. Rows(text, server).Where(row => (int.Parse(row[AdminState], CultureInfo.InvariantCulture) & Closed) == 0).Select(row => row[ServerName])];

    // be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state ...; the first line is the format's version.
    private const int ServerName = 3;
    private const int AdminState = 6;

    // Forced, inherited, unresolved maintenance; forced and inherited drain. 0x04 only remembers that the configuration
    // once said disabled (HAProxy Management Guide, "show servers state").
    private const int Closed = 0x01 | 0x02 | 0x20 | 0x08 | 0x10;

    private static List<string[]> Rows(string text, string server)
    {
        List<string[]> rows = [.. text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.StartsWith('#') && line.Contains(' ', StringComparison.Ordinal)).Select(line => line.Split(' '))];
        return rows.Count == 0 || rows.Any(row => row.Length <= AdminState || !int.TryParse(row[AdminState], NumberStyles.None, CultureInfo.InvariantCulture, out _))
            ? throw new ParseException(server, "show servers state", 0, $"expected the servers of the backend, found '{(text.Length <= 120 ? text : text[..120])}'.")
            : rows;
    }

    /// <summary>Reads <c>show stat</c>: a server's status and its last check (HAProxy Management Guide, "CSV format").</summary>
    internal static string? Health(string text, string backend, string member)
    {
        string[] lines = text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string[] names = lines.Length > 0 ? lines[0].TrimStart('#', ' ').Split(',') : [];
        string[]? row = lines.Skip(1).Select(line => line.Split(',')).FirstOrDefault(fields => fields.Length > 1 && fields[0] == backend && fields[1] == member);
        return row is null ? null : $"HAProxy's check: {Field("status")} for {Field("lastchg")} s, {Field("check_status")} {Field("last_chk")}".TrimEnd();

        string Field(string name) => Array.IndexOf(names, name) is >= 0 and int at && at < row.Length ? row[at] : "";
    }

    private static string Checked(string member) => Word().IsMatch(member)
        ? member
        : throw new FoobarException("EndpointInvalid", ErrorKind.InvalidInput, $"'{member}' can't be the name of a server in HAProxy.");

    [GeneratedRegex(@"^[A-Za-z0-9._:-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
