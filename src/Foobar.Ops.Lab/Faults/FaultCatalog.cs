using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Faults;

/// <summary>All faults the lab knows. Each area has a room of its own with a table; a fault is one row in it.</summary>
internal static class FaultCatalog
{
    /// <summary>All of them, by area.</summary>
    public static IReadOnlyList<Fault> All { get; } =
    [
        .. ServerFaults.All,
        .. FirewallFaults.All,
        .. FirewalldFaults.All,
        .. UfwFaults.All,
        .. ContainerFaults.All,
        .. CertificateFaults.All.Select(OfOneBalancer),
        .. TlsFaults.All.Select(OfOneBalancer),
        .. BalancerFaults.All,
        .. MonitoringFaults.All,
        .. AgentFaults.All,
        .. DatabaseFaults.All.Select(OfAPair),
        .. ClusterFaults.All,
        .. TopologyFaults.All,
    ];

    // What is wrong there is wrong between a primary and its replica.
    private static Fault OfAPair(Fault fault) =>
        fault with { AppliesTo = options => options.Cluster == ClusterVariant.None && fault.AppliesTo(options) };

    // Of a pair of load balancers one alone is changed, so that they differ.
    private static Fault OfOneBalancer(Fault fault) => fault with { AlsoSeenBy = [.. fault.AlsoSeenBy, "TLS-007"] };

    /// <summary>Those that can be made on a lab.</summary>
    public static IEnumerable<Fault> For(LabOptions options) => All.Where(fault => fault.AppliesTo(options));

    /// <summary>The fault of a name.</summary>
    /// <exception cref="LabException">There is none.</exception>
    public static Fault Find(string name) => All.FirstOrDefault(fault => fault.Name == name)
        ?? throw LabException.NotFound($"There is no fault '{name}'.", "'break --list' shows all.");
}
