namespace Foobar.Ops.Tests.Operations.Model;

/// <summary>What happens to something that an operator sends.</summary>
internal enum Fault
{
    None,

    /// <summary>It is refused, and not done.</summary>
    Refused,

    /// <summary>It hangs, and is not done.</summary>
    HangBefore,

    /// <summary>It is done, and no answer comes.</summary>
    HangAfter,

    /// <summary>The connection is lost before it is done.</summary>
    LostBefore,

    /// <summary>The connection is lost after it was done.</summary>
    LostAfter,

    /// <summary>The operator's process is killed before it is done.</summary>
    KillBefore,

    /// <summary>The operator's process is killed after it was done.</summary>
    KillAfter,

    /// <summary>It is answered as done, and was not.</summary>
    Lie,

    /// <summary>The operator's process is stopped, and goes on later.</summary>
    Stop,

    /// <summary>Somebody presses Ctrl+C.</summary>
    Cancel,

    /// <summary>A member's process dies and is started again.</summary>
    Crash,

    /// <summary>A member's process is stopped, and goes on later.</summary>
    Freeze,

    /// <summary>The link between two machines is cut for a while.</summary>
    Cut,

    /// <summary>A balancer's process dies and is started again.</summary>
    BalancerCrash,
}

/// <summary>When which fault comes: at the how-many-th change, or the how-many-th of all that is sent.</summary>
internal sealed class FaultPlan(Cluster cluster)
{
    // What an operator looks at again, so that a lie about it must be seen.
    private static readonly string[] Verified =
    [
        "SET GLOBAL super_read_only = ON", "SET GLOBAL read_only = 1", "START REPLICA", "START SLAVE",
        "UPDATE foobar_ops.operation SET id = @id", "set server mysql-write/",
    ];

    private readonly List<(bool OfChanges, int At, Fault Fault)> _planned = [];
    private (string Text, int Time, Fault Fault)? _written;
    private int _sent;
    private int _changes;

    /// <summary>How many changes were sent.</summary>
    public int Changes => _changes;

    /// <summary>How many of all were sent.</summary>
    public int Sent => _sent;

    /// <summary>The faults that came.</summary>
    public List<string> Came { get; } = [];

    /// <summary>Ends waiting by Ctrl+C.</summary>
    public Action? Cancel { get; set; }

    /// <summary>Plans a fault.</summary>
    public void Plan(bool ofChanges, int at, Fault fault) => _planned.Add((ofChanges, at, fault));

    /// <summary>Plans a fault at the how-many-th of what begins so.</summary>
    public void PlanAt(string text, int time, Fault fault) => _written = (text, time, fault);

    /// <summary>No more faults come.</summary>
    public void Clear() => _planned.Clear();

    /// <summary>What happens to this.</summary>
    public Fault At(ModelSite site, string server, string text)
    {
        _sent++;
        bool isChange = !text.StartsWith("SELECT @@", StringComparison.Ordinal)
            && !text.StartsWith("SHOW", StringComparison.OrdinalIgnoreCase)
            && !text.StartsWith("SELECT ", StringComparison.Ordinal);
        _changes += isChange ? 1 : 0;
        if (_written is { } written && text.StartsWith(written.Text, StringComparison.Ordinal) && --written.Time is var left)
        {
            _written = left == 0 ? null : written;
            return left == 0 ? Begin(site, server, text, written.Fault, exact: true) : Fault.None;
        }

        for (int at = 0; at < _planned.Count; at++)
        {
            (bool ofChanges, int when, Fault fault) = _planned[at];
            if (ofChanges ? isChange && _changes == when : _sent == when)
            {
                _planned.RemoveAt(at);
                return Begin(site, server, text, fault);
            }
        }

        return Fault.None;
    }

    private Fault Begin(ModelSite site, string server, string text, Fault fault, bool exact = false)
    {
        World world = cluster.World;
        if (fault == Fault.Lie && !Verified.Any(verified => text.StartsWith(verified, StringComparison.Ordinal)))
        {
            fault = Fault.Refused;
        }

        Came.Add($"{fault} at change {_changes} ({server}: {(text.Length > 60 ? text[..60] : text).ReplaceLineEndings(" ")})");
        world.Note($"FAULT: {Came[^1]}");
        Member member = cluster.Find(server) is { } there && (exact || world.Chance(0.6))
            ? there
            : cluster.Members[world.Random.Next(cluster.Members.Count)];
        double duration = world.Chance(0.5) ? world.Between(0.05, 3) : world.Between(3, 90);
        switch (fault)
        {
            case Fault.Stop:
                world.AfterTicks(0, site.Process.Stop);
                world.After(world.Between(100, 250), site.Process.GoOn);
                break;
            case Fault.Cancel:
                world.After(world.Between(0, 0.003), () => Cancel?.Invoke());
                break;
            case Fault.Crash:
                world.After(world.Between(0, 0.003), () => member.Crash(world.Between(0.3, 5)));
                break;
            case Fault.Freeze:
                world.After(world.Between(0, 0.003), member.Freeze);
                world.After(duration, member.Thaw);
                break;
            case Fault.BalancerCrash:
                Balancer balancer = cluster.Balancers[cluster.Balancers.Count > 1 ? world.Random.Next(cluster.Balancers.Count) : 0];
                world.After(world.Between(0, 0.003), balancer.Die);
                world.After(world.Between(0.1, 4), balancer.Start);
                break;
            case Fault.Cut:
                if (cluster.Balancers.Count > 1 && world.Chance(0.4))
                {
                    string cut = cluster.Balancers[world.Random.Next(2)].Name;
                    world.After(world.Between(0, 0.003), () => cluster.Cut(site.Process.Name, cut));
                    world.After(duration, () => cluster.Mend(site.Process.Name, cut));
                    break;
                }

                string[] places =
                [
                    site.Process.Name,
                    .. cluster.Balancers.Select(one => one.Name),
                    .. cluster.Members.Select(one => one.Name).Where(name => name != member.Name),
                ];
                string other = places[world.Random.Next(places.Length)];
                world.After(world.Between(0, 0.003), () => cluster.Cut(member.Name, other));
                world.After(duration, () => cluster.Mend(member.Name, other));
                break;
            default:
                return fault;
        }

        return Fault.None;
    }
}
