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
    private const string OldRules = "table inet old { chain input { type filter hook input priority 0; policy drop; tcp dport 22 accept; }; }\n";
    private const string NewRules = "flush ruleset\ntable inet filter { chain input { type filter hook input priority filter; policy drop; }; }\n";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongDeadline = TimeSpan.FromMinutes(10);

    private static readonly ChangeTarget Target = new()
    {
        Server = new Server { Name = "web-01", Roles = [Role.Web], Ssh = new SshEndpoint { Host = "web-01" } },
        Id = "test",
        NewRuleset = NewRules,
    };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_client_that_dies_leaves_the_old_rules_by_the_deadline(int stepsDone)
    {
        Requirements.Check("unshare", "setsid", "cmp");
        RemoteCommand[] steps = [ChangeScripts.ToArm(Target, Deadline), ChangeScripts.ToLoad(Target), ChangeScripts.ToPersist(Target)];
        string[] seen = await RunAsync([.. steps.Take(stepsDone)], "sleep 5", failing: true);
        Assert.Equal(["before", "old", "after", "old", "conf", "old conf", "result", "restored by deadline"], seen.Where(static line => line != "refused 4"));
    }

    [Fact]
    public async Task What_is_disarmed_stays()
    {
        Requirements.Check("unshare", "setsid", "cmp");
        string[] seen = await RunAsync([ChangeScripts.ToArm(Target, LongDeadline), ChangeScripts.ToLoad(Target), ChangeScripts.ToPersist(Target), ChangeScripts.ToDisarm(Target)], "sleep 1");
        Assert.Equal(["before", "old", "after", "filter", "conf", "new conf", "result"], seen);
    }

    [Fact]
    public async Task What_is_undone_is_back_at_once_and_only_once()
    {
        Requirements.Check("unshare", "setsid", "cmp");
        string[] seen = await RunAsync([ChangeScripts.ToArm(Target, LongDeadline), ChangeScripts.ToLoad(Target), ChangeScripts.ToPersist(Target), ChangeScripts.ToUndo(Target)], "sleep 0");
        Assert.Equal(["before", "old", "restored by undo", "after", "old", "conf", "old conf", "result"], seen);
    }

    [Fact]
    public async Task Rules_are_not_kept_after_the_deadline()
    {
        Requirements.Check("unshare", "setsid", "cmp");
        string[] seen = await RunAsync([ChangeScripts.ToArm(Target, Deadline), ChangeScripts.ToLoad(Target), RemoteCommand.FromScript("sleep 4"), ChangeScripts.ToDisarm(Target)], "sleep 0", failing: true);
        Assert.Equal(["before", "old", "refused 5", "after", "old", "conf", "old conf", "result", "restored by deadline"], seen);
    }

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
            mount -t tmpfs tmpfs /run && mkdir -p {{folder}}/etc && echo 'old conf' > {{folder}}/etc/nftables.conf && mount --bind {{folder}}/etc /etc || exit 99
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
        ProcessStartInfo start = new("unshare", ["--net", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(120));
        await process.WaitForExitAsync(limit.Token);
        Assert.True(process.ExitCode == 0 && (failing || (await error).Length == 0), $"exit code {process.ExitCode}: {await error}");
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
