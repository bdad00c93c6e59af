using System.Globalization;

namespace Foobar.Ops.Tests.Operations.Model;

/// <summary>A database server with its machine: a log, read-only switches, replication, connections, a process that can die.</summary>
internal sealed class Member(Cluster cluster, int index, string name, string address)
{
    private readonly List<(Func<bool> Ready, Action Then)> _waiting = [];
    private readonly bool _mariaDb = cluster.Options.MariaDb;
    private string? _executedText;
    private int _executedAt = -1;
    private string? _stateText;
    private int _stateAt = -1;
    private int _effective;

    private World World => cluster.World;

    public int Index => index;

    public string Name => name;

    public string Address => address;

    public bool IsMariaDb => _mariaDb;

    /// <summary>MySQL's <c>server_uuid</c>.</summary>
    public string Uuid { get; } = $"3e11fa47-71ca-11e1-9e33-c80aa94295{60 + index:00}";

    public int ServerId => index + 1;

    // The machine.
    public bool MachineOn { get; set; } = true;

    /// <summary>Whether the database's process is there.</summary>
    public bool Runs { get; set; } = true;

    /// <summary>Whether it is stopped.</summary>
    public bool Frozen { get; set; }

    /// <summary>Whether systemd leaves it down when it dies.</summary>
    public bool StaysDown { get; set; }

    /// <summary>Whether systemd holds it as stopped by hand.</summary>
    public bool IsStopped { get; set; }

    /// <summary>Whether its process is being started.</summary>
    public bool IsStarting { get; set; }

    /// <summary>What its option files say of the event scheduler; <see langword="null"/> for nothing.</summary>
    public string? SchedulerOption { get; set; } = "ON";

    /// <summary>Whether a drop-in keeps it from starting.</summary>
    public bool Fenced { get; set; }

    public Dictionary<string, string> Files { get; } = new(StringComparer.Ordinal);

    public bool Answers => MachineOn && Runs && !Frozen;

    // Variables.
    public bool ReadOnly { get; set; }

    public bool SuperReadOnly { get; set; }

    /// <summary>What was persisted of MySQL's <c>read_only</c>; <see langword="null"/> where it never was.</summary>
    public bool? PersistedReadOnly { get; set; }

    /// <summary>The same of <c>super_read_only</c>.</summary>
    public bool? PersistedSuper { get; set; }

    public bool SemiSource { get; set; }

    public bool SemiReplica { get; set; }

    /// <summary>Whether commits wait for a replica now.</summary>
    public bool SemiActive { get; set; }

    public long Yes { get; set; }

    public long No { get; set; }

    public int SyncBinlog { get; set; } = 1;

    public int FlushLog { get; set; } = 1;

    public bool SchedulerOn { get; set; } = true;

    public bool EventEnabled { get; set; }

    public bool HasEvent { get; set; }

    public long Started { get; set; }

    // Data.
    public List<Tx> Log { get; } = [];

    /// <summary>How many of the log's transactions are committed; the others wait for a replica.</summary>
    public int Committed { get; set; }

    /// <summary>The last number of each member that is in the log.</summary>
    public long[] Last { get; } = new long[3];

    /// <summary>The last number of each member that is committed.</summary>
    public long[] CommittedLast { get; } = new long[3];

    /// <summary>MariaDB's <c>gtid_slave_pos</c>: the last that it applied as a replica.</summary>
    public Tx? SlavePosition { get; set; }

    public bool HasTables { get; set; }

    public MarkRow? Mark { get; set; }

    public Link? Link { get; set; }

    public List<Connection> Connections { get; } = [];

    public Connection? LockOwner { get; set; }

    /// <summary>How many fences wait until no commit is under way; nothing begins to commit meanwhile.</summary>
    public int FencesPending { get; set; }

    public bool TakesClients => Answers && !ReadOnly;

    /// <summary>Whether commits wait for replicas.</summary>
    public int Committing => Log.Count - Committed;

    /// <summary>All it has committed, in its flavour's form.</summary>
    public string Executed => _mariaDb ? BinlogState : ExecutedSet;

    public string ExecutedSet
    {
        get
        {
            if (_executedAt != Committed)
            {
                _executedText = string.Join(
                    ',',
                    cluster.Members.Where(member => CommittedLast[member.Index] > 0)
                        .Select(
                            member => string.Create(
                                CultureInfo.InvariantCulture,
                                $"{member.Uuid}:1{(CommittedLast[member.Index] > 1 ? $"-{CommittedLast[member.Index]}" : "")}")));
                _executedAt = Committed;
            }

            return _executedText!;
        }
    }

    public string BinlogState
    {
        get
        {
            if (_stateAt != Log.Count)
            {
                // The last that was written stands last (MariaDB source, rpl_binlog_state).
                int last = Log.Count > 0 ? Log[^1].Origin : 0;
                _stateText = string.Join(
                    ',',
                    cluster.Members.Where(member => Last[member.Index] > 0)
                        .OrderBy(member => member.Index == last)
                        .Select(member => string.Create(CultureInfo.InvariantCulture, $"0-{member.ServerId}-{Last[member.Index]}")));
                _stateAt = Log.Count;
            }

            return _stateText!;
        }
    }

    public string BinlogPosition => Log.Count > 0 ? Log[^1].Gtid : "";

    /// <summary>MariaDB's <c>gtid_current_pos</c>: what it wrote itself counts where it is later than what it applied.</summary>
    public string CurrentPosition =>
        Log.Count > 0 && Log[^1].Origin == index && Log[^1].Sequence > (SlavePosition?.Sequence ?? 0)
            ? Log[^1].Gtid
            : SlavePosition?.Gtid ?? "";

    public bool Holds(Tx tx) => Last[tx.Origin] >= tx.Sequence && Log.Contains(tx);

    public Member Peer(int at) => cluster.Members[at];

    /// <summary>Commits all that waits for a replica.</summary>
    public void Release()
    {
        Commit(Log.Count);
        Settled();
    }

    public bool HasNumber(Tx tx) => Last[tx.Origin] >= tx.Sequence;

    /// <summary>How many semi-synchronous replicas are connected.</summary>
    public int SemiClients =>
        cluster.Members.Count(other => other.Link is { Connected: true, Acknowledges: true } link && link.Source == this);

    /// <summary>Writes a transaction of its own.</summary>
    /// <param name="effect">What it changes.</param>
    /// <param name="then">When it is committed; never if it dies before.</param>
    public Tx Write(Action<Member>? effect, Action then)
    {
        long sequence = _mariaDb ? Math.Max(Last.Max(), 0) + 1 : Last[index] + 1;
        Tx tx = new(
            index, sequence,
            _mariaDb
                ? string.Create(CultureInfo.InvariantCulture, $"0-{ServerId}-{sequence}")
                : string.Create(CultureInfo.InvariantCulture, $"{Uuid}:{sequence}"),
            effect);
        cluster.All[tx.Gtid] = tx;
        Append(tx, then);
        return tx;
    }

    /// <summary>Puts a transaction into the log, and commits it once a replica has it, where that is waited for.</summary>
    public void Append(Tx tx, Action then)
    {
        Log.Add(tx);
        Last[tx.Origin] = tx.Sequence;
        cluster.Logged(this, tx);
        int place = Log.Count;
        long life = Started;
        if (!SemiSource || !SemiActive)
        {
            No += SemiSource ? 1 : 0;
            Commit(place);
            then();
            return;
        }

        bool settled = false;
        Wait(() => !settled && Committed >= place, () => Settle(true));
        if (Acknowledged(place))
        {
            Commit(place);
            Settled();
            return;
        }

        World.After(10, () =>
        {
            if (!settled && Started == life && Runs && Committed < place)
            {
                World.Note($"{name}: nobody acknowledges {tx}, it goes on without");
                SemiActive = false;
                Commit(Log.Count);
                Settled();
            }
        });

        void Settle(bool acknowledged)
        {
            if (!settled)
            {
                settled = true;
                Yes += acknowledged && SemiActive ? 1 : 0;
                No += SemiActive ? 0 : 1;
                then();
            }
        }
    }

    /// <summary>Whether as many replicas have a place of the log as must.</summary>
    private bool Acknowledged(int place) =>
        cluster.Members.Any(other => other.Link is { Acknowledges: true } link && link.Source == this && link.Read >= place);

    /// <summary>A replica has received more.</summary>
    public void Acknowledge(int place)
    {
        if (SemiSource && !SemiActive && place == Log.Count)
        {
            SemiActive = true;
        }

        if (place > Committed)
        {
            Commit(place);
            Settled();
        }
    }

    private void Commit(int place)
    {
        Committed = Math.Max(Committed, place);
        while (_effective < Committed)
        {
            Tx tx = Log[_effective++];
            CommittedLast[tx.Origin] = tx.Sequence;
            tx.Effect?.Invoke(this);
        }
    }

    /// <summary>Lets something happen once a condition holds; it is looked at whenever something changed here.</summary>
    public void Wait(Func<bool> ready, Action then) => _waiting.Add((ready, then));

    /// <summary>Something changed here.</summary>
    public void Settled()
    {
        for (int at = 0; at < _waiting.Count;)
        {
            (Func<bool> ready, Action then) = _waiting[at];
            if (ready())
            {
                _waiting.RemoveAt(at);
                then();
                at = 0;
            }
            else
            {
                at++;
            }
        }

        cluster.Kick();
    }

    /// <summary>Its process dies; what is in its log stays.</summary>
    public void Die()
    {
        if (!Runs)
        {
            return;
        }

        World.Note($"{name}: its process dies");
        Runs = false;
        Frozen = false;
        _waiting.Clear();
        FencesPending = 0;
        foreach (Connection connection in Connections.ToArray())
        {
            connection.End("the server is gone");
        }

        Connections.Clear();
        LockOwner = null;
        if (Link is { } link)
        {
            (link.Connected, link.IsApplying, link.Acknowledges) = (false, false, false);
        }

        cluster.SourceGone(this);
    }

    /// <summary>Its process starts, as its configuration says.</summary>
    public void Start()
    {
        if (Runs || !MachineOn || Fenced)
        {
            return;
        }

        World.Note($"{name}: its process starts");
        Runs = true;
        StaysDown = IsStopped = IsStarting = false;
        Started = World.Now;
        Commit(Log.Count);
        if (_mariaDb)
        {
            ReadOnly = Files.GetValueOrDefault("role") == "ON";
        }
        else
        {
            SuperReadOnly = PersistedSuper == true || Files.ContainsKey("return");
            ReadOnly = PersistedReadOnly == true || SuperReadOnly;
        }

        SemiSource = SemiActive = cluster.Options.SemiSync;
        SemiReplica = cluster.Options.SemiSync;
        (SyncBinlog, FlushLog) = (1, 1);

        // Off by default on MariaDB, on on MySQL.
        SchedulerOn = !Files.ContainsKey("return-events") && (SchedulerOption ?? (_mariaDb ? "OFF" : "ON")) == "ON";
        if (Link is { } link)
        {
            bool starts = !Files.ContainsKey("return");
            link.Relay.Clear();
            link.Retrieved = new (long, long)[3];
            (link.ReceiverOn, link.ApplierOn, link.Connected) = (starts, starts, false);
        }

        cluster.Kick();
    }

    /// <summary>Systemd is told to start it.</summary>
    public void StartSoon()
    {
        (IsStarting, IsStopped) = (true, false);
        World.After(1, Start);
    }

    /// <summary>Its process is killed; systemd starts it again, unless it may not.</summary>
    public void Crash(double restartAfter)
    {
        Die();
        World.After(restartAfter, Start);
    }

    public void Freeze()
    {
        if (Runs)
        {
            World.Note($"{name}: its process is stopped");
            Frozen = true;
        }
    }

    public void Thaw()
    {
        if (Frozen)
        {
            World.Note($"{name}: its process goes on");
            Frozen = false;
            foreach (Connection connection in Connections.ToArray())
            {
                connection.Arrive();
            }

            Settled();
        }
    }

    /// <summary>Everything of another member takes the place of what was here.</summary>
    public void CopyOf(Member other)
    {
        Log.Clear();
        Log.AddRange(other.Log.Take(other.Committed));
        Array.Clear(Last);
        Array.Clear(CommittedLast);
        foreach (Tx tx in Log)
        {
            Last[tx.Origin] = CommittedLast[tx.Origin] = tx.Sequence;
        }

        Committed = _effective = Log.Count;
        _executedAt = _stateAt = -1;
        (Mark, HasTables, HasEvent, EventEnabled) = (other.Mark, other.HasTables, other.HasEvent, other.EventEnabled);
        SlavePosition = null;
        Link = null;
    }
}
