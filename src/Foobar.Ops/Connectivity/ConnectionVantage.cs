using System.Net;
using Foobar.Ops.Inventory;
using Foobar.Ops.Topology;

namespace Foobar.Ops.Connectivity;

/// <summary>A vantage as judgement sees it.</summary>
/// <param name="Name">The name that findings give it.</param>
/// <param name="Server">The server it is; <see langword="null"/> for a machine that is none of the site's.</param>
/// <param name="SourceTo">The address from which it reaches another, as the site sees it; <see langword="null"/> if there is no
/// way.</param>
internal sealed record ConnectionVantage(string Name, SiteServer? Server, Func<IPAddress, IPAddress?> SourceTo)
{
    /// <summary>The machine whose session probes; <see langword="null"/> if it is the one this process runs on.</summary>
    public Server? Machine { get; init; } = Server?.Server;

    /// <summary>Whether an address is its own, so that a probe would pass no firewall.</summary>
    public bool Owns(Server server) => Server is not null && Server.Server == server;
}
