using System.Buffers.Binary;
using Renci.SshNet.Messages.Connection;

namespace Foobar.Ops.Drivers.Ssh.Channels;

/// <summary>
/// A channel of an SSH connection (RFC 4254, 5). The server may send as much as the window allows, which grows only with
/// what was read; what is written waits for the server's window. Safe for one reader and one writer at once.
/// </summary>
/// <param name="number">Our number of the channel.</param>
/// <param name="outbox">Where messages are sent.</param>
internal sealed class SshChannel(uint number, Outbox outbox)
{
    /// <summary>How many bytes the server may have sent that nobody has read.</summary>
    public const int Window = 1024 * 1024;

    /// <summary>The most bytes of one message of the server's.</summary>
    public const int LargestPart = 32 * 1024;

    /// <summary>How many bytes may wait here to be sent: as with a socket, a small write does not wait.</summary>
    private const int MostQueued = 256 * 1024;

    private readonly object _lock = new();
    private readonly ReceivedBytes _received = new();
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<bool>? _reply;
    private TaskCompletionSource? _change;
    private Action<ReadOnlyMemory<byte>>? _error;
    private uint _remote;
    private int _largestPart;
    private long _window;
    private int _queued;
    private int _unadjusted;
    private int _mayCome = Window;
    private bool _ended;
    private bool _endSent;
    private bool _closeSent;
    private Exception? _failure;

    /// <summary>Ends when the server has agreed to the channel, or fails with its words.</summary>
    public Task Opened => _opened.Task;

    /// <summary>Ends when the channel is over: closed by the server, or lost with the connection.</summary>
    public Task Closed => _closed.Task;

    /// <summary>The exit code of the command; <see langword="null"/> until it is known.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>Hands on what comes on standard error; set before the command is started.</summary>
    public void OnError(Action<ReadOnlyMemory<byte>> take) => _error = take;

    /// <summary>Asks for something on the channel; gives whether the server did it.</summary>
    public Task<bool> AskAsync(ChannelAsk request)
    {
        TaskCompletionSource<bool> reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _reply = reply;
            if (_failure is not null)
            {
                reply.SetException(_failure);
                return reply.Task;
            }

            outbox.Post(new ChannelRequestMessage(_remote, request));
        }

        return reply.Task;
    }

    /// <summary>Reads; blocks until there is something. 0 at the end.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public int Read(Span<byte> buffer)
    {
        lock (_lock)
        {
            int taken;
            while ((taken = TryRead(buffer)) < 0)
            {
                Monitor.Wait(_lock);
            }

            return taken;
        }
    }

    /// <summary>Reads; waits until there is something. 0 at the end.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task change;
            lock (_lock)
            {
                int taken = TryRead(buffer.Span);
                if (taken >= 0)
                {
                    return taken;
                }

                change = Change();
            }

            await change.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes; blocks while the server takes no more.</summary>
    /// <exception cref="IOException">The connection or the channel is gone.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            lock (_lock)
            {
                int sent;
                while ((sent = TryWrite(bytes)) == 0)
                {
                    Monitor.Wait(_lock);
                }

                bytes = bytes[sent..];
            }
        }
    }

    /// <summary>Writes; waits while the server takes no more.</summary>
    /// <exception cref="IOException">The connection or the channel is gone.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Task? change = null;
            lock (_lock)
            {
                int sent = TryWrite(bytes.Span);
                bytes = bytes[sent..];
                change = sent == 0 ? Change() : null;
            }

            if (change is not null)
            {
                await change.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Tells the server that nothing more is written.</summary>
    public void EndWriting()
    {
        lock (_lock)
        {
            if (!_endSent && !_closeSent && _failure is null && _opened.Task.IsCompletedSuccessfully)
            {
                _endSent = true;
                outbox.Post(new ChannelEofMessage(_remote));
            }
        }
    }

    /// <summary>Closes the channel: nothing more is read or written.</summary>
    public void Close()
    {
        lock (_lock)
        {
            if (!_closeSent && _failure is null && _opened.Task.IsCompletedSuccessfully)
            {
                _closeSent = true;
                outbox.Post(new ChannelCloseMessage(_remote));
            }

            _received.Clear();
            _ended = true;
            _failure ??= new IOException("The stream was closed.");
            Changed();
        }
    }

    /// <summary>The message that asks for the channel.</summary>
    internal ChannelOpenMessage Request(ChannelKind kind) => new(number, Window, LargestPart, kind);

    internal void Take(ChannelOpenConfirmationMessage message)
    {
        lock (_lock)
        {
            _remote = message.RemoteChannelNumber;
            _window = message.InitialWindowSize;
            _largestPart = (int)Math.Min(message.MaximumPacketSize, LargestPart);
        }

        _opened.TrySetResult();
    }

    internal void Take(ChannelOpenFailureMessage message) =>
        _opened.TrySetException(new ChannelRefusedException(message.Description, message.ReasonCode));

    /// <summary>Data came; <see langword="false"/> if it is more than the window allows.</summary>
    internal bool TakeData(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            _mayCome -= bytes.Length;
            if (_mayCome < 0)
            {
                return false;
            }

            if (_closeSent)
            {
                return true;
            }

            _received.Add(bytes);
            Changed();
        }

        return true;
    }

    /// <summary>Standard error came: handed on, not kept, so the window opens again at once.</summary>
    internal bool TakeError(byte[] bytes)
    {
        lock (_lock)
        {
            _mayCome -= bytes.Length;
            if (_mayCome < 0)
            {
                return false;
            }

            Opens(bytes.Length);
        }

        _error?.Invoke(bytes);
        return true;
    }

    internal void TakeWindow(uint bytes)
    {
        lock (_lock)
        {
            _window += bytes;
            Changed();
        }
    }

    internal void TakeReply(bool done)
    {
        lock (_lock)
        {
            _reply?.TrySetResult(done);
        }
    }

    internal void TakeEnd()
    {
        lock (_lock)
        {
            _ended = true;
            Changed();
        }
    }

    /// <summary>A request of the server's: the exit of the command (RFC 4254, 6.10). Others are refused where it wants an answer.</summary>
    internal void TakeRequest(string name, ReadOnlySpan<byte> data)
    {
        if (name == "exit-status" && data.Length >= 5)
        {
            ExitCode = (int)BinaryPrimitives.ReadUInt32BigEndian(data[1..]);
        }
        else if (name == "exit-signal")
        {
            // As the OpenSSH client has it.
            ExitCode = 255;
        }
        else if (data.Length > 0 && data[0] != 0)
        {
            outbox.Post(new ChannelFailureMessage(_remote));
        }
    }

    internal void TakeClose()
    {
        lock (_lock)
        {
            _ended = true;
            if (!_closeSent)
            {
                _closeSent = true;
                outbox.Post(new ChannelCloseMessage(_remote));
            }

            _reply?.TrySetResult(false);
            Changed();
        }

        _closed.TrySetResult();
    }

    internal void Fail(Exception reason)
    {
        lock (_lock)
        {
            _failure ??= reason;
            _reply?.TrySetException(_failure);
            Changed();
        }

        _opened.TrySetException(reason);
        _ = _opened.Task.Exception;
        _closed.TrySetResult();
    }

    // The bytes taken, 0 at the end, -1 where there is nothing yet.
    private int TryRead(Span<byte> buffer)
    {
        if (_received.Count > 0 || buffer.Length == 0)
        {
            int taken = _received.Take(buffer);
            Opens(taken);
            return taken;
        }

        return _ended ? 0 : _failure is null ? -1 : throw new IOException(_failure.Message, _failure);
    }

    private int TryWrite(ReadOnlySpan<byte> bytes)
    {
        if (_failure is not null || _closeSent || _endSent)
        {
            throw new IOException(_failure?.Message ?? "The other end takes no more.", _failure);
        }

        int room = (int)Math.Min(Math.Min(_window, _largestPart), MostQueued - _queued);
        int length = Math.Min(room, bytes.Length);
        if (length <= 0)
        {
            return 0;
        }

        _window -= length;
        _queued += length;
        outbox.Post(new ChannelDataMessage(_remote, bytes[..length].ToArray()), () => Sent(length));
        return length;
    }

    private void Sent(int length)
    {
        lock (_lock)
        {
            _queued -= length;
            Changed();
        }
    }

    private void Opens(int bytes)
    {
        _unadjusted += bytes;
        if (_unadjusted >= Window / 2 && !_ended && !_closeSent && _failure is null)
        {
            outbox.Post(new ChannelWindowAdjustMessage(_remote, (uint)_unadjusted));
            _mayCome += _unadjusted;
            _unadjusted = 0;
        }
    }

    private Task Change() => (_change ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    private void Changed()
    {
        _change?.TrySetResult();
        _change = null;
        Monitor.PulseAll(_lock);
    }
}

/// <summary>The server did not agree to a channel.</summary>
/// <param name="words">Its words.</param>
/// <param name="code">Its reason (RFC 4254, 5.1): 1 prohibited, 2 connect failed, 3 unknown type, 4 no resources.</param>
public sealed class ChannelRefusedException(string words, uint code) : Exception(words)
{
    /// <summary>Its reason.</summary>
    public uint Code => code;
}
