using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Operations.Model;

/// <summary>A connection of an operator to a member's database. What was sent arrives a little later, or never.</summary>
internal sealed class Connection : IDatabaseSession
{
    private readonly ModelSite _site;
    private readonly List<Call> _calls = [];
    private string? _lost;
    private long _since;

    public Connection(ModelSite site, Member member)
    {
        (_site, Member) = (site, member);
        Id = site.Cluster.NextConnection++;
        _since = site.World.Now;
        member.Connections.Add(this);
        site.Process.Died += Leave;
    }

    public Member Member { get; }

    public long Id { get; }

    public World World => _site.World;

    public Cluster Cluster => _site.Cluster;

    public ModelSite Site => _site;

    public string Server => Member.Name;

    public string ServerVersion => Member.IsMariaDb ? "11.8.3-MariaDB" : "9.7.0";

    public bool IsMariaDb => Member.IsMariaDb;

    public TimeProvider Time => _site.Time;

    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What the process list says that it does.</summary>
    public string Command => _calls.Any(call => call is { Executed: true, Done: false }) ? "Query" : "Sleep";

    /// <summary>For how long it has done that, in seconds.</summary>
    public long IdleSeconds => (World.Now - _since) / TimeSpan.TicksPerSecond;

    /// <summary>Whether what is sent reaches the member.</summary>
    public bool Reaches => Member.MachineOn && Cluster.Reaches(_site.Process.Name, Member.Name);

    public Task<IReadOnlyList<DatabaseRow>> QueryAsync(
        string sql, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default) =>
        SendAsync(sql, parameters, cancellationToken);

    public async Task<int> ExecuteAsync(
        string sql, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default)
    {
        await SendAsync(sql, parameters, cancellationToken);
        return 0;
    }

    public ValueTask DisposeAsync()
    {
        Leave();
        _site.Process.Died -= Leave;
        return ValueTask.CompletedTask;
    }

    /// <summary>The server, or something between, ends it.</summary>
    public void End(string why)
    {
        Gone();
        _lost ??= why;
        foreach (Call call in _calls.ToArray())
        {
            Finish(call, Lost(why));
        }

        _calls.Clear();
    }

    /// <summary>What was sent and has not arrived does so now, though nobody may wait for it any more.</summary>
    public void Arrive()
    {
        foreach (Call call in _calls.Where(call => !call.Executed).ToArray())
        {
            Execute(call);
        }
    }

    /// <summary>The answer goes back.</summary>
    public void Answer(Call call, IReadOnlyList<DatabaseRow> rows)
    {
        _since = World.Now;
        call.Answered = true;
        if (call.Mute || !Reaches)
        {
            return;
        }

        World.After(_site.Latency(), () => Finish(call, null, rows));
    }

    /// <summary>The server refuses a statement.</summary>
    public void Refuse(Call call, int number, string words)
    {
        World.Note($"  refused: {number} {words}");
        _since = World.Now;
        call.Answered = true;
        World.After(
            _site.Latency(),
            () => Finish(
                call,
                new DatabaseException(
                    "StatementRefused",
                    number is 1142 or 1227 ? ErrorKind.Permission : ErrorKind.Failed,
                    $"{Server}: the database refused a statement: {words} (error {number})") { Server = Server, Number = number }));
    }

    private Task<IReadOnlyList<DatabaseRow>> SendAsync(
        string sql, IReadOnlyDictionary<string, object?>? parameters, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<IReadOnlyList<DatabaseRow>>(cancellationToken);
        }

        if (_lost is not null)
        {
            return Task.FromException<IReadOnlyList<DatabaseRow>>(Lost(_lost));
        }

        Call call = new(this, sql, parameters);
        _calls.Add(call);
        if (cancellationToken.CanBeCanceled)
        {
            call.Registration = cancellationToken.UnsafeRegister(
                _ => World.AfterTicks(0, () => GiveUp(call, new OperationCanceledException(cancellationToken))), null);
        }

        Fault fault = _site.Next(Server, sql);
        World.Note(
            $"{_site.Process.Name} -> {Server}#{Id}: "
                + $"{(sql.Length > 150 ? sql[..150].ReplaceLineEndings(" ") : sql.ReplaceLineEndings(" "))}{(parameters is { Count: > 0 } ? $" [{string.Join(", ", parameters.Select(one => $"{one.Key}={one.Value}"))}]" : "")}{(fault == Fault.None ? "" : $" <<< {fault}")}");
        Meet(call, fault);
        return call.Task;
    }

    private void Meet(Call call, Fault fault)
    {
        switch (fault)
        {
            case Fault.Refused:
                World.After(_site.Latency(), () => Refuse(call, 1105, "Unknown error"));
                break;
            case Fault.HangBefore:
                call.Executed = true;
                Limit(call);
                break;
            case Fault.HangAfter:
                call.Mute = true;
                Limit(call);
                World.After(_site.Latency(), () => Execute(call));
                break;
            case Fault.LostBefore:
                World.After(_site.Latency(), () => End("it was reset"));
                break;
            case Fault.LostAfter:
                call.Mute = true;
                World.After(_site.Latency(), () =>
                {
                    Execute(call);
                    End("it was reset");
                });
                break;
            case Fault.KillBefore:
                World.AfterTicks(1, _site.Process.Kill);
                break;
            case Fault.KillAfter:
                World.After(_site.Latency(), () =>
                {
                    Execute(call);
                    _site.Process.Kill();
                });
                break;
            case Fault.Lie:
                World.After(_site.Latency(), () => Answer(call, []));
                break;
            default:
                World.After(_site.Latency(), () => Execute(call));
                break;
        }
    }

    private void Execute(Call call)
    {
        if (call.Executed || _lost is not null)
        {
            return;
        }

        if (Reaches && Member is { Runs: true, Frozen: false })
        {
            call.Executed = true;
            _since = World.Now;
            if (_site.Drop?.Invoke(call) is { } rows)
            {
                Answer(call, rows);
                return;
            }

            Statements.Run(call);
            if (!call.Answered)
            {
                Limit(call);
            }
        }
        else
        {
            Limit(call);
        }
    }

    private void Limit(Call call)
    {
        if (!call.IsLimited)
        {
            call.IsLimited = true;
            World.After(
                TimeLimit.TotalSeconds,
                () => GiveUp(
                    call,
                    new DatabaseException(
                        "DatabaseTimeout", ErrorKind.Timeout, $"{Server}: no end within {TimeLimit.TotalSeconds} s: {call.Sql}")
                        {
                            Server = Server,
                        }));
        }
    }

    // A second connection ends it on the server; where that does not answer, this one is given up.
    private void GiveUp(Call call, Exception error)
    {
        if (call.Done || call.IsGivenUp || _site.Process.IsDead)
        {
            return;
        }

        call.IsGivenUp = true;
        bool ends = Reaches && Member.Answers;
        World.After(ends ? 3 * _site.Latency() : 0.8, () =>
        {
            if (ends)
            {
                call.Executed = true;
                call.Abandon?.Invoke();
            }
            else
            {
                _lost ??= "an earlier statement did not come back";
            }

            Finish(call, error);
        });
    }

    private void Finish(Call call, Exception? error, IReadOnlyList<DatabaseRow>? rows = null)
    {
        if (call.Done || (call.Mute && error is null))
        {
            return;
        }

        call.Done = true;
        if (call.Executed)
        {
            _calls.Remove(call);
        }

        call.Complete(error, rows);
    }

    private void Leave()
    {
        // What was sent last may arrive all the same.
        _lost ??= "it was closed";
        World.After(World.Between(0.0005, 0.002), () => Notice(12));
    }

    // A server that hears nothing of it any more gives it up after a while.
    private void Notice(int times)
    {
        if (times == 0 || (Reaches && Member.Answers))
        {
            Gone();
        }
        else
        {
            World.After(10, () => Notice(times - 1));
        }
    }

    private void Gone()
    {
        foreach (Call call in _calls)
        {
            call.Abandon?.Invoke();
        }

        Member.Connections.Remove(this);
        if (Member.LockOwner == this)
        {
            Member.LockOwner = null;
            Member.Settled();
        }
    }

    private DatabaseException Lost(string why) =>
        new("DatabaseConnectionLost", ErrorKind.Connection, $"{Server}: the database connection was lost: {why}") { Server = Server };
}

/// <summary>A statement under way.</summary>
internal sealed class Call(Connection connection, string sql, IReadOnlyDictionary<string, object?>? parameters)
{
    private readonly TaskCompletionSource<IReadOnlyList<DatabaseRow>> _ended = new();

    public Connection Connection => connection;

    public Member Member => connection.Member;

    public string Sql => sql;

    public Task<IReadOnlyList<DatabaseRow>> Task => _ended.Task;

    public CancellationTokenRegistration Registration { get; set; }

    /// <summary>Whether the server has begun it.</summary>
    public bool Executed { get; set; }

    public bool Answered { get; set; }

    /// <summary>Whether the answer is lost.</summary>
    public bool Mute { get; set; }

    public bool Done { get; set; }

    public bool IsLimited { get; set; }

    public bool IsGivenUp { get; set; }

    /// <summary>What ends it on the server while it waits.</summary>
    public Action? Abandon { get; set; }

    public string Text(string name) => parameters?.GetValueOrDefault(name)?.ToString() ?? "";

    public void Answer(params IReadOnlyList<DatabaseRow> rows) => connection.Answer(this, rows);

    public void Value(object? value) => connection.Answer(this, [Rows.Of(("value", value))]);

    public void Refuse(int number, string words) => connection.Refuse(this, number, words);

    public void Complete(Exception? error, IReadOnlyList<DatabaseRow>? rows)
    {
        Registration.Unregister();
        _ = error switch
        {
            null => _ended.TrySetResult(rows!),
            OperationCanceledException canceled => _ended.TrySetCanceled(canceled.CancellationToken),
            _ => _ended.TrySetException(error),
        };
    }
}

/// <summary>Rows of results.</summary>
internal static class Rows
{
    public static DatabaseRow Of(params ReadOnlySpan<(string Column, object? Value)> values)
    {
        KeyValuePair<string, object?>[] pairs = new KeyValuePair<string, object?>[values.Length];
        for (int at = 0; at < values.Length; at++)
        {
            pairs[at] = new(values[at].Column, values[at].Value);
        }

        return new(pairs);
    }
}
