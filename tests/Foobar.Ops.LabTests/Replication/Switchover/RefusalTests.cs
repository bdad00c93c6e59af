using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Switchover;
using Foobar.Ops.Remoting;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Replication.Switchover;

/// <summary>
/// A switchover that could not end well is refused with its reason, and nothing was changed. Another version can't be made live: see the
/// preflight's unit tests.
/// </summary>
[Collection(LabCollection.Name)]
public sealed class RefusalTests(LabFixture labs)
{
    /// <summary>What is broken, on which server, and the blocker that must say so.</summary>
    private static readonly Obstacle[] Obstacles =
    [
        new(
            "replication stopped", "ReplicationStopped", "web-02", "web-02", "mysql -e 'STOP REPLICA SQL_THREAD'",
            "mysql -e 'START REPLICA SQL_THREAD'"),
        new("no path back", "ReverseConnection", "web-01", "web-02",
            "nft insert rule inet filter input tcp dport 3306 ip saddr $PRIMARY4 reject && nft insert rule inet filter input tcp dport "
                + "3306 ip6 saddr $PRIMARY6 reject",
            "nft -f /etc/nftables.conf"),
        new(
            "read-only file system", "FileSystem", "web-02", "web-02", "mount --bind -o ro /var/lib/mysql /var/lib/mysql",
            "umount /var/lib/mysql"),
        new("idle transaction", "IdleTransaction", "web-01", "web-01",
            "systemd-run --quiet --collect --unit=foobar-held sh -c '(echo \"BEGIN; INSERT INTO foobar_ops.canary (run, seq) VALUES (1, "
                + "1);\"; sleep 3600) | mysql --unbuffered'; sleep 4",
            "systemctl stop foobar-held.service"),
        new("global read lock", "GlobalLock", "web-01", "web-01",
            "systemd-run --quiet --collect --unit=foobar-held sh -c '(echo \"FLUSH TABLES WITH READ LOCK;\"; sleep 3600) | mysql "
                + "--unbuffered'; sleep 2",
            "systemctl stop foobar-held.service"),
        new("global read lock before the first failover", "GlobalLock", "web-01", "web-01",
            "mysql -e 'DROP DATABASE foobar_ops'; systemd-run --quiet --collect --unit=foobar-held sh -c '(echo \"FLUSH TABLES WITH READ "
                + "LOCK;\"; sleep 3600) | mysql --unbuffered'; sleep 2",
            "systemctl stop foobar-held.service"),
        new(
            "errors papered over", "SkipsErrors", "web-02", "web-02",
            "mysql -e 'SET GLOBAL slave_exec_mode = IDEMPOTENT'",
            "mysql -e 'SET GLOBAL slave_exec_mode = STRICT'"),
        new("socket of level operator", "EndpointLevel", "lb-01", "lb-01",
            "cp -p /etc/haproxy/haproxy.cfg /etc/haproxy/haproxy.kept && sed -i 's/level admin/level operator/' /etc/haproxy/haproxy.cfg "
                + "&& systemctl reload haproxy && sleep 1",
            "mv /etc/haproxy/haproxy.kept /etc/haproxy/haproxy.cfg && systemctl reload haproxy && sleep 1"),
        new("member that the backend lacks", "Endpoint", "lb-01", "lb-01",
            "cp -p /etc/haproxy/haproxy.cfg /etc/haproxy/haproxy.kept && sed -i '/^backend mysql-write/,/^$/ s/server web-02 /server "
                + "other-02 /' /etc/haproxy/haproxy.cfg && systemctl reload haproxy && sleep 1",
            "mv /etc/haproxy/haproxy.kept /etc/haproxy/haproxy.cfg && systemctl reload haproxy && sleep 1")
        {
            Says = "has no server 'web-02'",
        },
        new("address for writes where nothing listens", "EndpointAddress", "lb-01", "lb-01",
            "cp -p /etc/haproxy/haproxy.cfg /etc/haproxy/haproxy.kept && sed -i '/^frontend mysql$/,/^$/ s/:3306/:3316/' "
                + "/etc/haproxy/haproxy.cfg && systemctl reload haproxy && sleep 1",
            "mv /etc/haproxy/haproxy.kept /etc/haproxy/haproxy.cfg && systemctl reload haproxy && sleep 1")
        {
            Says = "does not arrive at web-01",
        },
        new("filter on the marker", "Filtered", "web-02", "web-02",
            "mysql -e \"STOP REPLICA SQL_THREAD\"; mysql -e \"CHANGE REPLICATION FILTER REPLICATE_WILD_IGNORE_TABLE = ('foobar\\_ops.%')\" "
                + "|| mysql -e \"STOP ALL SLAVES; SET GLOBAL replicate_wild_ignore_table = 'foobar_ops.%'; START ALL SLAVES\"; mysql -e "
                + "\"START REPLICA SQL_THREAD\"",
            "mysql -e \"STOP REPLICA SQL_THREAD\"; mysql -e \"CHANGE REPLICATION FILTER REPLICATE_WILD_IGNORE_TABLE = ()\" || mysql -e "
                + "\"STOP ALL SLAVES; SET GLOBAL replicate_wild_ignore_table = ''; START ALL SLAVES\"; mysql -e \"START REPLICA "
                + "SQL_THREAD\""),
        new("unlogged database", "LogFilters", "web-01", "web-01",
            "unit=$(systemctl show -p Id --value mysql.service mariadb.service | grep -m 1 service); printf '[mysqld]\n"
                + "binlog-ignore-db = billing\n' > /etc/mysql/conf.d/zz-test.cnf; systemctl restart $unit",
            "unit=$(systemctl show -p Id --value mysql.service mariadb.service | grep -m 1 service); rm /etc/mysql/conf.d/zz-test.cnf; "
                + "systemctl restart $unit")
        {
            RestartsPrimary = true,
        },
        new("lag", "Lag", "web-02", "web-02",
            "systemd-run --quiet --collect --unit=foobar-held sh -c '(echo \"FLUSH TABLES WITH READ LOCK;\"; sleep 3600) | mysql "
                + "--unbuffered'; sleep 1",
            "systemctl stop foobar-held.service")
        {
            AfterOnPrimary =
                "for n in 1 2 3 4 5; do mysql -e \"INSERT INTO foobar_ops.canary (run, seq) VALUES ('lag', $n)\"; done; mysql -e \"DELETE "
                    + "FROM foobar_ops.canary WHERE run = 'lag'\"; sleep 3",
        },
    ];

    /// <summary>Faults of the catalogue, and the blocker that must see them.</summary>
    private static readonly (string Fault, string Code)[] Faults =
    [
        ("errant-transaction", "ErrantTransactions"), ("replication-grant-missing", "Grants"),
    ];

    /// <summary>
    /// Each on both flavours; in the default run three of them, each on one flavour. The unit tests try each on made-up
    /// facts.
    /// </summary>
    public static TheoryData<string, string> Cases => new(
        from one in Obstacles.Select(one => one.Name).Concat(Faults.Select(one => one.Fault)).Index()
        from flavour in (string[])["MariaDb", "MySql"]
        where Sample.IsAll || one.Index % 8 == (flavour == "MariaDb" ? 0 : 3)
        select (flavour, one.Item));

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task An_obstacle_is_named_and_nothing_is_changed(string flavour, string name)
    {
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);

        // The table of markers is there since the first operation.
        await using (IDatabaseSession primary = await bed.Session.OpenDatabaseAsync("web-01", TestContext.Current.CancellationToken))
        {
            await DatabaseMember.Of(primary).Marks.TryWriteAsync(TestContext.Current.CancellationToken);
        }

        await bed.WaitUntilCaughtUpAsync();
        if (Obstacles.FirstOrDefault(one => one.Name == name) is { } obstacle)
        {
            await obstacle.MakeAsync(bed);
            try
            {
                await AssertRefusedAsync(bed, obstacle.Code, obstacle.SeenOn, obstacle.Says);
            }
            finally
            {
                await bed.Lab.RunAsync(obstacle.Server, obstacle.Heal);
            }

            await bed.WaitUntilCaughtUpAsync();
        }
        else
        {
            (string fault, string code) = Faults.Single(one => one.Fault == name);
            await bed.Lab.BreakAsync(fault);
            try
            {
                await AssertRefusedAsync(bed, code, "web-02");
            }
            finally
            {
                await bed.Lab.HealAsync(fault);
            }
        }
    }

    private static async Task AssertRefusedAsync(FailoverBed bed, string code, string server, string says = "")
    {
        // A tenth of the lag that the lab's policy allows: the test need not wait so long.
        Site strict = bed.Patient(TimeSpan.FromSeconds(0.5));
        await using SiteSession session = new(strict);
        SwitchoverOperation operation = new(session, new(strict.Name, bed.State));
        string before = await StateAsync(bed);
        FailoverPreview preview = await operation.PreviewAsync(
            new FailoverOptions { To = "web-02" }, TestContext.Current.CancellationToken);
        Assert.Contains(
            preview.Blockers,
            blocker =>
                blocker.Code == code
                    && blocker.Server == server
                    && blocker.Remediation.Length > 0
                    && blocker.Message.Contains(says, StringComparison.Ordinal));
        FoobarException refused = await Assert.ThrowsAsync<FoobarException>(
            () => operation.RunAsync(
                new FailoverOptions { To = "web-02", Canary = bed.Canary }, null, TestContext.Current.CancellationToken));
        Assert.Equal("FailoverRefused", refused.ErrorId);
        Assert.Contains($"{code} on {server}", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await StateAsync(bed));
        Assert.Empty(Directory.GetFiles(bed.State, "*.jsonl", SearchOption.AllDirectories));
    }

    /// <summary>All that a switchover would have changed first: transactions, roles now and after a restart, links, the endpoint.</summary>
    private static async Task<string> StateAsync(FailoverBed bed)
    {
        ReplicationTopology topology = await bed.TopologyAsync();
        string endpoint = await bed.Lab.RunAsync(
            "lb-01", "echo show servers state mysql-write | socat - /run/haproxy/admin.sock | awk '{print $4, $6, $7}'");
        return string.Join(
            '\n',
            topology.Members.Select(member => topology.Facts(member.Name)!)
                .Select(
                    facts =>
                        $"{facts.Gtid.Value!.Executed} {facts.Guard.Value} "
                            + $"{string.Join(",", facts.Channels.Value!.Select(channel => $"{channel.SourceHost} {channel.Receiver} {channel.Applier}"))}"))
            + endpoint;
    }

    private sealed record Obstacle(string Name, string Code, string SeenOn, string Server, string Break, string Heal)
    {
        public string? AfterOnPrimary { get; init; }

        public string Says { get; init; } = string.Empty;

        public bool RestartsPrimary { get; init; }

        public async Task MakeAsync(FailoverBed bed)
        {
            Foobar.Ops.Lab.Setup.LabLink primary = bed.Lab.Plan.Primary.Links[0];
            await bed.Lab.RunAsync(
                Server,
                Break.Replace("$PRIMARY4", $"{primary.V4}", StringComparison.Ordinal)
                    .Replace("$PRIMARY6", $"{primary.V6}", StringComparison.Ordinal));
            if (AfterOnPrimary is not null)
            {
                await bed.Lab.RunAsync("web-01", AfterOnPrimary);
            }

            if (RestartsPrimary)
            {
                // The replica connects again by itself, which is no change of the refused operation's.
                await bed.WaitUntilCaughtUpAsync();
            }
        }
    }
}
