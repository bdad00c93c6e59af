using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.FirewallChange;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Firewall;

/// <summary>Firewall changes of a real site: what is refused, what is undone, what stands, and in which order.</summary>
[Collection(OtherLabCollection.Name)]
public sealed class ChangeTests(LabFixture labs)
{
    [Fact]
    public async Task A_policy_that_forgets_SSH_is_refused_and_changes_nothing()
    {
        await using ChangeBed bed = await ChangeBed.MakeAsync(labs);

        FoobarException refused = await Assert.ThrowsAsync<FoobarException>(() => bed.ChangeAsync(bed.Without("jump"), "web-02"));

        Assert.Equal(("FirewallChangeLocksOut", ErrorKind.Refused), (refused.ErrorId, refused.Kind));
        Assert.Contains("SSH from 192.0.2.", refused.Message, StringComparison.Ordinal);
        await bed.AssertAsBeforeAsync("web-02");
    }

    [Fact]
    public async Task A_policy_that_forgets_SSH_if_forced_is_undone_and_access_is_back_by_the_deadline()
    {
        await using ChangeBed bed = await ChangeBed.MakeAsync(labs);

        FirewallChangeResult result = await bed.ChangeAsync(
            bed.Without("jump"), "web-02", new FirewallChangeOptions { RollbackAfter = ChangeBed.Deadline, AcceptLockout = true });

        Assert.True(result.Outcome == PlanOutcome.Undone, $"{result.Outcome}: {result.Error}");
        Assert.Equal("confirm web-02", Assert.Single(result.Steps, static step => step.Outcome == StepOutcome.Failed).Step);
        await bed.AssertAccessAsync();
        await bed.AssertAsBeforeAsync("web-02");
    }

    /// <summary>
    /// What happens on the server after which step, and how the change ends; in the default run one, which the seed chooses.
    /// </summary>
    public static TheoryData<string, string, PlanOutcome> Disturbances => new(
        from disturbance in (((string Step, string Command, PlanOutcome Outcome)[])
        [
            ("load web-02", "systemctl restart nftables.service", PlanOutcome.Undone),
            ("load web-02", "systemctl restart systemd-networkd.service", PlanOutcome.Completed),
            ("persist web-02", "systemctl restart nftables.service", PlanOutcome.Completed),
            ("persist web-02", "nft flush ruleset", PlanOutcome.Degraded),
        ]).Index()
        where Sample.Has(disturbance.Index, 4)
        select (disturbance.Item.Step, disturbance.Item.Command, disturbance.Item.Outcome));

    /// <summary>Whether all sessions go over fw-01 too; in the default run one of both.</summary>
    public static TheoryData<bool> Ways => [.. ((bool[])[false, true]).Where(static over => Sample.Has(over ? 0 : 1, 2))];

    [Theory]
    [MemberData(nameof(Disturbances))]
    public async Task What_happens_on_the_server_between_arming_and_disarming_is_seen(string after, string command, PlanOutcome outcome)
    {
        await using ChangeBed bed = await ChangeBed.MakeAsync(labs);
        Meanwhile meanwhile = new(after, () => bed.Lab.RunAsync("web-02", command).GetAwaiter().GetResult());

        FirewallChangeResult result = await bed.ChangeAsync(
            bed.Lab.Inventory, "web-02", new FirewallChangeOptions { RollbackAfter = ChangeBed.Deadline }, meanwhile);

        Assert.True(result.Outcome == outcome, $"{result.Outcome}: {result.Error}");
        await bed.SettleAsync("web-02", ChangeBed.Deadline + TimeSpan.FromSeconds(6));
        await (outcome == PlanOutcome.Completed ? bed.AssertChangedAsync("web-02", bed.Lab.Inventory) : bed.AssertAsBeforeAsync("web-02"));
        await bed.AssertAccessAsync();
    }

    [Fact]
    public async Task A_server_whose_sudo_asks_for_a_password_is_changed_and_confirmed_with_it()
    {
        await using ChangeBed bed = await ChangeBed.MakeAsync(labs);
        const string Password = "a pass'word $x";
        await bed.Lab.RunAsync(
            "web-02",
            "chpasswd; mkdir -p /root/kept; mv /etc/sudoers.d/* /root/kept/; echo 'operator ALL=(ALL) ALL' >/etc/sudoers.d/asks; chmod 440 "
                + "/etc/sudoers.d/asks",
            $"operator:{Password}\n");
        try
        {
            using Secret secret = new(Password);
            FirewallChangeResult result = await bed.ChangeAsync(
                bed.Lab.Inventory, "web-02", session: new SessionOptions { SudoPassword = secret });
            Assert.True(result.Outcome == PlanOutcome.Completed, result.Error);
        }
        finally
        {
            await bed.Lab.RunAsync(
                "web-02", "rm -f /etc/sudoers.d/asks; mv /root/kept/* /etc/sudoers.d/; rmdir /root/kept; passwd -l operator >/dev/null");
        }
    }

    [Fact]
    public async Task Cancelled_midway_everything_is_as_before()
    {
        await using ChangeBed bed = await ChangeBed.MakeAsync(labs);
        using CancellationTokenSource stop = new();

        FirewallChangeResult result = await bed.ChangeAsync(
            bed.Lab.Inventory, "lb-01,web-02", progress: new Meanwhile("load lb-01", stop.Cancel), cancellationToken: stop.Token);

        Assert.True(result.Outcome == PlanOutcome.Undone, $"{result.Outcome}: {result.Error} {string.Join('\n', result.Steps)}");
        Assert.Equal(
            ["arm web-02", "arm lb-01"],
            result.Steps.Where(static step => step.Outcome == StepOutcome.Undone).Select(static step => step.Step));
        await bed.SettleAsync("lb-01", TimeSpan.FromSeconds(5));
        await bed.AssertAsBeforeAsync("lb-01");
        await bed.AssertAsBeforeAsync("web-02");
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task The_whole_site_is_changed_in_an_order_that_never_cuts_the_way_to_the_next(bool overTheFirewall)
    {
        await using ChangeBed bed = await ChangeBed.MakeAsync(labs);
        string inventory = overTheFirewall ? await OverTheFirewallAsync(bed) : bed.Lab.Inventory;

        FirewallChangeResult result = await bed.ChangeAsync(inventory, "fw-01,lb-01,web-01,web-02");

        Assert.True(result.Outcome == PlanOutcome.Completed, result.Error);
        Assert.Equal(["web-01", "web-02", "lb-01", "fw-01"], result.Servers);
        foreach (string server in ChangeBed.Servers)
        {
            await bed.AssertChangedAsync(server, inventory);
        }

        Assert.Empty((await bed.ChangeAsync(inventory, "fw-01,lb-01,web-01,web-02")).Servers);
    }

    // Every session goes by fw-01, then lb-01: both are hops to what comes after them.
    private static async Task<string> OverTheFirewallAsync(ChangeBed bed)
    {
        string config = Path.Combine(Path.GetDirectoryName(bed.State)!, "ssh_config");
        await File.WriteAllTextAsync(
            config,
            (await File.ReadAllTextAsync(bed.Lab.SshConfig))
                .Replace("Host lb-01\n", "Host lb-01\n    ProxyJump fw-01\n", StringComparison.Ordinal));
        Site site = InventoryLoader.Load(bed.Lab.Inventory);
        string wall = site.Find("fw-01")!.Addresses
            .Single(static address => address.ToString().StartsWith("198.51.100.", StringComparison.Ordinal))
            .ToString();
        await bed.Lab.RunAsync("lb-01", $"nft insert rule inet filter input ip saddr {wall} tcp dport 22 accept");
        Flow[] flows =
        [
            .. site.Policy.Flows.Select(static flow => flow.Name == "operators" ? flow with { To = ["network-firewall"] } : flow),
            new Flow
            {
                Name = "jump-to-balancer",
                From = ["network-firewall"],
                To = ["load-balancer"],
                Ports = [new PortRange(TransportProtocol.Tcp, 22, 22)],
            },
        ];
        return bed.Write(_ => site with { SshConfig = config, Policy = site.Policy with { Flows = flows } });
    }

    private sealed class Meanwhile(string step, Action act) : IProgress<StepResult>
    {
        public void Report(StepResult value)
        {
            if (value.Step == step && value.Outcome == StepOutcome.Done)
            {
                act();
            }
        }
    }
}
