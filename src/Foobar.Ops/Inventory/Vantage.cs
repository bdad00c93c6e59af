using System.Net;

namespace Foobar.Ops.Inventory;

/// <summary>
/// A machine to probe the site from that is none of its servers: a virtual machine on the internet, say. Nothing is audited on it.
/// </summary>
public sealed record Vantage
{
    /// <summary>The name that findings give the machine this module runs on, which is a vantage without being declared.</summary>
    public const string OwnMachine = "operator";

    /// <summary>The name, unique among servers and networks too, that findings give it: <c>outside</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it is, in the words of whoever declared it.</summary>
    public string? Description { get; init; }

    /// <summary>How to reach it over SSH.</summary>
    public required SshEndpoint Ssh { get; init; }

    /// <summary>What its probes count as: <c>internet</c>, or a network of the inventory.</summary>
    public string StandsFor { get; init; } = FlowResolver.Internet;

    /// <summary>The addresses from which the site sees it, where they are not its own: behind a translation. Empty if they are.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    /// <summary>The machine as something to connect to.</summary>
    internal Server Machine => new() { Name = Name, Roles = [], Ssh = Ssh, Addresses = Addresses, Description = Description };

    /// <summary>The vantage's name.</summary>
    public override string ToString() => Name;
}
