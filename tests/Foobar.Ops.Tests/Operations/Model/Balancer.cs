using System.Globalization;
using System.Text;

namespace Foobar.Ops.Tests.Operations.Model;

/// <summary>HAProxy with one backend of one server line a member: its runtime API, its configuration, the connections through it.</summary>
internal sealed class Balancer
{
    private const string Backend = "mysql-write";

    private readonly Cluster _cluster;
    private readonly Dictionary<long, Member> _open = [];

    public Balancer(Cluster cluster, string name)
    {
        (_cluster, Name) = (cluster, name);
        StringBuilder text = new(
            $"global\n    stats socket /run/haproxy/admin.sock level admin\ndefaults\n    mode tcp\nbackend {Backend}\n");
        foreach (Member member in cluster.Members)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"    server {member.Name} {member.Address}:3306 check{(member.Index > 0 ? " disabled" : "")}\n");
        }

        Configuration = text.ToString();
        Start();
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The configuration's text.</summary>
    public string Configuration { get; set; }

    /// <summary>Whether it runs.</summary>
    public bool Runs { get; private set; }

    /// <summary>Grows with each start: connections of before are gone.</summary>
    public int Life { get; private set; }

    /// <summary>The administrative state of each server: 0 ready, 1 maintenance, 8 drain.</summary>
    public Dictionary<string, int> States { get; } = [];

    // What the configuration said at the start stays beside it (SRV_ADMF_CMAINT, "show servers state").
    private readonly HashSet<string> _disabledAtStart = [];

    /// <summary>It ends, with all connections through it.</summary>
    public void Die()
    {
        if (Runs)
        {
            _cluster.World.Note($"{Name}: HAProxy's process dies");
            Runs = false;
            Life++;
            _open.Clear();
            foreach (Member member in _cluster.Members)
            {
                _cluster.Clients.EndOn(member, this);
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
                bool disabled = Array.LastIndexOf(words, "disabled") > Array.LastIndexOf(words, "enabled");
                States[name] = disabled ? 1 : 0;
                _ = disabled ? _disabledAtStart.Add(name) : _disabledAtStart.Remove(name);
            }
        }
    }

    /// <summary>The members to which it lets new connections through.</summary>
    public IEnumerable<string> Open => States.Where(static one => one.Value == 0).Select(static one => one.Key);

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
    public bool Leads(Member member) => Runs && member.Answers && _cluster.Reaches(Name, member.Name);

    /// <summary>A connection through it, without a login.</summary>
    public void Hold(long id, Member member) => _open[id] = member;

    /// <summary>That connection ends.</summary>
    public void Leave(long id) => _open.Remove(id);

    /// <summary>Whether a member knows such a connection.</summary>
    public bool IsOpen(Member member, string id) => _open.GetValueOrDefault(long.Parse(id, CultureInfo.InvariantCulture)) == member;

    /// <summary>Does a command.</summary>
    public string Answer(string command)
    {
        if (command.Split(' ') is ["set", "server", { } server, "state", { } state])
        {
            return Find(server, out string name) ?? Set(name, state);
        }

        if (command.Split(' ') is ["shutdown", "sessions", "server", { } target])
        {
            if (Find(target, out string ended) is { } refusal)
            {
                return refusal;
            }

            _cluster.Clients.EndOn(_cluster.Find(ended)!, this);
            return "";
        }

        switch (command)
        {
            case "prompt" or "set timeout cli 3600":
                return "";
            case "show cli level":
                return "admin";
            case "show servers state " + Backend:
                return "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state\n"
                    + $"{string.Join('\n', _cluster.Members.Select(one => string.Create(CultureInfo.InvariantCulture, $"3 {Backend} {one.Index + 1} {one.Name} {one.Address} {(States[one.Name] != 1 && Leads(one) ? 2 : 0)} {States[one.Name] + (_disabledAtStart.Contains(one.Name) ? 4 : 0)}")))}";
            case { } states when states.StartsWith("show servers state ", StringComparison.Ordinal):
                return "Can't find backend.";
            case "show stat":
                return "# pxname,svname,status,lastchg,check_status,last_chk\n"
                    + $"{string.Join('\n', _cluster.Members.Select(one => $"{Backend},{one.Name},{Status(one)},1,{(States[one.Name] == 1 ? "," : Leads(one) ? "L4OK," : "L4CON,Connection refused")}"))}";
            default:
                _cluster.World.Violate($"the model does not know the command of HAProxy: {command}");
                return "";
        }
    }

    // What HAProxy says of a server that it does not know; null for one that it knows.
    private string? Find(string path, out string name)
    {
        name = path.Split('/') is [_, { } server] ? server : "";
        return !path.StartsWith($"{Backend}/", StringComparison.Ordinal)
            ? "No such backend."
            : States.ContainsKey(name) ? null : "No such server.";
    }

    private string Set(string name, string state)
    {
        if (state is not ("ready" or "maint" or "drain"))
        {
            return "'set server <srv> state' expects 'ready', 'drain' and 'maint'.";
        }

        States[name] = state switch { "ready" => 0, "maint" => 1, _ => 8 };
        return "";
    }

    private string Status(Member member) => States[member.Name] switch { 1 => "MAINT", 8 => "DRAIN", _ => Leads(member) ? "UP" : "DOWN" };
}
