using System.Globalization;
using System.Text;

namespace Foobar.Ops.Tests.Operations.Model;

/// <summary>HAProxy with one backend of one server line a member: its runtime API, its configuration, the connections through it.</summary>
internal sealed class Balancer
{
    private const string Backend = "mysql-write";

    private readonly Cluster _cluster;
    private readonly Dictionary<long, Member> _open = [];

    public Balancer(Cluster cluster)
    {
        _cluster = cluster;
        StringBuilder text = new($"global\n    stats socket /run/haproxy/admin.sock level admin\ndefaults\n    mode tcp\nbackend {Backend}\n");
        foreach (Member member in cluster.Members)
        {
            text.Append(CultureInfo.InvariantCulture, $"    server {member.Name} {member.Address}:3306 check{(member.Index > 0 ? " disabled" : "")}\n");
        }

        Configuration = text.ToString();
        Start();
    }

    /// <summary>The configuration's text.</summary>
    public string Configuration { get; set; }

    /// <summary>Whether it runs.</summary>
    public bool Runs { get; private set; }

    /// <summary>Grows with each start: connections of before are gone.</summary>
    public int Life { get; private set; }

    /// <summary>The administrative state of each server: 0 ready, 1 maintenance, 8 drain.</summary>
    public Dictionary<string, int> States { get; } = [];

    /// <summary>It ends, with all connections through it.</summary>
    public void Die()
    {
        if (Runs)
        {
            _cluster.World.Note("HAProxy's process dies");
            Runs = false;
            Life++;
            _open.Clear();
            foreach (Member member in _cluster.Members)
            {
                _cluster.Clients.EndOn(member);
            }
        }
    }

    /// <summary>It starts as its configuration says.</summary>
    public void Start()
    {
        if (Runs)
        {
            return;
        }

        Runs = true;
        foreach (string line in Configuration.Split('\n'))
        {
            if (line.TrimStart().Split(' ') is ["server", { } name, ..] words)
            {
                States[name] = Array.LastIndexOf(words, "disabled") > Array.LastIndexOf(words, "enabled") ? 1 : 0;
            }
        }
    }

    /// <summary>The member to which it leads a new connection; <see langword="null"/> if to none.</summary>
    public Member? Pick()
    {
        Member? picked = null;
        int among = 0;
        foreach (Member member in _cluster.Members)
        {
            if (Runs && States[member.Name] == 0 && Leads(member) && _cluster.World.Random.Next(++among) == 0)
            {
                picked = member;
            }
        }

        return picked;
    }

    /// <summary>Whether it reaches a member's database.</summary>
    public bool Leads(Member member) => Runs && member.Answers && _cluster.Reaches("lb-01", member.Name);

    /// <summary>A connection through it, without a login.</summary>
    public void Hold(long id, Member member) => _open[id] = member;

    /// <summary>That connection ends.</summary>
    public void Leave(long id) => _open.Remove(id);

    /// <summary>Whether a member knows such a connection.</summary>
    public bool IsOpen(Member member, string id) => _open.GetValueOrDefault(long.Parse(id, CultureInfo.InvariantCulture)) == member;

    /// <summary>Does a command.</summary>
    public string Answer(string command)
    {
        if (command.Split(' ') is ["set", "server", { } server, "state", { } state] && server.Split('/') is [Backend, { } name] && States.TryGetValue(name, out var before))
        {
            States[name] = state switch { "ready" => 0, "maint" => 1, "drain" => 8, _ => before };
            return "";
        }

        if (command.Split(' ') is ["shutdown", "sessions", "server", { } target] && target.Split('/') is [Backend, { } ended] && _cluster.Find(ended) is { } member)
        {
            _cluster.Clients.EndOn(member);
            return "";
        }

        switch (command)
        {
            case "prompt" or "set timeout cli 3600":
                return "";
            case "show cli level":
                return "admin";
            case "show servers state " + Backend:
                return $"1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state\n{string.Join('\n', _cluster.Members.Select(one => string.Create(CultureInfo.InvariantCulture, $"3 {Backend} {one.Index + 1} {one.Name} {one.Address} 2 {States[one.Name]}")))}";
            case "show stat":
                return $"# pxname,svname,status,lastchg,check_status,last_chk\n{string.Join('\n', _cluster.Members.Select(one => $"{Backend},{one.Name},{(Leads(one) ? "UP" : "DOWN")},1,L4OK,"))}";
            default:
                _cluster.World.Violate($"the model does not know the command of HAProxy: {command}");
                return "";
        }
    }
}
