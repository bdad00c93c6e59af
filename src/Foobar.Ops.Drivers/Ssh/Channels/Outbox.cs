using Renci.SshNet;
using Renci.SshNet.Common;
using Renci.SshNet.Messages;

namespace Foobar.Ops.Drivers.Ssh.Channels;

/// <summary>
/// Sends a session's messages, in order, on a thread of its own: sending blocks while the network stalls and while keys are
/// exchanged, and may hold up neither a caller nor the thread that receives. Each channel bounds what it has in here.
/// </summary>
internal sealed class Outbox
{
    private readonly object _lock = new();
    private readonly Queue<(Message Message, Action? Sent)> _messages = new();
    private readonly Session _session;
    private readonly Action<Exception> _broken;
    private bool _ended;

    /// <summary>Starts the thread.</summary>
    /// <param name="session">The session.</param>
    /// <param name="name">What the thread is called.</param>
    /// <param name="broken">Told, once, when nothing more can be sent.</param>
    public Outbox(Session session, string name, Action<Exception> broken)
    {
        _session = session;
        _broken = broken;
        new Thread(Send) { IsBackground = true, Name = name }.UnsafeStart();
    }

    /// <summary>Queues a message. Once the outbox has ended it goes nowhere: all that wait are told by the connection's end.</summary>
    /// <param name="message">The message.</param>
    /// <param name="sent">Called, on the sending thread, when the socket has taken it.</param>
    public void Post(Message message, Action? sent = null)
    {
        lock (_lock)
        {
            if (!_ended)
            {
                _messages.Enqueue((message, sent));
                Monitor.Pulse(_lock);
            }
        }
    }

    /// <summary>Drops what waits; the thread ends once the socket has taken what is being sent, or is closed.</summary>
    public void End()
    {
        lock (_lock)
        {
            _ended = true;
            _messages.Clear();
            Monitor.Pulse(_lock);
        }
    }

    private void Send()
    {
        try
        {
            while (Next() is { } next)
            {
                SshNetInternals.Send(_session, next.Message);
                next.Sent?.Invoke();
            }
        }
        catch (Exception error)
            when (error is SshException
                or IOException
                or System.Net.Sockets.SocketException
                or InvalidOperationException
                or NullReferenceException)
        {
            // NullReferenceException: what SSH.NET throws where its socket is closed between two of its checks.
            End();
            _broken(error);
        }
    }

    private (Message Message, Action? Sent)? Next()
    {
        lock (_lock)
        {
            while (!_ended && _messages.Count == 0)
            {
                Monitor.Wait(_lock);
            }

            return _ended ? null : _messages.Dequeue();
        }
    }
}
