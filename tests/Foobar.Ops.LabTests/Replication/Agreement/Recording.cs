using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Replication.Agreement;

/// <summary>What was asked over a connection, and what came back.</summary>
/// <param name="Request">The statement, the command's script, or the line to HAProxy.</param>
/// <param name="Parameters">The statement's parameters.</param>
internal sealed record Exchange(string Request, IReadOnlyDictionary<string, object?>? Parameters)
{
    /// <summary>The rows; <see langword="null"/> where it is no query, or it failed.</summary>
    public IReadOnlyList<DatabaseRow>? Rows { get; set; }

    /// <summary>What a command or HAProxy wrote.</summary>
    public string? Text { get; set; }

    /// <summary>The exit code of a command.</summary>
    public int? ExitCode { get; set; }

    /// <summary>The server's error number, else the id of the error; <see langword="null"/> where it succeeded or never ended.</summary>
    public string? Error { get; set; }

    /// <summary>The kind of failure in a form that both sides can have.</summary>
    public static string ErrorOf(Exception error) => error switch
    {
        DatabaseException { Number: { } number } => FormattableString.Invariant($"error {number}"),
        FoobarException known => known.ErrorId,
        OperationCanceledException => "cancelled",
        IOException => "IOException",
        _ => error.GetType().Name,
    };
}

/// <summary>What went over one connection, in order; or all commands on one server, in the order in which they were begun.</summary>
/// <param name="Server">The server.</param>
/// <param name="Kind">What it leads to.</param>
internal sealed record Lane(string Server, LaneKind Kind)
{
    private readonly List<Exchange> _exchanges = [];

    /// <summary>What went over it.</summary>
    public IReadOnlyList<Exchange> Exchanges
    {
        get
        {
            lock (_exchanges)
            {
                return [.. _exchanges];
            }
        }
    }

    /// <summary>Notes a request before it is sent.</summary>
    public Exchange Begin(string request, IReadOnlyDictionary<string, object?>? parameters = null)
    {
        Exchange exchange = new(request, parameters);
        lock (_exchanges)
        {
            _exchanges.Add(exchange);
        }

        return exchange;
    }
}

/// <summary>What a lane leads to.</summary>
internal enum LaneKind
{
    /// <summary>A database connection with a login.</summary>
    Database,

    /// <summary>The shell.</summary>
    Shell,

    /// <summary>HAProxy's runtime API.</summary>
    Console,

    /// <summary>A TCP connection without a login.</summary>
    Tcp,
}

/// <summary>Notes all that an operation asks of a site.</summary>
internal sealed class Recorder
{
    private readonly Lock _lock = new();
    private readonly List<Lane> _lanes = [];

    /// <summary>The lanes, in the order in which they were opened.</summary>
    public IReadOnlyList<Lane> Lanes
    {
        get
        {
            lock (_lock)
            {
                return [.. _lanes];
            }
        }
    }

    /// <summary>Whether the process that asks is dead: nothing that it would still send goes out.</summary>
    public bool IsDead { get; set; }

    /// <summary>A new lane.</summary>
    public Lane Open(string server, LaneKind kind)
    {
        Lane lane = new(server, kind);
        lock (_lock)
        {
            _lanes.Add(lane);
        }

        return lane;
    }

    /// <summary>The one lane of a server's commands.</summary>
    public Lane Shell(string server)
    {
        lock (_lock)
        {
            return _lanes.Find(lane => lane.Kind == LaneKind.Shell && lane.Server == server) ?? OpenShell(server);
        }
    }

    private Lane OpenShell(string server)
    {
        Lane lane = new(server, LaneKind.Shell);
        _lanes.Add(lane);
        return lane;
    }
}
