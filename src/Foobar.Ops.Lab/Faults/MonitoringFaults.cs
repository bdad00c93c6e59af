using Foobar.Ops.Findings;

namespace Foobar.Ops.Lab.Faults;

/// <summary>Faults of the monitoring agents.</summary>
internal static class MonitoringFaults
{
    private const string Agent = "prometheus-node-exporter";

    /// <summary>The table.</summary>
    public static IReadOnlyList<Fault> All { get; } =
    [
        Row(
            "agent-stopped", "MON-001", "The monitoring agent on web-02 is stopped", "web-02", $"systemctl stop {Agent}",
            $"systemctl start {Agent}") with
        {
            AlsoSeenBy = ["MON-011", "MON-012", "MON-013", "TOP-010"],
        },
        Row("agent-not-at-boot", "MON-004", "The monitoring agent on fw-01 runs, but is not enabled", "fw-01",
            $"systemctl disable --quiet {Agent}", $"systemctl enable --quiet {Agent}"),
        Row("agent-hangs", "MON-002", "The monitoring agent on lb-01 runs, but answers nobody", "lb-01",
            $"systemctl kill --signal=STOP {Agent}", $"systemctl kill --signal=CONT {Agent}") with
            {
                AlsoSeenBy = ["MON-011", "MON-012", "MON-013", "TOP-010"],
            },
    ];

    private static ShellFault Row(
        string name, string control, string description, string server, string commandToBreak, string commandToHeal) =>
        new(name, Area.Monitoring, control, description, server, commandToBreak, commandToHeal);
}
