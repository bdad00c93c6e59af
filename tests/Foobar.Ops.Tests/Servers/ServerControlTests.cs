using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Servers;

namespace Foobar.Ops.Tests.Servers;

public sealed class ServerControlTests
{
    private static readonly ServerFacts Healthy = new()
    {
        System = Reading.Of(new SystemIdentity { Name = "Debian", Distribution = "debian", Kernel = "6.1", Architecture = "x86_64" }),
        BootTime = Reading.Of(TestSite.Now.AddDays(-3)),
        SystemState = Reading.Of("running"),
        Units = Units(Active("nginx.service"), Active("mysql.service"), Active("ssh.service")),
        Sockets = Sockets(
            "tcp LISTEN 0 1 *:22 *:*", "tcp LISTEN 0 1 0.0.0.0:80 0.0.0.0:*", "tcp LISTEN 0 1 192.0.2.11:3306 0.0.0.0:*",
            "tcp LISTEN 0 1 127.0.0.1:6379 0.0.0.0:*", "tcp LISTEN 0 1 *:9100 *:*", "udp UNCONN 0 0 192.0.2.11%eth0:68 0.0.0.0:*"),
        EphemeralPorts = Reading.Of(new EphemeralPorts(32768, 60999)),
        FileSystems = Disks(new FileSystem
        {
            MountPoint = "/",
            Device = "/dev/sda1",
            SizeBytes = 100,
            UsedBytes = 50,
            AvailableBytes = 50,
            Inodes = 100,
            InodesUsed = 5,
        }),
        Mounts = Reading.Of<IReadOnlyList<Mount>>([
            new Mount { MountPoint = "/", Type = "ext4", Device = "/dev/sda1", IsReadOnly = false },
        ]),
        Memory = Reading.Of(new MemoryUse { TotalBytes = 100, AvailableBytes = 50 }),
        ClockSync = Reading.Of(new ClockSync { Synchronized = true }),
        ClockOffset = Reading.Of(new ClockOffset(0.1, 0.01)),
        PendingReboot = Reading.Of(new PendingReboot { RunningKernel = "6.1" }),
        Sshd = Reading.Of(new SshdSettings { PermitRootLogin = "prohibit-password", PasswordAuthentication = false }),
    };

    public static TheoryData<string> Ids => [.. ServerControls.All.Select(control => control.Info.Id)];

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_healthy_server_passes(string id) =>
        Assert.All(Judge(id, Healthy), finding => Assert.Equal(FindingStatus.Pass, finding.Status));

    [Theory]
    [MemberData(nameof(Ids))]
    public void What_could_not_be_read_is_unknown_with_the_reason(string id)
    {
        Reading<T> No<T>() => Reading.Unreadable<T>("no sudo", "the command");
        ServerFacts unread = new()
        {
            System = No<SystemIdentity>(),
            BootTime = No<DateTimeOffset>(),
            SystemState = No<string>(),
            Units = No<IReadOnlyList<Unit>>(),
            Sockets = No<IReadOnlyList<ListeningSocket>>(),
            EphemeralPorts = No<EphemeralPorts>(),
            FileSystems = No<IReadOnlyList<FileSystem>>(),
            Mounts = No<IReadOnlyList<Mount>>(),
            Memory = No<MemoryUse>(),
            ClockSync = No<ClockSync>(),
            ClockOffset = No<ClockOffset>(),
            PendingReboot = No<PendingReboot>(),
            Sshd = No<SshdSettings>(),
        };

        Finding finding = Assert.Single(Judge(id, unread));
        Assert.Equal((FindingStatus.Unknown, "no sudo"), (finding.Status, finding.Reason));
    }

    [Fact]
    public void Control_ids_are_unique() =>
        Assert.Equal(ServerControls.All.Count, ServerControls.All.Select(control => control.Info.Id).Distinct().Count());

    [Fact]
    public void A_stopped_service_fails_and_its_other_name_would_do()
    {
        ServerFacts facts = Healthy with
        {
            Units = Units(
                Active("nginx.service") with { Active = "inactive", Sub = "dead" }, Active("mariadb.service"), Active("ssh.socket")),
        };

        Assert.Equal(
            [(FindingStatus.Fail, "nginx.service"), (FindingStatus.Pass, "mariadb.service"), (FindingStatus.Pass, "ssh.socket")],
            Judge("SRV-001", facts).Brief());
        Assert.All(Judge("SRV-002", facts), finding => Assert.Equal(FindingStatus.Pass, finding.Status));
    }

    [Fact]
    public void Declared_units_replace_the_usual_ones()
    {
        Site site = TestSite.Create(new Policy
        {
            Servers = new ServerPolicy
            {
                Units = new Dictionary<Role, IReadOnlyList<string>> { [Role.Web] = ["caddy"], [Role.App] = ["orders.service"] },
            },
        });
        ServerFacts facts = Healthy with { Units = Units(Active("caddy.service"), Active("mysql.service"), Active("ssh.service")) };

        Assert.Equal(
            [
                (FindingStatus.Pass, "caddy.service"),
                (FindingStatus.Fail, "orders.service"),
                (FindingStatus.Pass, "mysql.service"),
                (FindingStatus.Pass, "ssh.service"),
            ],
            TestSite.Judge(ServerControls.All, "SRV-001", facts, site: site).Brief());
    }

    [Fact]
    public void A_failed_unit_is_named_and_a_disabled_one_told()
    {
        ServerFacts facts = Healthy with
        {
            Units = Units(
                Active("nginx.service") with { FileState = "disabled" },
                Active("mysql.service"), Active("ssh.service"),
                Active("backup.service") with { Active = "failed", Sub = "failed" }),
        };

        Assert.Equal([(FindingStatus.Fail, "backup.service")], Judge("SRV-002", facts).Brief());
        Assert.Equal(
            [(FindingStatus.Fail, "nginx.service"), (FindingStatus.Pass, "mysql.service"), (FindingStatus.Pass, "ssh.service")],
            Judge("SRV-014", facts).Brief());
    }

    [Theory]
    [InlineData("mariadb.service", "disabled", FindingStatus.Fail, "mariadb.service")]
    [InlineData("mariadb.service", "enabled", FindingStatus.Pass, "mariadb.service")]
    [InlineData("percona.service", "disabled", FindingStatus.Fail, "percona.service")]
    [InlineData("percona.service", "enabled", FindingStatus.Pass, "percona.service")]
    [InlineData("percona.service", "", FindingStatus.Unknown, "mysql.service")]
    public void An_alias_starts_at_boot_if_the_unit_it_leads_to_does(
        string target, string state, FindingStatus expected, string judged)
    {
        Unit alias = Active("mysql.service") with { Load = "stub", Active = "inactive", FileState = "alias", AliasOf = "mysqld.service" };
        ServerFacts facts = Healthy with
        {
            Units = Units([
                Active("nginx.service"), Active("ssh.service"), alias,
                .. state.Length > 0
                    ? [
                        alias with { Name = "mysqld.service", AliasOf = target },
                        Active(target) with { FileState = state },
                    ]
                    : Array.Empty<Unit>(),
            ]),
        };

        Assert.Contains((expected, judged), Judge("SRV-014", facts).Brief());
    }

    [Theory]
    [InlineData(null, null, FindingStatus.Pass)]
    [InlineData("ConditionPathExists=/nonexistent", null, FindingStatus.Fail)]
    [InlineData("ConditionPathExists=/run/ready", null, FindingStatus.Unknown)]
    [InlineData(null, "no systemd-analyze", FindingStatus.Unknown)]
    public void An_enabled_unit_whose_condition_fails_does_not_start_at_boot(string? failed, string? doubt, FindingStatus expected)
    {
        ServerFacts facts = Healthy with
        {
            Units = Units(
                Active("nginx.service") with
                {
                    Conditions = new UnitConditions { Failed = failed is null ? [] : [failed], Doubt = doubt },
                },
                Active("mysql.service"), Active("ssh.service")),
        };

        Assert.Contains((expected, "nginx.service"), Judge("SRV-014", facts).Brief());
    }

    [Theory]
    [InlineData(0, 10, null, FindingStatus.Pass)]
    [InlineData(2, 10, null, FindingStatus.Pass)]
    [InlineData(300, 3600, null, FindingStatus.Pass)]
    [InlineData(300, 10, 1, FindingStatus.Pass)]
    [InlineData(300, 10, null, FindingStatus.Warning)]
    [InlineData(3, 10, 3, FindingStatus.Fail)]
    [InlineData(3, null, 3, FindingStatus.Fail)]
    public void A_service_that_is_started_again_all_the_time_does_not_run(
        int count, int? activeSeconds, int? lastHour, FindingStatus expected)
    {
        ServerFacts facts = Healthy with
        {
            Units = Units(
                Active("nginx.service") with
                {
                    Restarts = new UnitRestarts
                    {
                        Count = count, ActiveSeconds = activeSeconds, LastHour = lastHour, Result = "success",
                    },
                },
                Active("mysql.service"), Active("ssh.service")),
        };

        Finding finding = Judge("SRV-001", facts)[0];

        Assert.Equal((expected, "nginx.service"), (finding.Status, finding.Target));
        Assert.Equal(count > 0, finding.Actual!.Contains($"started it again {count} times", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("auto-restart", "exit-code", FindingStatus.Fail)]
    [InlineData("auto-restart-queued", "signal", FindingStatus.Fail)]
    [InlineData("auto-restart", null, FindingStatus.Fail)]
    [InlineData("auto-restart", "success", FindingStatus.Pass)]
    [InlineData("start", null, FindingStatus.Pass)]
    public void A_unit_that_failed_and_waits_to_be_started_again_has_failed(string sub, string? result, FindingStatus expected)
    {
        ServerFacts facts = Healthy with
        {
            Units = Units(Active("shipper.service") with
            {
                Active = "activating", Sub = sub, Restarts = result is null ? null : new UnitRestarts { Count = 5, Result = result },
            }),
        };

        Assert.Equal(expected, Assert.Single(Judge("SRV-002", facts)).Status);
    }

    [Fact]
    public void A_listener_that_no_flow_leads_to_fails_and_a_client_port_warns()
    {
        ServerFacts facts = Healthy with
        {
            Sockets = Sockets(
                "tcp LISTEN 0 1 0.0.0.0:8081 0.0.0.0:* users:((\"python3\",pid=1,fd=1))",
                "udp UNCONN 0 0 [::]:5355 [::]:*", "udp UNCONN 0 0 0.0.0.0:40001 0.0.0.0:*"),
        };

        Finding[] findings = [.. Judge("SRV-003", facts)];

        Assert.Equal(
            [
                (FindingStatus.Fail, "tcp/8081 on 0.0.0.0"),
                (FindingStatus.Fail, "udp/5355 on ::"),
                (FindingStatus.Warning, "udp/40001 on 0.0.0.0"),
            ],
            findings.Brief());
        Assert.Contains("python3", findings[0].Actual, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flow_needs_a_listener_that_others_can_reach()
    {
        ServerFacts facts = Healthy with
        {
            Sockets = Sockets("tcp LISTEN 0 1 0.0.0.0:80 0.0.0.0:*", "tcp LISTEN 0 1 127.0.0.1:3306 0.0.0.0:*"),
        };

        Finding[] findings = [.. Judge("SRV-004", facts)];

        Assert.Equal([(FindingStatus.Pass, "tcp/80"), (FindingStatus.Fail, "tcp/3306"), (FindingStatus.Fail, "tcp/22")], findings.Brief());
        Assert.Equal("listens on 127.0.0.1 only", findings[1].Actual);
    }

    [Theory]
    [InlineData(80, FindingStatus.Pass)]
    [InlineData(81, FindingStatus.Warning)]
    [InlineData(90, FindingStatus.Warning)]
    [InlineData(91, FindingStatus.Fail)]
    public void Space_and_inodes_are_held_against_their_limits(int percent, FindingStatus status)
    {
        ServerFacts facts = Healthy with
        {
            FileSystems = Disks(new FileSystem
            {
                MountPoint = "/",
                Device = "d",
                SizeBytes = 100,
                UsedBytes = percent,
                AvailableBytes = 100 - percent,
                Inodes = 100,
                InodesUsed = percent,
            }),
        };

        Assert.Equal([(status, "/")], Judge("SRV-005", facts).Brief());
        Assert.Equal([(status, "/")], Judge("SRV-006", facts).Brief());
    }

    [Theory]
    [InlineData("/data", "ext4", false, FindingStatus.Fail)]
    [InlineData("/data", "ext4", true, FindingStatus.Pass)]
    [InlineData("/run/host/x", "ext4", false, FindingStatus.Pass)]
    [InlineData("/snapshots", "squashfs", false, FindingStatus.Pass)]
    public void A_read_only_file_system_fails_unless_it_is_meant_to_be(string point, string type, bool declared, FindingStatus status)
    {
        ServerFacts facts = Healthy with
        {
            Mounts = Reading.Of<IReadOnlyList<Mount>>([
                new Mount { MountPoint = point, Type = type, Device = "d", IsReadOnly = true, DeclaredReadOnly = declared },
            ]),
        };

        Assert.Equal(status, Assert.Single(Judge("SRV-007", facts)).Status);
    }

    [Theory]
    [InlineData(-1.9, 0.05, FindingStatus.Pass)]
    [InlineData(1.9, 0.2, FindingStatus.Unknown)]
    [InlineData(2.1, 0.05, FindingStatus.Fail)]
    [InlineData(-300, 0.05, FindingStatus.Fail)]
    public void The_clock_is_judged_only_as_far_as_it_was_measured(double seconds, double uncertainty, FindingStatus status) =>
        Assert.Equal(
            status,
            Assert.Single(Judge("SRV-010", Healthy with { ClockOffset = Reading.Of(new ClockOffset(seconds, uncertainty)) })).Status);

    [Fact]
    public void A_container_is_not_asked_to_keep_a_clock()
    {
        ServerFacts free = Healthy with { ClockSync = Reading.Of(new ClockSync { Synchronized = false }) };
        ServerFacts contained = free with { System = Reading.Of(free.System.Value! with { IsContainer = true }) };

        Assert.Equal(FindingStatus.Fail, Assert.Single(Judge("SRV-009", free)).Status);
        Assert.Equal(FindingStatus.NotApplicable, Assert.Single(Judge("SRV-009", contained)).Status);
    }

    [Fact]
    public void Memory_and_pending_restarts_are_judged()
    {
        ServerFacts facts = Healthy with
        {
            Memory = Reading.Of(new MemoryUse { TotalBytes = 100, AvailableBytes = 4 }),
            PendingReboot = Reading.Of(new PendingReboot { RunningKernel = "6.1.0-9", NewestKernel = "6.1.0-10" }),
        };

        Assert.Equal(FindingStatus.Fail, Assert.Single(Judge("SRV-008", facts)).Status);
        Assert.Equal("kernel 6.1.0-10 running", Assert.Single(Judge("SRV-011", facts)).Expected);
    }

    [Theory]
    [InlineData("yes", false, FindingStatus.Pass, FindingStatus.Pass)]
    [InlineData("yes", true, FindingStatus.Fail, FindingStatus.Fail)]
    [InlineData("prohibit-password", true, FindingStatus.Pass, FindingStatus.Fail)]
    public void Passwords_are_judged_for_root_and_for_all(string root, bool passwords, FindingStatus rootStatus, FindingStatus allStatus)
    {
        ServerFacts facts = Healthy with
        {
            Sshd = Reading.Of(new SshdSettings { PermitRootLogin = root, PasswordAuthentication = passwords }),
        };

        Assert.Equal(rootStatus, Assert.Single(Judge("SRV-012", facts)).Status);
        Assert.Equal(allStatus, Assert.Single(Judge("SRV-013", facts)).Status);
    }

    [Fact]
    public void Settings_of_sshd_that_are_not_understood_decide_nothing()
    {
        ServerFacts facts = Healthy with
        {
            Sshd = Reading.Of(new SshdSettings
            {
                PermitRootLogin = "no",
                PasswordAuthentication = false,
                Doubts = ["unknown sshd setting 'x'"],
            }),
        };

        Assert.All(["SRV-012", "SRV-013"], id => Assert.Equal(FindingStatus.Unknown, Assert.Single(Judge(id, facts)).Status));
    }

    [Theory]
    [InlineData("enabled", FindingStatus.Pass)]
    [InlineData("enabled-runtime", FindingStatus.Fail)]
    [InlineData("linked", FindingStatus.Fail)]
    [InlineData("masked", FindingStatus.Fail)]
    [InlineData("transient", FindingStatus.Fail)]
    [InlineData("static", FindingStatus.Unknown)]
    [InlineData("indirect", FindingStatus.Unknown)]
    [InlineData("brandnew", FindingStatus.Unknown)]
    public void What_a_boot_makes_of_a_unit_is_told_by_the_state_of_its_file(string state, FindingStatus status) =>
        Assert.Equal(
            status,
            Judge(
                "SRV-014",
                Healthy with
                {
                    Units = Units(Active("nginx.service") with { FileState = state }, Active("mysql.service"), Active("ssh.service")),
                })
                .Single(finding => finding.Target == "nginx.service").Status);

    [Fact]
    public void A_state_of_a_unit_that_is_not_known_decides_nothing() =>
        Assert.Equal(
            FindingStatus.Unknown,
            Judge(
                "SRV-001",
                Healthy with
                {
                    Units = Units(Active("nginx.service") with { Active = "brandnew" }, Active("mysql.service"), Active("ssh.service")),
                })
                .Single(finding => finding.Target == "nginx.service").Status);

    private static IReadOnlyList<Finding> Judge(string id, ServerFacts facts) => TestSite.Judge(ServerControls.All, id, facts);

    private static Unit Active(string name) =>
        new() { Name = name, Load = "loaded", Active = "active", Sub = "running", FileState = "enabled" };

    private static Reading<IReadOnlyList<Unit>> Units(params Unit[] units) => Reading.Of<IReadOnlyList<Unit>>(units);

    private static Reading<IReadOnlyList<FileSystem>> Disks(params FileSystem[] disks) => Reading.Of<IReadOnlyList<FileSystem>>(disks);

    private static Reading<IReadOnlyList<ListeningSocket>> Sockets(params string[] lines) =>
        Reading.Of(SocketParser.Parse(string.Join('\n', lines)));
}
