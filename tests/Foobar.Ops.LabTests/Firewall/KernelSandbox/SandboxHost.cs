using System.Net;

namespace Foobar.Ops.LabTests.Firewall.KernelSandbox;

/// <summary>The addresses and routes of a sandbox.</summary>
/// <param name="Addresses">Its own addresses, interface by interface.</param>
/// <param name="Routes">Its routes beside those to its own networks.</param>
internal sealed record SandboxHost(
    IReadOnlyList<(string Interface, IPAddress Address, int PrefixLength)> Addresses,
    IReadOnlyList<(IPAddress Destination, int PrefixLength, IPAddress? Gateway, string Interface)> Routes)
{
    /// <summary>Its interfaces, in the order of their addresses.</summary>
    public IReadOnlyList<string> Interfaces { get; } = [.. Addresses.Select(static entry => entry.Interface).Distinct()];
}
