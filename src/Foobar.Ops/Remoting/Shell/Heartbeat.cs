namespace Foobar.Ops.Remoting.Shell;

/// <summary>
/// Signs of life between a session and its server, both ways. The server ends what it runs for a client that has not
/// pinged for 35 s (<c>ending.sh</c>); the client gives up a server that has sent nothing for longer than <see cref="Limit"/>.
/// </summary>
internal sealed class Heartbeat : IDisposable
{
    /// <summary>How often the server is pinged.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(8);

    /// <summary>How long a server may be silent, though it was pinged.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);

    private readonly Func<long> _heard;
    private readonly Action<long> _ping;
    private readonly Action _lost;
    private readonly Timer _timer;
    private long _number;
    private long _oldest;

    /// <param name="heard">When the server last sent something, as <see cref="Environment.TickCount64"/>.</param>
    /// <param name="ping">Sends a ping with this number; must not block.</param>
    /// <param name="lost">Called when the server is given up.</param>
    public Heartbeat(Func<long> heard, Action<long> ping, Action lost)
    {
        _heard = heard;
        _ping = ping;
        _lost = lost;
        _timer = new Timer(_ => Beat());
    }

    /// <summary>Begins to ping.</summary>
    public void Start() => _timer.Change(Interval, Interval);

    public void Dispose() => _timer.Dispose();

    // A machine that slept wakes up with an old answer and a new ping: only pings that had their time count.
    private void Beat()
    {
        long now = Environment.TickCount64;
        long heard = _heard();
        if (_number == 0 || heard >= _oldest)
        {
            _oldest = now;
        }
        else if (now - _oldest > Limit.TotalMilliseconds)
        {
            _lost();
            return;
        }

        _ping(++_number);
    }
}
