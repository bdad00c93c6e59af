namespace Foobar.Ops.Topology;

/// <summary>What a control of the topology is given: the setup as found, beside the facts it was made of.</summary>
/// <param name="Input">The facts.</param>
/// <param name="Found">The setup.</param>
internal sealed record TopologyCase(TopologyInput Input, SiteTopology Found);
