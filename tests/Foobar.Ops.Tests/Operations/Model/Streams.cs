using System.Buffers.Binary;
using System.Text;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Operations.Model;

/// <summary>A stream of which only reading and writing asynchronously is asked.</summary>
internal abstract class OneWay : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public abstract override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default);
}

/// <summary>A connection to HAProxy's runtime API, in its prompt mode.</summary>
internal sealed class ConsoleStream(ModelSite site, Balancer balancer) : OneWay
{
    private readonly int _life = balancer.Life;
    private byte[] _answer = [];
    private bool _ended;
    private TaskCompletionSource<int>? _reading;
    private Memory<byte> _into;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        string command = Encoding.ASCII.GetString(buffer.Span).TrimEnd('\n');
        Fault fault = site.Next(balancer.Name, command);
        site.World.Note($"{site.Process.Name} -> {balancer.Name}: {command}{(fault == Fault.None ? "" : $" <<< {fault}")}");
        if (fault == Fault.HangBefore)
        {
            return ValueTask.CompletedTask;
        }

        site.World.After(site.Latency(), () => Arrive(command, fault));
        return ValueTask.CompletedTask;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_answer.Length > 0 || _ended)
        {
            return new(Take(buffer));
        }

        TaskCompletionSource<int> reading = new();
        (_reading, _into) = (reading, buffer);
        if (cancellationToken.CanBeCanceled)
        {
            CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
                _ => site.World.AfterTicks(0, () => reading.TrySetCanceled(cancellationToken)), null);
            reading.Task.ContinueWith(
                _ =>
                    registration.Unregister(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        return new(reading.Task);
    }

    private void Arrive(string command, Fault fault)
    {
        if (fault == Fault.KillBefore)
        {
            site.Process.Kill();
            return;
        }

        if (!site.Reaches(balancer.Name))
        {
            return;
        }

        if (fault == Fault.LostBefore || balancer.Life != _life || !balancer.Runs)
        {
            End();
            return;
        }

        string answer = fault switch
        {
            Fault.Refused => "Permission denied",
            Fault.Lie => "",
            _ => balancer.Answer(command),
        };
        switch (fault)
        {
            case Fault.KillAfter:
                site.Process.Kill();
                break;
            case Fault.LostAfter:
                End();
                break;
            case Fault.HangAfter:
                break;
            default:
                site.World.After(site.Latency(), () =>
                {
                    _answer = Encoding.UTF8.GetBytes($"{answer}\n\n> ");
                    Give();
                });
                break;
        }
    }

    private void End()
    {
        _ended = true;
        Give();
    }

    private void Give()
    {
        if (_reading is { } reading)
        {
            _reading = null;
            reading.TrySetResult(Take(_into));
        }
    }

    private int Take(Memory<byte> buffer)
    {
        int count = Math.Min(buffer.Length, _answer.Length);
        _answer.AsMemory(0, count).CopyTo(buffer);
        _answer = _answer[count..];
        return count;
    }
}

/// <summary>A connection to a database without a login: it greets, is refused, or says nothing.</summary>
internal sealed class GreetingStream : OneWay
{
    private readonly Cluster _cluster;
    private readonly Member? _member;
    private readonly long _id;
    private byte[] _left;

    public GreetingStream(Cluster cluster, Member? member, bool through)
    {
        (_cluster, _member) = (cluster, member);
        _id = cluster.NextConnection++;
        _left = [];
        if (member is { Answers: true })
        {
            byte[] version = Encoding.ASCII.GetBytes(member.IsMariaDb ? "5.5.5-11.8.3-MariaDB" : "9.7.0");
            byte[] body = new byte[version.Length + 16];
            body[0] = 10;
            version.CopyTo(body, 1);
            BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(version.Length + 2), (uint)_id);
            _left = [(byte)body.Length, 0, 0, 0, .. body];
            if (through)
            {
                cluster.Balancer.Hold(_id, member);
            }
        }
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_left.Length == 0 && _member is { MachineOn: true, Runs: true, Frozen: true })
        {
            // It takes the connection, and says nothing.
            TaskCompletionSource<int> never = new();
            cancellationToken.UnsafeRegister(_ => _cluster.World.AfterTicks(0, () => never.TrySetCanceled(cancellationToken)), null);
            return new(never.Task);
        }

        int count = Math.Min(buffer.Length, _left.Length);
        _left.AsMemory(0, count).CopyTo(buffer);
        _left = _left[count..];
        return new(count);
    }

    protected override void Dispose(bool disposing)
    {
        _cluster.Balancer.Leave(_id);
        base.Dispose(disposing);
    }
}

/// <summary>A command whose input or output is streamed: the two ends of a copy.</summary>
internal sealed class ModelStream(Cluster cluster, string server, string what) : ICommandStream
{
    public Stream Input { get; } = new MemoryStream();

    public Stream Output { get; } = new MemoryStream("a copy"u8.ToArray());

    public Task<(int ExitCode, string Error)> ExitAsync(CancellationToken cancellationToken = default)
    {
        Member member = cluster.Find(server)!;
        if (what == Commands.Backup)
        {
            member.Files["backup"] = "taken";
            return Task.FromResult(member.Answers ? (0, "") : (1, "can't connect"));
        }

        // Received beside the old data while the database stands still, as systemd was told.
        member.Die();
        member.IsStopped = true;
        member.Files["copy"] = cluster.Members.First(one => one.Files.Remove("backup")).Name;
        return Task.FromResult((0, ""));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
