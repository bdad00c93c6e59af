using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.FirewallChange;
using Foobar.Ops.Planning;

namespace Foobar.Ops.LabTests.Firewall;

/// <summary>What a firewall change replaced comes back: rules and file, by the same guarded way.</summary>
[Collection(OtherLabCollection.Name)]
public sealed class ChangeUndoTests(LabFixture labs)
{
    [Fact]
    public async Task An_undo_brings_rules_and_file_back_byte_for_byte_and_can_be_undone()
    {
        await using ChangeBed bed = await ChangeBed.MakeAsync(labs);
        string made = await bed.Lab.RunAsync(
            "web-02",
            "printf '# \\377 not UTF-8\\n' >> /etc/nftables.conf; chown root:daemon /etc/nftables.conf; chmod 640 /etc/nftables.conf; "
                + "sha256sum /etc/nftables.conf");
        string before = await bed.TraceAsync("web-02");
        try
        {
            Assert.Equal(PlanOutcome.Completed, (await bed.ChangeAsync(bed.Lab.Inventory, "web-02")).Outcome);
            string changed = await bed.TraceAsync("web-02");
            await bed.AssertChangedAsync("web-02", bed.Lab.Inventory);

            FirewallChangePreview preview = Assert.Single(
                await ChangeBed.PreviewAsync(bed.Lab.Inventory, "web-02", new FirewallChangeOptions { Undo = true }));
            FirewallChangeResult undone = await bed.UndoAsync("web-02");

            Assert.Contains($"by {Environment.UserName} on {Environment.MachineName}", preview.Undoes, StringComparison.Ordinal);
            Assert.Empty(preview.Refusals);
            Assert.True(undone.Outcome == PlanOutcome.Completed, undone.Error);
            Assert.Equal(
                ["arm web-02", "load web-02", "confirm web-02", "persist web-02", "disarm web-02"],
                undone.Steps.Select(static step => step.Step));
            Assert.Equal(before, await bed.TraceAsync("web-02"));
            Assert.Contains(made.Split(' ')[0], before, StringComparison.Ordinal);

            Assert.Equal(PlanOutcome.Completed, (await bed.UndoAsync("web-02")).Outcome);
            Assert.Equal(changed, await bed.TraceAsync("web-02"));
            Assert.Equal("700 root", (await bed.Lab.RunAsync("web-02", "stat -c '%a %U' /var/lib/foobar-ops/firewall")).Trim());
            await bed.AssertAccessAsync();
        }
        finally
        {
            await bed.Lab.RunAsync("web-02", "chown root:root /etc/nftables.conf; chmod 644 /etc/nftables.conf");
        }
    }

    [Fact]
    public async Task A_file_and_a_unit_that_were_not_there_are_gone_again()
    {
        await using ChangeBed bed = await ChangeBed.MakeAsync(labs);
        await bed.Lab.RunAsync("web-02", "rm /etc/nftables.conf; systemctl disable --quiet nftables.service");
        string before = await bed.TraceAsync("web-02");
        try
        {
            Assert.Equal(PlanOutcome.Completed, (await bed.ChangeAsync(bed.Lab.Inventory, "web-02")).Outcome);
            Assert.Equal("enabled", (await bed.Lab.RunAsync("web-02", "systemctl is-enabled nftables.service")).Trim());

            Assert.Equal(PlanOutcome.Completed, (await bed.UndoAsync("web-02")).Outcome);

            Assert.Equal(before, await bed.TraceAsync("web-02"));
            Assert.Contains("none\ndisabled", before, StringComparison.Ordinal);
        }
        finally
        {
            await bed.Lab.RunAsync("web-02", "systemctl enable --quiet nftables.service");
        }
    }

    [Fact]
    public async Task What_is_not_kept_or_was_changed_since_is_refused_by_name()
    {
        await using ChangeBed bed = await ChangeBed.MakeAsync(labs);
        FoobarException nothing = await Assert.ThrowsAsync<FoobarException>(() => bed.UndoAsync("web-01,web-02"));
        await bed.ChangeAsync(bed.Lab.Inventory, "web-02");
        await bed.Lab.RunAsync("web-02", "nft add table inet other");
        string since = await bed.TraceAsync("web-02");

        FoobarException changed = await Assert.ThrowsAsync<FoobarException>(() => bed.UndoAsync("web-02"));
        FirewallChangePreview preview = Assert.Single(
            await ChangeBed.PreviewAsync(bed.Lab.Inventory, "web-02", new FirewallChangeOptions { Undo = true }));

        Assert.Equal(
            ("FirewallNothingKept", "web-01, web-02: there is nothing to undo"),
            (nothing.ErrorId, nothing.Message.Split(',')[0] + "," + nothing.Message.Split(',')[1]));
        Assert.Equal(("FirewallChangedSince", ErrorKind.Refused, "web-02"), (changed.ErrorId, changed.Kind, changed.Server));
        Assert.Contains(
            "FirewallChangedSince: web-02: something else has changed the rules that run since",
            Assert.Single(preview.Refusals), StringComparison.Ordinal);
        Assert.Equal(since, await bed.TraceAsync("web-02"));
        Assert.Equal(
            PlanOutcome.Completed, (await bed.UndoAsync("web-02", new FirewallChangeOptions { AcceptLaterChanges = true })).Outcome);
        await bed.AssertAsBeforeAsync("web-02");
    }

    [Fact]
    public async Task An_undo_that_shuts_the_operator_out_is_undone_itself()
    {
        await using ChangeBed bed = await ChangeBed.MakeAsync(labs);
        await bed.ChangeAsync(bed.Lab.Inventory, "web-02");
        await bed.Lab.RunAsync(
            "web-02",
            "cd /var/lib/foobar-ops/firewall/1.*-web-02 && { cat ruleset.nft; echo 'insert rule inet filter input tcp dport 22 drop'; } > "
                + "next && mv next ruleset.nft");
        string changed = await bed.TraceAsync("web-02");

        FoobarException refused = await Assert.ThrowsAsync<FoobarException>(() => bed.UndoAsync("web-02"));
        FirewallChangeResult forced = await bed.UndoAsync(
            "web-02", new FirewallChangeOptions { RollbackAfter = ChangeBed.Deadline, AcceptLockout = true });

        Assert.Equal("FirewallChangeLocksOut", refused.ErrorId);
        Assert.True(forced.Outcome == PlanOutcome.Undone, $"{forced.Outcome}: {forced.Error}");
        await bed.SettleAsync("web-02", ChangeBed.Deadline + TimeSpan.FromSeconds(6));
        Assert.Equal(changed, await bed.TraceAsync("web-02"));
        await bed.AssertAccessAsync();
    }

    [Fact]
    public async Task A_preview_tells_what_would_refuse_the_change()
    {
        await using ChangeBed bed = await ChangeBed.MakeAsync(labs);
        FirewallChangePreview lockout = Assert.Single(await ChangeBed.PreviewAsync(bed.Without("jump"), "web-02"));
        Assert.StartsWith("FirewallChangeLocksOut: ", Assert.Single(lockout.Refusals), StringComparison.Ordinal);
        Assert.Contains("closes lb-01 -> tcp/22 by internal", string.Join('\n', lockout.Outline), StringComparison.Ordinal);
        Assert.InRange(lockout.Outline.Count, 1, 20);
        await bed.AssertAsBeforeAsync("web-02");
    }
}
