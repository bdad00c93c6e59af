using Foobar.Ops.Findings;

namespace Foobar.Ops.Topology;

/// <summary>
/// The setup as a whole: whether it is the declared one, and the known weak points of its design. A weak point that is merely
/// there is a warning; one that does harm now, or whose remedy is declared and does not work, fails.
/// </summary>
internal static class TopologyControls
{
    /// <summary>All controls over the setup as found, in the order of their ids.</summary>
    public static IReadOnlyList<Control<TopologyCase>> All { get; } =
    [
        DeclarationControls.NothingUndeclared,
        DeclarationControls.RolesAreThere,
        DeclarationControls.NoUndeclaredConnection,
        DeclarationControls.AddressesAreThere,
        DesignControls.EncryptedBehindBalancer,
        DesignControls.FailoverIsTested,
        DesignControls.TiersAreApart,
        BalancerPairControl.NoSinglePoint,
        DesignControls.ReplicaCanTakeOver,
        DesignControls.PathIsWatched,
    ];

    internal static ControlInfo Info(
        string id, Severity severity, string title, string rationale, string remediation, string? reference = null) =>
        new(id, title, Area.Topology, severity, rationale, remediation, reference);

    /// <summary>The verdicts, with one Unknown for each server of which something that matters could not be read.</summary>
    internal static IEnumerable<Verdict> WithUnread<T>(
        this IEnumerable<Verdict> verdicts, TopologyCase site, Func<TopologyInput, string, Reading<T>> fact) =>
        site.Found.Servers.Select(server => (server.Server, Reading: fact(site.Input, server.Server)))
            .Where(static each => !each.Reading.TryGet(out _))
            .Select(static each => each.Reading.ToUnknown(each.Server) with { Server = each.Server })
            .Concat(verdicts);
}
