namespace Foobar.Ops.Tests.Operations.Model;

/// <summary>
/// The application: clients that write through the balancer all the time, and know which of their writes were acknowledged.
/// </summary>
internal sealed class Clients(Cluster cluster)
{
    private readonly List<One> _clients = [new(), new(), new()];
    private int _left;
    private double _pause;

    private World World => cluster.World;

    /// <summary>The writes that were acknowledged.</summary>
    public List<Tx> Acknowledged { get; } = [];

    /// <summary>Writes from now on: often at first, more seldom then.</summary>
    public void Begin(int times, double pause)
    {
        (_left, _pause) = (times, pause);
        Next();
    }

    /// <summary>The connections to a member.</summary>
    public IEnumerable<long> On(Member member) => _clients.Where(one => one.Member == member).Select(one => one.Id);

    /// <summary>Whether there is one.</summary>
    public bool AreOn(Member member)
    {
        foreach (One one in _clients)
        {
            if (one.Member == member && one.Through == cluster.Balancer)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Ends a connection; <see langword="false"/> if there is none of that number.</summary>
    public bool End(long id)
    {
        One? one = _clients.Find(client => client.Member is not null && client.Id == id);
        one?.Leave();
        return one is not null;
    }

    /// <summary>Ends all connections to a member through a balancer.</summary>
    public void EndOn(Member member, Balancer through)
    {
        foreach (One one in _clients.Where(client => client.Member == member && client.Through == through))
        {
            one.Leave();
        }
    }

    private void Next()
    {
        World.After(_pause * World.Between(0.5, 1.5), () =>
        {
            Try(_clients[World.Random.Next(_clients.Count)]);
            _pause *= --_left > 0 ? 1 : 1.5;
            Next();
        });
    }

    private void Try(One one)
    {
        if (one.Member is not { } member)
        {
            if (cluster.Balancer.Pick() is { } picked)
            {
                (one.Member, one.Through, one.Id, one.IsBusy) = (picked, cluster.Balancer, cluster.NextConnection++, false);
            }

            return;
        }

        // With the address the connections to it are gone.
        if (!member.Runs || !member.MachineOn || one.Through != cluster.Balancer)
        {
            one.Leave();
        }
        else if (!cluster.Balancer.Leads(member))
        {
            one.Leave(World.Chance(0.2));
        }
        else if (!one.IsBusy && member.FencesPending == 0)
        {
            Write(one, member);
        }
    }

    private void Write(One one, Member member)
    {
        if (member.ReadOnly)
        {
            one.Leave(World.Chance(0.5));
            return;
        }

        one.IsBusy = true;
        long id = one.Id;
        Tx? written = null;
        bool acknowledged = false;
        written = member.Write(null, () =>
        {
            if (one.Member == member && one.Id == id && one.Through == cluster.Balancer && cluster.Balancer.Leads(member))
            {
                one.IsBusy = false;
                acknowledged = true;
                if (written is not null)
                {
                    Acknowledge(member, written);
                }
            }
        });
        if (acknowledged)
        {
            Acknowledge(member, written);
        }

        member.Settled();
    }

    private void Acknowledge(Member member, Tx tx)
    {
        World.Note($"a client's write is acknowledged: {tx} on {member.Name}");
        Acknowledged.Add(tx);
    }

    private sealed class One
    {
        public Member? Member { get; set; }

        public Balancer? Through { get; set; }

        public long Id { get; set; }

        public bool IsBusy { get; set; }

        public void Leave(bool really = true) => Member = really ? null : Member;
    }
}
