using System.Collections.Concurrent;
using System.Text;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Replication.Agreement;

/// <summary>
/// A site's connections, of the lab or of the model, each exchange over which is noted. What is awaited goes on in the context it
/// came from: the model has a thread of its own.
/// </summary>
internal sealed class RecordingSite(ISiteSession inner, Recorder recorder) : ISiteSession
{
    // One for each of the other's: what is remembered of a session is remembered of this.
    private readonly ConcurrentDictionary<IServerSession, RecordingServer> _servers = [];

    public Site Site => inner.Site;

    public TimeProvider Time => inner.Time;

    public bool IsClosed => inner.IsClosed;

    public async Task<IServerSession> GetServerAsync(string server, CancellationToken cancellationToken = default) =>
        recorder.IsDead
            ? await Never<IServerSession>()
            : _servers.GetOrAdd(await inner.GetServerAsync(server, cancellationToken), one => new(one, recorder));

    public async Task<IDatabaseSession> OpenDatabaseAsync(string server, CancellationToken cancellationToken = default)
    {
        Lane lane = recorder.Open(server, LaneKind.Database);
        Exchange opened = lane.Begin("connect");
        if (recorder.IsDead)
        {
            return await Never<IDatabaseSession>();
        }

        try
        {
            return new RecordingDatabase(await inner.OpenDatabaseAsync(server, cancellationToken), lane, recorder);
        }
        catch (Exception error)
        {
            opened.Error = Exchange.ErrorOf(error);
            throw;
        }
    }

    public ISiteSession Fresh() => new RecordingSite(inner.Fresh(), recorder);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    /// <summary>What a dead process waits for.</summary>
    public static Task<T> Never<T>() => new TaskCompletionSource<T>().Task;
}

/// <summary>A machine, each command on which is noted.</summary>
internal sealed class RecordingServer(IServerSession inner, Recorder recorder) : IServerSession
{
    public Server Server => inner.Server;

    public TimeProvider Time => inner.Time;

    public async Task<CommandResult> RunAsync(RemoteCommand command, CancellationToken cancellationToken = default)
    {
        if (recorder.IsDead)
        {
            return await RecordingSite.Never<CommandResult>();
        }

        Exchange exchange = recorder.Shell(Server.Name).Begin(command.Script);
        try
        {
            CommandResult result = await inner.RunAsync(command, cancellationToken);
            (exchange.ExitCode, exchange.Text) = (result.ExitCode, result.OutputText);
            return result;
        }
        catch (Exception error)
        {
            exchange.Error = Exchange.ErrorOf(error);
            throw;
        }
    }

    public async Task<ICommandStream> StartAsync(RemoteCommand command, CancellationToken cancellationToken = default)
    {
        Exchange exchange = recorder.Shell(Server.Name).Begin(command.Script);
        ICommandStream stream = await inner.StartAsync(command, cancellationToken);
        exchange.ExitCode = 0;
        return stream;
    }

    public async Task<Stream> ConnectAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken = default)
    {
        if (recorder.IsDead)
        {
            return await RecordingSite.Never<Stream>();
        }

        bool isConsole = endpoint is RemoteEndpoint.UnixSocket;
        Lane lane = recorder.Open(Server.Name, isConsole ? LaneKind.Console : LaneKind.Tcp);
        Exchange? opened = isConsole ? null : lane.Begin($"{endpoint}");
        try
        {
            return new RecordingStream(await inner.ConnectAsync(endpoint, cancellationToken), lane, opened, recorder);
        }
        catch (Exception error)
        {
            (opened ?? lane.Begin("connect")).Error = Exchange.ErrorOf(error);
            throw;
        }
    }

    public Task<IForward> ForwardAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken = default) =>
        inner.ForwardAsync(endpoint, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}

/// <summary>A database connection, each statement over which is noted.</summary>
internal sealed class RecordingDatabase(IDatabaseSession inner, Lane lane, Recorder recorder) : IDatabaseSession
{
    public string Server => inner.Server;

    public string ServerVersion => inner.ServerVersion;

    public bool IsMariaDb => inner.IsMariaDb;

    public TimeProvider Time => inner.Time;

    public TimeSpan TimeLimit
    {
        get => inner.TimeLimit;
        set => inner.TimeLimit = value;
    }

    public async Task<IReadOnlyList<DatabaseRow>> QueryAsync(
        string sql, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default)
    {
        Exchange exchange = lane.Begin(sql, parameters);
        return await NoteAsync(exchange, async () => exchange.Rows = await inner.QueryAsync(sql, parameters, cancellationToken));
    }

    public async Task<int> ExecuteAsync(
        string sql, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default)
    {
        Exchange exchange = lane.Begin(sql, parameters);
        return await NoteAsync(exchange, () => inner.ExecuteAsync(sql, parameters, cancellationToken));
    }

    public ValueTask DisposeAsync() => recorder.IsDead ? ValueTask.CompletedTask : inner.DisposeAsync();

    private async Task<T> NoteAsync<T>(Exchange exchange, Func<Task<T>> send)
    {
        if (recorder.IsDead)
        {
            return await RecordingSite.Never<T>();
        }

        try
        {
            return await send();
        }
        catch (Exception error)
        {
            exchange.Error = Exchange.ErrorOf(error);
            throw;
        }
    }
}

/// <summary>
/// A connection of bytes: to HAProxy's runtime API, each line and answer of which is noted, or to a port, where it counts whether something
/// is said.
/// </summary>
internal sealed class RecordingStream(Stream inner, Lane lane, Exchange? opened, Recorder recorder) : Stream
{
    private readonly bool _isConsole = opened is null;
    private Exchange? _exchange = opened;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (recorder.IsDead)
        {
            return await RecordingSite.Never<int>();
        }

        int count = await inner.ReadAsync(buffer, cancellationToken);
        if (_exchange is { } exchange)
        {
            exchange.Text += !_isConsole
                ? (count > 0 ? "greets" : exchange.Text is null ? "closed" : "")
                : Encoding.UTF8.GetString(buffer.Span[..count]);
        }

        return count;
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (recorder.IsDead)
        {
            await RecordingSite.Never<int>();
        }

        if (_isConsole)
        {
            _exchange = lane.Begin(Encoding.UTF8.GetString(buffer.Span).TrimEnd('\n'));
        }

        await inner.WriteAsync(buffer, cancellationToken);
    }

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
