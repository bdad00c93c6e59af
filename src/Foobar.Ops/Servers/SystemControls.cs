using Foobar.Ops.Findings;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Servers;

/// <summary>Controls over memory and pending restarts.</summary>
internal static class SystemControls
{
    /// <summary>SRV-008.</summary>
    public static Control<ServerCase<ServerFacts>> Memory { get; } = new(
        ServerControls.Info(
            "SRV-008",
            Severity.High,
            "Memory is left",
            "When memory runs out the kernel ends a process of its choice, most often the largest: the database.",
            "Find what grew (ps --sort=-rss), restart or bound it, or give the server more memory.",
            "proc_meminfo(5), MemAvailable"),
        server => server.Facts.Memory.Judge(memory => [JudgeMemory(memory, server.Site.Policy.Servers.MemoryAvailableFailPercent)]));

    /// <summary>SRV-011.</summary>
    public static Control<ServerCase<ServerFacts>> Reboot { get; } = new(
        ServerControls.Info(
            "SRV-011",
            Severity.Low,
            "No restart is pending",
            "Until the restart the old kernel or library runs on, with the holes that the update closed.",
            "Restart the server in a maintenance window, one of a pair at a time.",
            "/run/reboot-required (update-notifier, unattended-upgrades), needs-restarting(1)"),
        server => server.Facts.PendingReboot.Judge(pending => [JudgeReboot(pending)]));

    private static Verdict JudgeMemory(MemoryUse memory, double limit)
    {
        string actual = $"{Judging.Measure(memory.AvailablePercent, "%")} available";
        return memory.AvailablePercent < limit
            ? Verdict.Fail(
                null,
                $"at least {Judging.Measure(limit, "%")} available",
                actual,
                $"{MemoryUse.Source}: {memory.AvailableBytes} of {memory.TotalBytes} bytes")
            : Verdict.Pass(actual: actual);
    }

    private static Verdict JudgeReboot(PendingReboot pending)
    {
        string packages = pending.Packages.Count == 0 ? "" : $" for {string.Join(", ", pending.Packages)}";
        return pending.Required ? Verdict.Fail(null, "no restart pending", $"a restart is required{packages}", PendingReboot.Source)
            : pending.KernelOutdated
                ? Verdict.Fail(
                    null, $"kernel {pending.NewestKernel} running", $"kernel {pending.RunningKernel} running", PendingReboot.Source)
            : Verdict.Pass(actual: $"kernel {pending.RunningKernel}");
    }
}
