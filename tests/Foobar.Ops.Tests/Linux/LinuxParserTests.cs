using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Tests.Linux;

public sealed class LinuxParserTests
{
    private const string UnitList = """
        dev-disk.device                loaded    active   plugged   A disk
        ● mysql.service                  loaded    failed   failed    MySQL Community Server
        nginx.service                  loaded    active   running   A high performance web server
        auditd.service                 not-found inactive dead      auditd.service
        getty@tty1.service             loaded    active   running   Getty on tty1
        """;

    private const string UnitFiles = """
        mysql.service     enabled   enabled
        nginx.service     disabled  enabled
        getty@.service    enabled   enabled
        rsync.service     masked
        """;

    private const string SocketList = """
        udp   UNCONN 0      0               127.0.0.53%lo:53         0.0.0.0:*    users:(("systemd-resolve",pid=200,fd=13))
        udp   UNCONN 0      0      [fe80::1]%host0:546           [::]:*    users:(("systemd-network",pid=77,fd=21))
        tcp   LISTEN 0      511                 0.0.0.0:80           0.0.0.0:*    users:(("nginx",pid=301,fd=5),("nginx",pid=300,fd=5))
        tcp   LISTEN 0      4096                      *:9100               *:*    users:(("prometheus-node",pid=88,fd=3))
        tcp   LISTEN 0      128                    [::1]:3306           [::]:*
        tcp   LISTEN 0      128      [::ffff:127.0.0.1]:8080          *:*
        tcp   LISTEN 0      80                192.0.2.11:3306         0.0.0.0:*    users:(("mariadbd",pid=400,fd=22))
        """;

    private const string Space = """
        Filesystem     1024-blocks      Used Available Capacity Mounted on
        overlay           82042800  17220712  60608308      23% /
        tmpfs                65536         0     65536       0% /dev
        my disk             100         90        10      90% /mnt/with blank
        proc                     0         0         0       -  /proc
        """;

    private const string Inodes = """
        Filesystem      Inodes  IUsed   IFree IUse% Mounted on
        overlay        5242880 412345 4830535    8% /
        tmpfs          3086868     17 3086851    1% /dev
        my disk              0      0       0     - /mnt/with blank
        """;

    private const string MountInfo = """
        22 1 0:21 / / rw,relatime - overlay overlay rw,lowerdir=/l,upperdir=/u
        24 22 8:1 / /data rw,relatime shared:1 - ext4 /dev/sda1 ro,errors=remount-ro
        25 22 8:2 / /mnt/a\040b ro,relatime - ext4 /dev/sda2 rw
        """;

    private const string MemInfo = """
        MemTotal:       24696472 kB
        MemFree:        20145752 kB
        MemAvailable:   23043212 kB
        SwapTotal:       1000000 kB
        SwapFree:         400000 kB
        HugePages_Total:       0
        """;

    [Theory]
    [InlineData("/bin/sh -c mysqldump -pS3CRET")]
    [InlineData("[systemd-run] /usr/bin/mysqldump -pS3CRET")]
    public void The_command_line_of_a_transient_unit_is_not_kept(string description)
    {
        Unit unit = Assert.Single(UnitParser.Parse($"nightdump.service loaded failed failed {description}\n"));

        Assert.DoesNotContain("S3CRET", unit.Description, StringComparison.Ordinal);
        Assert.Equal("failed", unit.Active);
    }

    [Fact]
    public void Units_are_read_with_their_states()
    {
        IReadOnlyList<Unit> units = UnitParser.Join(UnitParser.Parse(UnitList), UnitParser.ParseFiles(UnitFiles));

        Unit mysql = units.Single(unit => unit.Name == "mysql.service");
        Assert.Equal(
            ("loaded", "failed", "failed", "MySQL Community Server", "enabled"),
            (mysql.Load, mysql.Active, mysql.Sub, mysql.Description, mysql.FileState));
        Assert.False(mysql.IsActive);
        Unit nginx = units.Single(unit => unit.Name == "nginx.service");
        Assert.True(nginx.IsActive);
        Assert.False(nginx.StartsAtBoot);
        Assert.Equal("enabled", units.Single(unit => unit.Name == "getty@tty1.service").FileState);
        Assert.Equal("masked", units.Single(unit => unit.Name == "rsync.service").FileState);
        Assert.DoesNotContain(units, unit => unit.Name == "getty@.service");
    }

    [Fact]
    public void An_alias_is_read_with_the_unit_it_leads_to()
    {
        IReadOnlyList<Unit> units = UnitParser.Join([], UnitParser.ParseFiles("""
            mariadb.service disabled enabled
            mysql.service   alias    -
            mysql.service -> mariadb.service
            """));

        Assert.Equal(
            [("mariadb.service", "disabled", null, false), ("mysql.service", "alias", "mariadb.service", false)],
            units.Select(static unit => (unit.Name, unit.FileState, unit.AliasOf, unit.StartsAtBoot)));
        Assert.Throws<ParseException>(() => UnitParser.ParseFiles("mysql.service ->\n"));
    }

    [Fact]
    public void Restarts_are_read_with_how_long_ago_the_last_one_was()
    {
        IReadOnlyDictionary<string, UnitRestarts> units = RestartScript.Parse("""
            ==> uptime
            1000.50 4000.00

            ==> units
            Result=success
            NRestarts=3
            Id=foobar-app.service
            ActiveEnterTimestampMonotonic=990500000

            Result=exit-code
            NRestarts=5
            Id=shipper.service
            ActiveEnterTimestampMonotonic=0

            Id=ssh.socket
            ActiveEnterTimestampMonotonic=990500000

            """);

        Assert.Equal(
            [
                ("foobar-app.service", new UnitRestarts { Count = 3, Result = "success", ActiveSeconds = 10 }),
                ("shipper.service", new UnitRestarts { Count = 5, Result = "exit-code" }),
            ],
            units.Select(static unit => (unit.Key, unit.Value)));
        Assert.Equal(
            2,
            RestartScript.ParseJournal("""
                foobar-app.service: Scheduled restart job, restart counter is at 2.
                foobar-app.service: Scheduled restart job, restart counter is at 3.
                -- Boot 0123 --
                """)["foobar-app.service"]);
    }

    [Fact]
    public void Conditions_that_fail_are_read_and_those_that_need_not_hold_are_not()
    {
        IReadOnlyDictionary<string, UnitConditions> units = ConditionScript.Parse("""

            ==> nginx.service
            nginx.service: ConditionPathExists=/nonexistent failed.
            nginx.service: ConditionPathExists=/etc succeeded.
            Conditions failed.

            ==> shop.service
            shop.service: AssertPathExists=/nonexistent failed.
            Asserts failed.
            shop.service: ConditionPathExists=|/etc succeeded.
            shop.service: ConditionPathExists=|/nonexistent failed.
            Conditions succeeded.

            ==> mariadb.service
            sh: 1: systemd-analyze: not found

            """);

        Assert.Equal(["ConditionPathExists=/nonexistent"], units["nginx.service"].Failed);
        Assert.Equal(["AssertPathExists=/nonexistent"], units["shop.service"].Failed);
        Assert.Equal([null, null], new[] { "nginx.service", "shop.service" }.Select(name => units[name].Doubt));
        Assert.Contains("not found", units["mariadb.service"].Doubt, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ConditionPathExists=/run/nologin", true)]
    [InlineData("ConditionPathExists=|!/proc/xen", true)]
    [InlineData("ConditionFileNotEmpty=/var/run/x", true)]
    [InlineData("ConditionACPower=true", true)]
    [InlineData("ConditionPathExists=/running", false)]
    [InlineData("AssertHost=web-09", false)]
    public void A_condition_about_what_a_boot_makes_is_told_from_others(string condition, bool expected) =>
        Assert.Equal(expected, new UnitConditions { Failed = [condition] }.IsOfThisBoot);

    [Fact]
    public void A_unit_line_without_states_is_refused_with_its_line_number()
    {
        ParseException error = Assert.Throws<ParseException>(() => UnitParser.Parse("a.service loaded active running x\nnonsense\n"));
        Assert.Equal(2, error.Line);
    }

    [Fact]
    public void Sockets_are_read_with_scope_interface_and_processes()
    {
        IReadOnlyList<ListeningSocket> sockets = SocketParser.Parse(SocketList);

        Assert.Equal(
            [
                (TransportProtocol.Udp, "127.0.0.53", "lo", 53, SocketScope.Loopback),
                (TransportProtocol.Udp, "fe80::1", "host0", 546, SocketScope.Interface),
                (TransportProtocol.Tcp, "0.0.0.0", null, 80, SocketScope.Wildcard),
                (TransportProtocol.Tcp, "*", null, 9100, SocketScope.Wildcard),
                (TransportProtocol.Tcp, "::1", null, 3306, SocketScope.Loopback),
                (TransportProtocol.Tcp, "::ffff:127.0.0.1", null, 8080, SocketScope.Loopback),
                (TransportProtocol.Tcp, "192.0.2.11", null, 3306, SocketScope.Interface),
            ],
            sockets.Select(socket => (socket.Protocol, socket.Address, socket.Interface, socket.Port, socket.Scope)));
        Assert.Equal(["nginx"], sockets[2].Processes);
        Assert.Empty(sockets[4].Processes);
        Assert.Equal("udp/53 on 127.0.0.53%lo", sockets[0].Label);
    }

    [Fact]
    public void File_systems_are_read_with_blanks_in_names_and_without_inode_limits()
    {
        IReadOnlyList<FileSystem> disks = DfParser.Parse(Space, Inodes);

        Assert.Equal(["/", "/dev", "/mnt/with blank"], disks.Select(disk => disk.MountPoint));
        Assert.Equal(82042800L * 1024, disks[0].SizeBytes);
        Assert.Equal(412345, disks[0].InodesUsed);
        Assert.Equal("my disk", disks[2].Device);
        Assert.Equal(90.0, disks[2].UsedPercent);
        Assert.Null(disks[2].InodesUsedPercent);
    }

    [Fact]
    public void A_disk_of_the_host_is_not_the_container_s() =>
        Assert.Equal(
            ["/", "/dev", "/mnt/with blank"],
            FileSystemScript.Parse($"{Space}\n/dev/vda 100 99 1 99% /run/host/os-release\n\n==> inodes\n{Inodes}")
                .Select(disk => disk.MountPoint));

    [Fact]
    public void Mounts_tell_what_is_read_only_and_what_is_meant_to_be()
    {
        IReadOnlyList<Mount> mounts = MountParser.Parse(MountInfo, "# comment\n/dev/sda2 /mnt/a\\040b ext4 ro,noatime 0 2\n");

        Assert.Equal(
            [("/", false, false), ("/data", true, false), ("/mnt/a b", true, true)],
            mounts.Select(mount => (mount.MountPoint, mount.IsReadOnly, mount.DeclaredReadOnly)));
    }

    [Fact]
    public void Memory_is_read_in_bytes()
    {
        MemoryUse memory = MemoryUse.Parse(MemInfo);

        Assert.Equal(
            (24696472L * 1024, 23043212L * 1024, 1000000L * 1024, 600000L * 1024),
            (memory.TotalBytes, memory.AvailableBytes, memory.SwapTotalBytes, memory.SwapUsedBytes));
        Assert.Throws<ParseException>(() => MemoryUse.Parse("MemTotal: 5 kB"));
    }

    [Fact]
    public void Any_text_is_taken_or_refused()
    {
        ParserProperties.TakesOrRefusesAnyText(UnitParser.Parse, UnitList);
        ParserProperties.TakesOrRefusesAnyText(UnitParser.ParseFiles, UnitFiles);
        ParserProperties.TakesOrRefusesAnyText(SocketParser.Parse, SocketList);
        ParserProperties.TakesOrRefusesAnyText(text => DfParser.Parse(text, Inodes), Space);
        ParserProperties.TakesOrRefusesAnyText(text => DfParser.Parse(Space, text), Inodes);
        ParserProperties.TakesOrRefusesAnyText(text => MountParser.Parse(text, text), MountInfo);
        ParserProperties.TakesOrRefusesAnyText(MemoryUse.Parse, MemInfo);
    }
}
