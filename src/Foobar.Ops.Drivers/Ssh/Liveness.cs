using System.Text;
using Foobar.Ops.Drivers.Ssh.Channels;
using Renci.SshNet.Common;
using Renci.SshNet.Messages.Connection;

namespace Foobar.Ops.Drivers.Ssh;

/// <summary>How long a silent connection is believed in.</summary>
/// <param name="Interval">After which silence the other end is asked whether it is there.</param>
/// <param name="MostUnanswered">How many such questions may stay without an answer.</param>
internal sealed record Patience(TimeSpan Interval, int MostUnanswered)
{
    /// <summary>As the OpenSSH clients of this module are given it (ServerAliveInterval 5, ServerAliveCountMax 3).</summary>
    public static Patience Default { get; } = new(TimeSpan.FromSeconds(5), 3);
}

/// <summary>
/// Asks a silent server for a global request that no server knows and every server must answer (RFC 4254, 4; what OpenSSH's
/// ServerAliveInterval does), and gives the connection up when answers fail to come. SSH.NET's own keep-alive is a message
/// that is not answered.
/// </summary>
internal sealed class Liveness : IDisposable
{
    private static readonly byte[] Question = [.. WireText.Text("keepalive@openssh.com"), 1];
    private readonly Outbox _outbox;
    private readonly Patience _patience;
    private readonly Action<Exception> _giveUp;
    private readonly Timer _timer;
    private int _unanswered;
    private int _heard;

    /// <summary>Begins to watch.</summary>
    /// <param name="outbox">Where the questions are sent.</param>
    /// <param name="patience">How long silence is believed in.</param>
    /// <param name="giveUp">Told when it is not any more.</param>
    public Liveness(Outbox outbox, Patience patience, Action<Exception> giveUp)
    {
        _outbox = outbox;
        _patience = patience;
        _giveUp = giveUp;
        _timer = new Timer(_ => Ask(), null, patience.Interval, patience.Interval);
    }

    /// <summary>Something came.</summary>
    public void Heard() => Volatile.Write(ref _heard, 1);

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Ask()
    {
        if (Interlocked.Exchange(ref _heard, 0) == 1)
        {
            _unanswered = 0;
            return;
        }

        if (_unanswered >= _patience.MostUnanswered)
        {
            _giveUp(new SshConnectionException(
                $"the server has not answered for {_patience.Interval.TotalSeconds * _patience.MostUnanswered:0.#} s"));
            return;
        }

        _unanswered++;
        GlobalRequestMessage question = new();
        question.Load(Question);
        _outbox.Post(question);
    }
}
