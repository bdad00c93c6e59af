using System.Diagnostics;
using Foobar.Ops.Inventory;
using Foobar.Ops.LabTests.Firewall.KernelAgreement;
using Foobar.Ops.Operations.FirewallChange;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Firewall;

/// <summary>
/// The scripts of a firewall change on a server that goes on alone: the client is gone after each step. The server is a
/// network namespace with folders of its own for <c>/etc</c> and <c>/run</c>; the machine's are never touched.
/// </summary>
public sealed class FirewallRollbackTests
{
    private const string OldRules =
        "table inet old { chain input { type filter hook input priority 0; policy drop; tcp dport 22 accept; }; }\n";
    private const string NewRules =
        "flush ruleset\ntable inet filter { chain input { type filter hook input priority filter; policy drop; }; }\n";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongDeadline = TimeSpan.FromMinutes(10);

    private static readonly ChangeTarget Target = new()
    {
        Server = new Server { Name = "web-01", Roles = [Role.Web], Ssh = new SshEndpoint { Host = "web-01" } },
        Id = "test",
        NewRuleset = NewRules,
        By = "somebody",
    };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_client_that_dies_leaves_the_old_rules_by_the_deadline(int stepsDone)
    {
        Requirements.Check("unshare", "setsid", "cmp");
        RemoteCommand[] steps = [ChangeScripts.ToArm(Target, Deadline), ChangeScripts.ToLoad(Target), ChangeScripts.ToPersist(Target)];
        string[] seen = await RunAsync([.. steps.Take(stepsDone)], Restored(Target), failing: true);
        Assert.Equal(
            ["before", "old", "after", "old", "conf", "old conf", "result", "restored by deadline"],
            seen.Where(static line => line != "refused 4"));
    }

    [Fact]
    public async Task What_is_disarmed_stays()
    {
        Requirements.Check("unshare", "setsid", "cmp");
        string[] seen = await RunAsync(
            [
                ChangeScripts.ToArm(Target, LongDeadline),
                ChangeScripts.ToLoad(Target),
                ChangeScripts.ToPersist(Target),
                ChangeScripts.ToDisarm(Target),
            ],
            "sleep 1");
        Assert.Equal(["before", "old", "after", "filter", "conf", "new conf", "result"], seen);
    }

    [Fact]
    public async Task What_is_undone_is_back_at_once_and_only_once()
    {
        Requirements.Check("unshare", "setsid", "cmp");
        string[] seen = await RunAsync(
            [
                ChangeScripts.ToArm(Target, LongDeadline),
                ChangeScripts.ToLoad(Target),
                ChangeScripts.ToPersist(Target),
                ChangeScripts.ToUndo(Target),
            ],
            "sleep 0");
        Assert.Equal(["before", "old", "restored by undo", "after", "old", "conf", "old conf", "result"], seen);
    }

    [Fact]
    public async Task Rules_are_not_kept_after_the_deadline()
    {
        Requirements.Check("unshare", "setsid", "cmp");
        string[] seen = await RunAsync(
            [
                ChangeScripts.ToArm(Target, Deadline),
                ChangeScripts.ToLoad(Target),
                RemoteCommand.FromScript(Restored(Target)),
                ChangeScripts.ToDisarm(Target),
            ],
            "sleep 0", failing: true);
        Assert.Equal(["before", "old", "refused 5", "after", "old", "conf", "old conf", "result", "restored by deadline"], seen);
    }

    [Fact]
    public async Task What_was_replaced_is_kept_for_root_alone_and_comes_back_byte_for_byte()
    {
        Requirements.Check("unshare", "setsid", "cmp");
        string[] seen = await RunAsync(
            [.. Whole(Target), .. Whole(Back("1.test", "undo"))],
            $"cd {Store} && stat -c '%A %u' . 1.test 1.test/*; cat 1.test/by; ls; stat -c '%a' /etc/nftables.conf");
        Assert.Equal(
            [
                "before", "old", "drwx------ 0", "drwx------ 0", "-rw------- 0", "-rw-r----- 0", "-rw------- 0",
                "-rw------- 0", "-rwxr-xr-x 0", "-rw------- 0", "-rw------- 0", "somebody", "1.test", "2.undo", "640",
                "after", "old", "conf", "old conf", "result",
            ], seen);
    }

    [Fact]
    public async Task Where_there_was_no_file_there_is_none_again_and_the_undo_can_be_undone()
    {
        Requirements.Check("unshare", "setsid", "cmp");
        RemoteCommand gone = RemoteCommand.FromScript("rm /etc/nftables.conf");
        RemoteCommand look = RemoteCommand.FromScript("[ -e /etc/nftables.conf ] || echo 'no conf'");
        string[] seen = await RunAsync(
            [gone, .. Whole(Target), .. Whole(Back("1.test", "undo")), look, .. Whole(Back("2.undo", "again"))], $"ls {Store}");
        Assert.Equal(["before", "old", "no conf", "1.test", "2.undo", "3.again", "after", "filter", "conf", "new conf", "result"], seen);
    }

    [Fact]
    public async Task A_set_that_nft_has_merged_into_one_element_is_listed_the_same_again()
    {
        Requirements.Check("unshare", "setsid", "cmp");
        RemoteCommand merge = RemoteCommand.FromScript(
            "nft add rule inet old input ip saddr != { 192.0.2.0/25, 192.0.2.128/25 } drop; nft -s list ruleset > /run/before; grep -o '{ "
                + "192.*}' /run/before");
        RemoteCommand compare = RemoteCommand.FromScript("nft -s list ruleset | cmp - /run/before && echo same");
        string[] seen = await RunAsync(
            [
                merge, ChangeScripts.ToArm(Target, LongDeadline), ChangeScripts.ToLoad(Target), ChangeScripts.ToUndo(Target), compare,
                .. Whole(Target), .. Whole(Back("1.test", "undo")), compare,
            ], "sleep 0");
        Assert.Equal(
            ["before", "old", "{ 192.0.2.0/24 }", "restored by undo", "same", "same", "after", "old"],
            seen.TakeWhile(static line => line != "conf"));
    }

    [Fact]
    public async Task A_file_that_is_a_link_is_one_again()
    {
        Requirements.Check("unshare", "setsid", "cmp");
        RemoteCommand link = RemoteCommand.FromScript("mv /etc/nftables.conf /etc/main.nft; ln -s main.nft /etc/nftables.conf");
        RemoteCommand look = RemoteCommand.FromScript("readlink /etc/nftables.conf || echo 'no link'");
        string[] seen = await RunAsync(
            [link, .. Whole(Target), look, .. Whole(Back("1.test", "undo")), look, .. Whole(Back("2.undo", "again")), look], "sleep 0");
        Assert.Equal(["before", "old", "no link", "main.nft", "no link", "after", "filter", "conf", "new conf", "result"], seen);
    }

    [Theory]
    [InlineData("nft add table inet other", "refused 10")]
    [InlineData("echo '# mine' >> /etc/nftables.conf", "refused 10")]
    [InlineData("rm /etc/nftables.conf", "refused 10")]
    [InlineData("touch /etc/nftables.conf")]
    public async Task What_something_else_changed_since_is_not_undone_unawares(string meanwhile, string? refusal = null)
    {
        Requirements.Check("unshare", "setsid", "cmp");
        ChangeTarget back = Back("1.test", "undo");
        string[] seen = await RunAsync(
            [
                .. Whole(Target),
                RemoteCommand.FromScript(meanwhile),
                ChangeScripts.ToArm(back, LongDeadline),
                ChangeScripts.ToUndo(back),
                ChangeScripts.ToArm(back, LongDeadline, insist: true),
                ChangeScripts.ToLoad(back),
            ],
            "sleep 0", failing: true);
        Assert.Equal(
            [
                "before",
                "old",
                .. refusal is null ? (string[])["restored by undo"] : [refusal, "restored by nobody: nothing was changed"],
                "after",
                "old",
            ],
            seen.TakeWhile(static line => line != "conf"));
    }

    [Fact]
    public async Task A_newer_change_is_not_mistaken_for_the_one_that_was_shown()
    {
        Requirements.Check("unshare", "setsid", "cmp");
        string[] seen = await RunAsync(
            [
                .. Whole(Target), .. Whole(Target with { Id = "next" }), ChangeScripts.ToArm(Back("1.test", "undo"), LongDeadline),
            ], "sleep 0", failing: true);
        Assert.Contains("refused 10", seen);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_client_that_dies_while_it_undoes_leaves_what_was_by_the_deadline(int stepsDone)
    {
        Requirements.Check("unshare", "setsid", "cmp");
        ChangeTarget back = Back("1.test", "undo");
        RemoteCommand[] steps = [ChangeScripts.ToArm(back, Deadline), ChangeScripts.ToLoad(back), ChangeScripts.ToPersist(back)];
        string[] seen = await RunAsync([.. Whole(Target), .. steps.Take(stepsDone)], $"{Restored(back)}; ls {Store}", failing: true);
        Assert.Equal(
            ["before", "old", "1.test", "after", "filter", "conf", "new conf", "result"], seen.Where(static line => line != "refused 4"));
    }

    [Fact]
    public async Task After_a_restart_before_the_end_the_undo_brings_rules_and_file_back()
    {
        Requirements.Check("unshare", "setsid", "cmp");
        RemoteCommand restart = RemoteCommand.FromScript("rm -rf /run/foobar-ops; nft -f /etc/nftables.conf");
        string[] seen = await RunAsync(
            [
                ChangeScripts.ToArm(Target, LongDeadline),
                ChangeScripts.ToLoad(Target),
                ChangeScripts.ToPersist(Target),
                restart,
                ChangeScripts.ToUndo(Target),
            ], $"ls {Store}");
        Assert.Equal(
            ["before", "old", "restored by undo after a restart of the server", "after", "old", "conf", "old conf", "result"], seen);
    }

    [Fact]
    public async Task Five_changes_are_kept()
    {
        Requirements.Check("unshare", "setsid", "cmp");
        string[] seen = await RunAsync(
            [.. Enumerable.Range(1, 12).SelectMany(static number => Whole(Target with { Id = $"n{number}" }))], $"ls {Store} | sort -n");
        Assert.Equal(
            ["8.n8", "9.n9", "10.n10", "11.n11", "12.n12"],
            seen.SkipWhile(static line => line != "old").Skip(1).TakeWhile(static line => line != "after"));
    }

    [Fact]
    public async Task Elements_that_packets_add_to_a_set_are_no_change_of_the_rules()
    {
        Requirements.Check("unshare", "setsid", "cmp");
        const string Dynamic =
            "flush ruleset\ntable inet filter { set seen { type ipv4_addr; size 99; flags dynamic,timeout; timeout 1h; }; set one { type "
                + "ipv4_addr; elements = { 192.0.2.1 }; }; }\n";
        ChangeTarget target = Target with { NewRuleset = Dynamic };
        string[] seen = await RunAsync(
            [
                .. Whole(target),
                RemoteCommand.FromScript(
                    "nft add element inet filter seen { 192.0.2.7, 192.0.2.8 }; nft add element inet filter seen '{ 192.0.2.9 timeout 1m }'"),
                ChangeScripts.ToLook(),
                .. Whole(Back("1.test", "undo")),
                ChangeScripts.ToLook(),
                .. Whole(Back("2.undo", "again")),
            ],
            "nft list set inet filter seen | grep -c 192.0.2.7");
        Assert.Equal(
            ["same", "same", "file", "same", "same", "file"], seen.Where(static line => line is "same" or "changed" or "file" or "none"));
        Assert.Equal("1", seen[Array.IndexOf(seen, "after") - 1]);
    }

    [Theory]
    [InlineData("nft add table inet x", "")]
    [InlineData("iptables-nft -A INPUT -m string --algo bm --string x -j DROP", "refused")]
    public async Task Rules_that_nft_can_not_load_again_are_seen_before_anything_changes(string rules, string said)
    {
        Requirements.Check("unshare", "setsid", "cmp", "iptables-nft-restore");
        string[] seen = await RunAsync([RemoteCommand.FromScript(rules), ChangeScripts.ToRehearse()], "sleep 0", failing: true);
        Assert.Equal(said.Length > 0, seen.Any(line => line.StartsWith("refused", StringComparison.Ordinal)));
    }

    private const string Store = "/var/lib/foobar-ops/firewall";

    // The last thing that a rollback writes; the deadline is sooner.
    private static string Restored(ChangeTarget target) =>
        $"for tenth in $(seq 100); do [ ! -e /run/foobar-ops/firewall-{target.Id}/result ] || break; sleep 0.1; done";

    private static RemoteCommand[] Whole(ChangeTarget target) =>
        [
            ChangeScripts.ToArm(target, LongDeadline),
            ChangeScripts.ToLoad(target),
            ChangeScripts.ToPersist(target),
            ChangeScripts.ToDisarm(target),
        ];

    private static ChangeTarget Back(string name, string id) => Target with
    {
        Id = id,
        NewRuleset = "not looked at",
        Back = new KeptChange(name, DateTimeOffset.UnixEpoch, "somebody", true, true, true, "", "not looked at"),
    };

    // Each command is a process of its own, as over a session; its input stands in a file.
    private static async Task<string[]> RunAsync(RemoteCommand[] commands, string wait, bool failing = false)
    {
        string folder = Directory.CreateTempSubdirectory("foobar-rollback-").FullName;
        try
        {
            for (int index = 0; index < commands.Length; index++)
            {
                await File.WriteAllTextAsync(Path.Combine(folder, $"{index}.sh"), commands[index].Script);
                await File.WriteAllBytesAsync(Path.Combine(folder, $"{index}.in"), commands[index].Input.ToArray());
            }

            await File.WriteAllTextAsync(Path.Combine(folder, "old.nft"), OldRules);
            return await ServerAsync(folder, commands.Length, wait, failing);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string[]> ServerAsync(string folder, int count, string wait, bool failing)
    {
        string script = $$"""
            export PATH=/usr/sbin:/usr/bin:/sbin:/bin
            mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/lib || exit 97
            mkdir -p {{folder}}/etc && echo 'old conf' > {{folder}}/etc/nftables.conf && chmod 640 {{folder}}/etc/nftables.conf && mount --bind {{folder}}/etc /etc || exit 99
            ip link set lo up
            nft -f {{folder}}/old.nft || exit 98
            echo before; nft list tables | cut -d' ' -f3
            index=0
            while [ $index -lt {{count}} ]; do
                sh {{folder}}/$index.sh < {{folder}}/$index.in || echo "refused $?"
                index=$((index + 1))
            done
            {{wait}}
            echo after; nft list tables | cut -d' ' -f3
            echo conf; if grep -q 'flush ruleset' /etc/nftables.conf; then echo 'new conf'; else cat /etc/nftables.conf; fi
            echo result; cat /run/foobar-ops/firewall-test/result 2>/dev/null
            exit 0
            """;
        ProcessStartInfo start = new(
            "unshare", ["--net", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(120));
        await process.WaitForExitAsync(limit.Token);
        Assert.True(process.ExitCode == 0 && (failing || (await error).Length == 0), $"exit code {process.ExitCode}: {await error}");
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
