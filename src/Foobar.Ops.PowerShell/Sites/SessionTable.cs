using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Sites;

/// <summary>The open sessions of one runspace, and which of them is the connected site.</summary>
internal sealed class SessionTable
{
    private readonly Lock _gate = new();
    private readonly List<Entry> _entries = [];

    /// <summary>The site that <c>Connect-FoobarSite</c> connected last and nobody has disconnected.</summary>
    public ISiteSession? Current
    {
        get
        {
            lock (_gate)
            {
                return _entries.LastOrDefault(entry => entry.Connected)?.Session;
            }
        }
    }

    /// <summary>The sessions that <c>Connect-FoobarSite</c> gave out, the connected site last.</summary>
    public IReadOnlyList<ISiteSession> Connected
    {
        get
        {
            lock (_gate)
            {
                return [.. _entries.Where(entry => entry.Connected).Select(entry => entry.Session)];
            }
        }
    }

    /// <summary>The session of a key; opens one where there is none.</summary>
    /// <param name="key">What the session must be.</param>
    /// <param name="connect">Whether it becomes the connected site.</param>
    /// <param name="open">Makes a session; connects to no server yet.</param>
    /// <param name="outdated">Sessions nobody was given, on an older version of the same inventory; the caller closes them.</param>
    public ISiteSession Use(SessionKey key, bool connect, Func<ISiteSession> open, out IReadOnlyList<ISiteSession> outdated)
    {
        lock (_gate)
        {
            Entry? known = _entries.Find(entry => entry.Key == key);
            Entry used = known ?? new Entry(key, open(), Connected: false);
            List<Entry> stale = _entries.FindAll(entry => entry.Key != key && !entry.Connected && entry.Key.IsSameSite(key));
            outdated = [.. stale.Select(entry => entry.Session)];
            _entries.RemoveAll(entry => stale.Contains(entry) || ((known is null || connect) && entry.Key == key));
            if (known is null || connect)
            {
                _entries.Add(used with { Connected = connect || used.Connected });
            }

            return used.Session;
        }
    }

    /// <summary>Takes a session out; <see langword="false"/> if it is not in. The caller closes it.</summary>
    public bool Take(ISiteSession session)
    {
        lock (_gate)
        {
            return _entries.RemoveAll(entry => ReferenceEquals(entry.Session, session)) > 0;
        }
    }

    /// <summary>Takes all sessions out. The caller closes them.</summary>
    public IReadOnlyList<ISiteSession> TakeAll()
    {
        lock (_gate)
        {
            ISiteSession[] sessions = [.. _entries.Select(entry => entry.Session)];
            _entries.Clear();
            return sessions;
        }
    }

    private sealed record Entry(SessionKey Key, ISiteSession Session, bool Connected);
}
