using System.Net.Sockets;
using Foobar.Ops.Inventory;
using Foobar.Ops.Probing;

namespace Foobar.Ops.Connectivity;

/// <summary>What is probed, and within which bounds.</summary>
public sealed record ConnectionTestOptions
{
    /// <summary>
    /// Where from: servers, roles, networks, addresses, <c>*</c>, <c>internet</c>, or <see cref="LocalVantage.OwnMachine"/>; empty for
    /// every vantage there is.
    /// </summary>
    public IReadOnlyList<string> From { get; init; } = [];

    /// <summary>Where to: servers, roles, networks, addresses or <c>*</c>; empty for every server.</summary>
    public IReadOnlyList<string> To { get; init; } = [];

    /// <summary>Of these only servers with any of some roles; empty for all.</summary>
    public IReadOnlyList<Role> ToRoles { get; init; } = [];

    /// <summary>Which ports; empty for those of the policy and a sample of others.</summary>
    public IReadOnlyList<PortRange> Ports { get; init; } = [];

    /// <summary>Only this transport protocol; <see langword="null"/> for both.</summary>
    public TransportProtocol? Protocol { get; init; }

    /// <summary>Only this IP version; <see langword="null"/> for both.</summary>
    public AddressFamily? Family { get; init; }

    /// <summary>How many ports that no flow names are tried at each address from each vantage.</summary>
    public int SampleSize { get; init; } = 6;

    /// <summary>
    /// Whether all ports on which anything listens, and all that are known to be dangerous, are tried instead of a sample.
    /// </summary>
    public bool All { get; init; }

    /// <summary>How many probes there may be at most.</summary>
    public int MaxProbes { get; init; } = 2000;

    /// <summary>How many vantages are probed from, and servers read, at once.</summary>
    public int ThrottleLimit { get; init; } = 32;

    /// <summary>How long the work at one server may take.</summary>
    public TimeSpan ServerTimeLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The bounds of each vantage.</summary>
    public ProbeOptions Probing { get; init; } = new();
}
