using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>A site whose servers and databases answer as scripted; each server has a fake from the start.</summary>
internal sealed class FakeSiteSession(Site site) : ISiteSession
{
    private readonly Dictionary<string, FakeServerSession> _servers = site.Servers.ToDictionary(
        server => server.Name, server => new FakeServerSession(server), StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, FakeDatabaseSession> _databases = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, FoobarException> _unreachable = new(StringComparer.OrdinalIgnoreCase);

    public Site Site => site;

    public bool IsClosed => false;

    public FakeServerSession Server(string name) => _servers[name];

    /// <summary>The fake database of a server; made when first asked for.</summary>
    public FakeDatabaseSession Database(string name, string version = "9.7.0")
    {
        if (!_databases.TryGetValue(name, out FakeDatabaseSession? database))
        {
            _databases[name] = database = new FakeDatabaseSession(name, version);
        }

        return database;
    }

    /// <summary>Lets a server be unreachable, its database with it.</summary>
    public FakeSiteSession Unreachable(string name, string errorId = "ServerUnreachable")
    {
        _unreachable[name] = new FoobarException(errorId, ErrorKind.Connection, $"{name}: not reached") { Server = name };
        return this;
    }

    public Task<IServerSession> GetServerAsync(string server, CancellationToken cancellationToken = default) =>
        _unreachable.TryGetValue(server, out FoobarException? error)
            ? Task.FromException<IServerSession>(error)
            : Task.FromResult<IServerSession>(_servers[server]);

    public Task<IDatabaseSession> OpenDatabaseAsync(string server, CancellationToken cancellationToken = default) =>
        _unreachable.TryGetValue(server, out FoobarException? error) ? Task.FromException<IDatabaseSession>(error)
        : _databases.TryGetValue(server, out FakeDatabaseSession? database) ? Task.FromResult<IDatabaseSession>(database)
        : Task.FromException<IDatabaseSession>(new DatabaseException(
            "DatabaseUnreachable", ErrorKind.Connection, $"{server}: no database answers") { Server = server });

    public ISiteSession Fresh() => this;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
