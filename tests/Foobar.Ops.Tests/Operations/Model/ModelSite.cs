using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Operations.Model;

/// <summary>An operator's connections to the cluster.</summary>
internal sealed class ModelSite(Cluster cluster, OperatorProcess process, FaultPlan plan) : ISiteSession
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(15);

    private readonly Dictionary<string, ModelServer> _servers = new(StringComparer.OrdinalIgnoreCase);

    public Cluster Cluster => cluster;

    public World World => cluster.World;

    public OperatorProcess Process => process;

    /// <summary>What becomes of a statement instead of being done, where a fault of the engine is planted; no rows for nothing.</summary>
    public Func<Call, IReadOnlyList<DatabaseRow>?>? Drop { get; init; }

    public Site Site => cluster.Site;

    public TimeProvider Time => process.Time;

    public bool IsClosed => false;

    /// <summary>How long something is on its way, in seconds.</summary>
    public double Latency() => World.Between(0.0002, 0.001);

    public bool Reaches(string server) => cluster.Reaches(process.Name, server) && cluster.Find(server) is not { MachineOn: false };

    public Task<IServerSession> GetServerAsync(string server, CancellationToken cancellationToken = default)
    {
        if (!Reaches(server))
        {
            return PendAsync<IServerSession>(
                ConnectLimit,
                () => new FoobarException(
                    "ConnectTimeout", ErrorKind.Connection, $"{server}: no SSH connection within 15 s") { Server = server },
                cancellationToken);
        }

        if (!_servers.TryGetValue(server, out ModelServer? session))
        {
            _servers[server] = session = new(this, cluster.Site.Find(server)!);
        }

        return Task.FromResult<IServerSession>(session);
    }

    public Task<IDatabaseSession> OpenDatabaseAsync(string server, CancellationToken cancellationToken = default)
    {
        Member member = cluster.Find(server)!;
        if (!Reaches(server) || member.Frozen)
        {
            return PendAsync<IDatabaseSession>(
                ConnectLimit,
                () => new DatabaseException(
                    "DatabaseTimeout", ErrorKind.Timeout, $"{server}: no database connection within 15 s") { Server = server },
                cancellationToken);
        }

        TaskCompletionSource<IDatabaseSession> opened = new();
        World.After(3 * Latency(), () =>
        {
            if (process.IsDead)
            {
                return;
            }

            if (cancellationToken.IsCancellationRequested)
            {
                opened.TrySetCanceled(cancellationToken);
            }
            else if (member.Answers)
            {
                opened.SetResult(new Connection(this, member));
            }
            else
            {
                opened.SetException(new DatabaseException(
                    "DatabaseUnreachable", ErrorKind.Connection, $"{server}: no database connection: connection refused")
                    {
                        Server = server,
                    });
            }
        });
        return opened.Task;
    }

    /// <summary>Something that ends with an error after a time, or when it is given up.</summary>
    public Task<T> PendAsync<T>(TimeSpan limit, Func<Exception> error, CancellationToken cancellationToken)
    {
        TaskCompletionSource<T> ended = new();
        World.AfterTicks(limit.Ticks, () => ended.TrySetException(error()));
        if (cancellationToken.CanBeCanceled)
        {
            cancellationToken.UnsafeRegister(_ => World.AfterTicks(0, () => ended.TrySetCanceled(cancellationToken)), null);
        }

        return ended.Task;
    }

    public ISiteSession Fresh() => new ModelSite(cluster, process, plan) { Drop = Drop };

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>What happens to something that is sent over these connections.</summary>
    public Fault Next(string server, string text) => plan.At(this, server, text);
}
