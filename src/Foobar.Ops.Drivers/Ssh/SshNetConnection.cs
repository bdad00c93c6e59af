using System.Collections.Concurrent;
using System.Net.Sockets;
using Foobar.Ops.Drivers.Ssh.Channels;
using Renci.SshNet;
using Renci.SshNet.Common;
using Renci.SshNet.Messages.Connection;

namespace Foobar.Ops.Drivers.Ssh;

/// <summary>
/// An authenticated SSH connection to one machine: hands messages to the channels they belong to, and notices when the
/// other end no longer answers. Safe for concurrent use.
/// </summary>
internal sealed class SshNetConnection : IAsyncDisposable
{
    /// <summary>The reason of an end that is our own.</summary>
    public static readonly IOException OurEnd = new("the connection was closed");

    private readonly ConcurrentDictionary<uint, SshChannel> _channels = new();
    private readonly TaskCompletionSource<Exception> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Session _session;
    private readonly Socket _socket;
    private readonly Outbox _outbox;
    private readonly Liveness _liveness;
    private int _lastChannel;

    /// <summary>Takes an authenticated session over.</summary>
    /// <param name="session">The session.</param>
    /// <param name="socket">Its socket.</param>
    /// <param name="name">What its threads are called.</param>
    /// <param name="patience">How the other end's silence is judged.</param>
    public SshNetConnection(Session session, Socket socket, string name, Patience patience)
    {
        _session = session;
        _socket = socket;
        session.ErrorOccured += (_, e) => Abort(e.Exception);
        session.Disconnected += (_, _) => Abort(new SshConnectionException("the server ended the connection"));
        Listen();
        _outbox = new Outbox(session, name + " ssh output", Abort);
        _liveness = new Liveness(_outbox, patience, Abort);
        if (!session.IsConnected)
        {
            Abort(new SshConnectionException("the server closed the connection"));
        }

        if (_lost.Task.IsCompleted)
        {
            // Lost before these two were there to be told.
            _outbox.End();
            _liveness.Dispose();
        }
    }

    /// <summary>The alias of the jump host that it leads to; <see langword="null"/> for the server itself.</summary>
    public string? JumpHost { get; init; }

    /// <summary>The connection to the jump host that this one leads through; <see langword="null"/> if it leads there directly.</summary>
    public SshNetConnection? Through { get; init; }

    /// <summary>Ends, with the reason, when the connection is gone.</summary>
    public Task<Exception> Lost => _lost.Task;

    /// <summary>Opens a channel.</summary>
    /// <exception cref="ChannelRefusedException">The server did not agree.</exception>
    /// <exception cref="IOException">The connection is gone.</exception>
    public async Task<SshChannel> OpenAsync(ChannelKind kind, CancellationToken cancellationToken)
    {
        uint number = (uint)Interlocked.Increment(ref _lastChannel);
        SshChannel channel = new(number, _outbox);
        _channels[number] = channel;
        if (_lost.Task.IsCompleted)
        {
            _channels.TryRemove(number, out _);
            throw Broken(await _lost.Task.ConfigureAwait(false));
        }

        _outbox.Post(channel.Request(kind));
        try
        {
            await channel.Opened.WaitAsync(cancellationToken).ConfigureAwait(false);
            return channel;
        }
        catch (OperationCanceledException)
        {
            // The server may still agree: then the channel is closed at once.
            _ = channel.Opened.ContinueWith(
                _ => channel.Close(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            throw;
        }
        catch
        {
            _channels.TryRemove(number, out _);
            throw;
        }
    }

    /// <summary>Ends the connection at once.</summary>
    public void Abort(Exception reason)
    {
        reason = Root(reason);
        if (!_lost.TrySetResult(reason))
        {
            return;
        }

        // Closing the socket frees whoever sends or receives: nothing of the library can be told to stop otherwise.
        _socket.Dispose();
        _outbox?.End();
        _liveness?.Dispose();
        IOException broken = Broken(reason);
        foreach (SshChannel channel in _channels.Values)
        {
            channel.Fail(broken);
        }

        _channels.Clear();
    }

    /// <summary>Ends the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        Abort(OurEnd);

        // It waits for the receiving thread, which is about to end.
        await Task.Run(_session.Dispose).ConfigureAwait(false);
    }

    /// <summary>A jump host that is lost takes with it what leads through it: then it is the reason.</summary>
    private Exception Root(Exception reason) =>
        !ReferenceEquals(reason, OurEnd) && Through is { JumpHost: string jump, Lost: { IsCompletedSuccessfully: true } lost }
            ? new SshConnectionException($"the jump host {jump} on the way: {lost.Result.Message}")
            : reason;

    private static IOException Broken(Exception reason) => reason as IOException ?? new IOException(reason.Message, reason);

    private void Listen()
    {
        _session.ChannelOpenConfirmationReceived += (_, e) => Find(e.Message)?.Take(e.Message);
        _session.ChannelOpenFailureReceived += (_, e) => Find(e.Message)?.Take(e.Message);
        _session.ChannelDataReceived += (_, e) => Hold(Find(e.Message)?.TakeData(e.Message.Data.AsSpan(e.Message.Offset, e.Message.Size)));
        _session.ChannelExtendedDataReceived += (_, e) => Hold(Find(e.Message)?.TakeError(e.Message.Data));
        _session.ChannelWindowAdjustReceived += (_, e) => Find(e.Message)?.TakeWindow(e.Message.BytesToAdd);
        _session.ChannelSuccessReceived += (_, e) => Find(e.Message)?.TakeReply(true);
        _session.ChannelFailureReceived += (_, e) => Find(e.Message)?.TakeReply(false);
        _session.ChannelRequestReceived += (_, e) => Find(e.Message)?.TakeRequest(e.Message.RequestName, e.Message.RequestData);
        _session.ChannelEofReceived += (_, e) => Find(e.Message)?.TakeEnd();
        _session.ChannelCloseReceived += (_, e) => Close(e.Message);
        _session.RequestFailureReceived += (_, _) => _liveness?.Heard();
        _session.RequestSuccessReceived += (_, _) => _liveness?.Heard();
    }

    private SshChannel? Find(ChannelMessage message)
    {
        _liveness?.Heard();
        return _channels.GetValueOrDefault(message.LocalChannelNumber);
    }

    private void Close(ChannelCloseMessage message)
    {
        Find(message)?.TakeClose();
        _channels.TryRemove(message.LocalChannelNumber, out _);
    }

    private void Hold(bool? withinWindow)
    {
        if (withinWindow == false)
        {
            Abort(new SshConnectionException("the server sent more than it was allowed to"));
        }
    }
}
