using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Operations.Model;

/// <summary>
/// The commands that the engine runs on machines, each told by words that only it has. One that is not here fails the run.
/// </summary>
internal static class Commands
{
    public const string Backup = "back up";

    private const string Options = "print defaults";
    private const string Space = "df";
    private const string Report = "report the machine";
    private const string ReadHolder = "read the holder";
    private const string ListHaproxy = "list HAProxy's files";
    private const string ReadHaproxy = "read HAProxy's configuration";

    private static readonly ConcurrentDictionary<string, string> Known = new(StringComparer.Ordinal);

    private static readonly (string Words, string What)[] Names =
    [
        ("echo 'neither mariadbd nor mysqld found'", Options),
        ("printf '==\\n' && df -P -k -- \"$2\"", Space),
        ("umask 022; printf '%s\\n' \"$1\" > /run/foobar-ops.failover", "write the holder"),
        ("if [ \"$(cat /run/foobar-ops.failover", "remove the holder"),
        ("cat -- '/run/foobar-ops.failover'", ReadHolder),
        ("printf 'datadir=%s\\nindex=%s\\n'", Report),
        ("block /etc/systemd/system", "fence the machine"),
        ("command -v systemctl >/dev/null || exit 0; systemctl daemon-reload", "hold the fence"),
        ("systemctl start --no-block \"$unit\"\n", "start the database"),
        ("[ \"$1\" != start ] || systemctl start --no-block \"$unit\"", "lift the fence"),
        ("systemctl start --no-block \"$unit\"", "start the database"),
        ("systemctl restart \"$unit\"", "restart the database"),
        ("exec mysqlbinlog --no-defaults", "read the log"),
        ("echo 'DO 1;'", "try the client"),
        ("exec \"$client\" --binary-mode", "play"),
        ("mkdir -p -- \"${1%/*}\"", "keep the login"),
        ("[ ! -e '/var/lib/foobar-ops/replication-login.json' ]", "read the login"),
        ("rm -f -- '/var/lib/foobar-ops/replication-login.json'", "forget the login"),
        ("file=\"$directory/zz-foobar-role.cnf\"", "persist the role"),
        ("sed -n 6p --", "read the password"),
        ("skip_replica_start = ON", "write the settings of the return"),
        ("cp -p -- \"$1\" \"$1.new\"", "write the kept settings"),
        ("mysqld-auto.cnf", "read the kept settings"),
        ("rm -f -- /etc/mysql/mysql.conf.d/\"$1\"", "remove the settings of the return"),
        ("event_scheduler = OFF\\n", "stop events at the start"),
        ("debian-start|mariadb-upgrade", "let events start"),
        ("journalctl --quiet --no-pager", "read the error log"),
        ("readlink /proc/self/ns/pid", ListHaproxy),
        ("cat -- '/etc/haproxy/haproxy.cfg'", ReadHaproxy),
        ("haproxy -c -q", "write HAProxy's configuration"),
        ("du -sk --", "measure the data"),
        ("--backup --protocol=socket", Backup),
        ("exec mbstream", "receive the copy"),
        ("\"$program\" --prepare", "prepare the copy"),
        ("rm -rf -- \"$datadir/.foobar-old\"", "remove the old data"),
    ];

    /// <summary>Which command it is.</summary>
    public static string NameOf(string script, World world)
    {
        // The arguments stand in the first line.
        string body = script.StartsWith("set -- ", StringComparison.Ordinal)
            ? script[(script.IndexOf('\n', StringComparison.Ordinal) + 1)..]
            : script;
        if (!Known.TryGetValue(body, out string? name))
        {
            name = Names.FirstOrDefault(one => body.Contains(one.Words, StringComparison.Ordinal)).What;
            if (name is null)
            {
                world.Violate($"the model does not know the command: {script}");
                return "";
            }

            Known[body] = name;
        }

        return name;
    }

    /// <summary>Whether it counts as a change, and not as one of the many that only read.</summary>
    public static bool Changes(string what) => what is not (Options or Space or Report or ReadHolder or ListHaproxy or ReadHaproxy);

    /// <summary>Does it.</summary>
    public static (int Code, string Output, string Error) Run(Cluster cluster, string server, string what, RemoteCommand command)
    {
        if (what is ListHaproxy)
        {
            return (0, "==\n/etc/haproxy/haproxy.cfg\n", "");
        }

        if (what is ReadHaproxy)
        {
            return (0, cluster.FindBalancer(server)!.Configuration, "");
        }

        if (what is "write HAProxy's configuration")
        {
            cluster.FindBalancer(server)!.Configuration = Encoding.UTF8.GetString(command.Input.Span);
            return (0, "", "");
        }

        return cluster.Find(server) is { } member ? OfMember(cluster, member, what, command) : (1, "", "no such machine");
    }

    private static (int Code, string Output, string Error) OfMember(Cluster cluster, Member member, string what, RemoteCommand command)
    {
        Dictionary<string, string> files = member.Files;
        switch (what)
        {
            case Options:
                return Done(Defaults(cluster, member));
            case Space:
                return Done(
                    "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 1000000 100000 900000 10% /\n==\n"
                        + "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 1000000 100000 900000 10% /\n==\n"
                        + "36 35 98:0 / / rw,noatime - ext4 /dev/sda1 rw\n");
            case "write the holder":
                files["holder"] = Arguments(command)[0];
                return Done();
            case "remove the holder":
                if (files.GetValueOrDefault("holder") == Arguments(command)[0])
                {
                    files.Remove("holder");
                }

                return Done();
            case ReadHolder:
                return files.TryGetValue("holder", out string? holder) ? Done(holder) : (1, "", "No such file");
            case Report:
                return Done(Reported(member));
            case "fence the machine":
                member.Fenced = true;
                member.Die();
                return Done("unit=mysql.service\npersisted=yes\nruntime=yes\nleft=\n");
            case "lift the fence":
                member.Fenced = false;
                member.IsStopped = !member.Runs;
                if (Arguments(command) is ["start"])
                {
                    member.StartSoon();
                }

                return Done();
            case "start the database":
                member.StartSoon();
                return Done();
            case "restart the database":
                member.Die();
                member.StartSoon();
                return Done();
            case "read the log":
                return Done(Dump(cluster, member, Arguments(command)[1]));
            case "play":
                return Play(cluster, member, Encoding.UTF8.GetString(command.Input.Span));
            case "keep the login":
                files["login"] = Encoding.UTF8.GetString(command.Input.Span);
                return Done();
            case "read the login":
                return Done(files.GetValueOrDefault("login", ""));
            case "forget the login":
                files.Remove("login");
                return Done();
            case "persist the role":
                files["role"] = Arguments(command)[0];
                return Done(Defaults(cluster, member));
            case "read the password":
                return member.Link is null ? (1, "", "sed: can't read") : Done("secret\n");
            case "write the settings of the return":
                files["return"] = "yes";
                return Done();
            case "remove the settings of the return":
                files.Remove("return");
                return Done();
            case "read the kept settings":
                return Done(
                    """{"Version":2,"mysql_dynamic_parse_early_variables":{"read_only":{"Value":"OFF"},"super_read_only":{"Value":"OFF"}}}""");
            case "write the kept settings":
                member.PersistedReadOnly = member.PersistedSuper = true;
                return Done();
            case "stop events at the start":
                files["return-events"] = "yes";
                return Done();
            case "let events start":
                files.Remove("return-events");
                return Done(Defaults(cluster, member));
            case "measure the data":
                return Done("1000\n");
            case "prepare the copy":
                member.Die();
                member.IsStopped = true;
                member.CopyOf(cluster.Find(files["copy"])!);
                return Done($"binlog.000001\t1\t{member.BinlogPosition}\n");
            default:
                return Done();
        }
    }

    private static (int Code, string Output, string Error) Done(string output = "") => (0, output, "");

    private static string Defaults(Cluster cluster, Member member)
    {
        string semi = cluster.Options.SemiSync
            ? (member.IsMariaDb
                ? " --rpl_semi_sync_master_enabled=ON --rpl_semi_sync_slave_enabled=ON"
                : " --rpl_semi_sync_source_enabled=ON --rpl_semi_sync_replica_enabled=ON")
            : "";
        return "mysqld would have been started with the following arguments:\n"
            + $"--datadir=/var/lib/mysql{Scheduler(member)}{semi}{(member.IsMariaDb && member.Files.TryGetValue("role", out string? role) ? $" --read-only={role}" : "")}\n";
    }

    private static string Scheduler(Member member) =>
        member.Files.ContainsKey("return-events")
            ? " --event-scheduler=OFF"
            : member.SchedulerOption is { } option ? $" --event-scheduler={option}" : "";

    private static string Reported(Member member)
    {
        string state = member.Runs
            ? "ActiveState=active\nSubState=running\n"
            : member.IsStarting && !member.Fenced
                ? "ActiveState=activating\nSubState=start\n"
                : member.IsStopped
                    ? "ActiveState=inactive\nSubState=dead\n"
                    : member.Fenced || member.StaysDown
                        ? "ActiveState=failed\nSubState=failed\n"
                        : "ActiveState=activating\nSubState=auto-restart\n";
        string process = member.Runs ? $"pid=7\nprocess={(member.Frozen ? "T" : "S")}\n" : "";
        return $"{state}NRestarts=0\nunit=mysql.service\n{process}datadir=/var/lib/mysql\nindex=/var/lib/mysql/binlog.index\ndata=1000000\n"
            + "binlog=1000000\n";
    }

    private static string[] Arguments(RemoteCommand command)
    {
        string line = command.Script[..command.Script.IndexOf('\n', StringComparison.Ordinal)];
        return [.. line["set -- ".Length..].Split("' '").Select(word => word.Trim('\''))];
    }

    // All that stands in the log and not in what is held, as the flavour's program writes it.
    private static string Dump(Cluster cluster, Member member, string held)
    {
        StringBuilder text = new("/*!50530 SET @@SESSION.PSEUDO_SLAVE_MODE=1*/;\n");
        Func<Tx, bool> left = member.IsMariaDb ? AfterPosition(member, held) : Outside(held);
        foreach (Tx tx in member.Log.Where(left))
        {
            text.Append(member.IsMariaDb
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"/*M!100001 SET @@session.gtid_domain_id=0*//*!*/;\n/*M!100001 SET @@session.server_id={tx.Origin + 1}*//*!*/;\n/*M!100001 SET @@session.gtid_seq_no={tx.Sequence}*//*!*/;\nSTART TRANSACTION\n/*!*/;\nCOMMIT/*!*/;\n")
                : $"SET @@SESSION.GTID_NEXT= '{tx.Gtid}'/*!*/;\nBEGIN\n/*!*/;\nCOMMIT/*!*/;\n");
        }

        _ = cluster;
        return text.ToString();
    }

    private static Func<Tx, bool> Outside(string held)
    {
        Foobar.Ops.Database.Gtids.MySqlGtidSet set = Foobar.Ops.Database.Gtids.MySqlGtidSet.Parse(held);
        return tx => !set.Contains(Foobar.Ops.Database.Gtids.MySqlGtidSet.Parse(tx.Gtid));
    }

    private static Func<Tx, bool> AfterPosition(Member member, string held)
    {
        int at = held.Length == 0 ? -1 : member.Log.FindIndex(tx => tx.Gtid == held);
        return tx => member.Log.IndexOf(tx) > at;
    }

    private static (int Code, string Output, string Error) Play(Cluster cluster, Member member, string sql)
    {
        if (!member.Answers)
        {
            return (1, "", "can't connect");
        }

        if (sql.Contains("ROLLBACK", StringComparison.Ordinal))
        {
            return Done();
        }

        string server = "";
        foreach (string line in sql.Split('\n'))
        {
            string? gtid = null;
            if (line.StartsWith("SET @@SESSION.GTID_NEXT= '", StringComparison.Ordinal))
            {
                gtid = line.Split('\'')[1];
            }
            else if (line.Contains("server_id=", StringComparison.Ordinal))
            {
                server = Digits(line, "server_id=");
            }
            else if (line.Contains("gtid_seq_no=", StringComparison.Ordinal))
            {
                gtid = $"0-{server}-{Digits(line, "gtid_seq_no=")}";
            }

            if (gtid is not null && cluster.All.TryGetValue(gtid, out Tx? tx) && !member.Log.Contains(tx))
            {
                if (!member.IsMariaDb && member.SuperReadOnly)
                {
                    return (1, "", "ERROR 1290 (HY000): --super-read-only");
                }

                member.Append(tx, static () => { });
            }
        }

        member.Settled();
        return Done();
    }

    private static string Digits(string line, string name) =>
        new([.. line[(line.IndexOf(name, StringComparison.Ordinal) + name.Length)..].TakeWhile(char.IsAsciiDigit)]);
}
