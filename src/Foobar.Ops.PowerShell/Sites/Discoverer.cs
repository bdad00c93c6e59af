using System.Net.NetworkInformation;
using System.Net;
using Foobar.Ops.Discovery;
using Foobar.Ops.Discovery.Facts;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Sites;

/// <summary>Reads servers for an inventory, with progress; what fails on one is an error of that one.</summary>
internal sealed record Discoverer(int ThrottleLimit, TimeSpan ServerTimeLimit)
{
    /// <summary>Reads the servers of a session's site.</summary>
    public async Task<IReadOnlyList<ServerDiscovery>> ReadAsync(
        ISiteSession session, CmdletOutput output, CancellationToken cancellationToken)
    {
        output.Progress.Expect(session.Site.Servers.Select(static server => server.Name));
        DiscoveryOptions options = new()
        {
            ThrottleLimit = ThrottleLimit,
            ServerTimeLimit = ServerTimeLimit,
            Progress = output.Progress.Done,
            Failed = (server, error) => output.Fail(error, server),
        };
        return await new DiscoveryCollector(session, options).CollectAsync(cancellationToken);
    }

    /// <summary>
    /// The addresses of this machine's interfaces, those of one interface together; loopback and link-local ones left out.
    /// </summary>
    public static IReadOnlyList<IReadOnlyList<IPAddress>> OwnInterfaces() =>
    [
        .. NetworkInterface.GetAllNetworkInterfaces()
            .Select(
                static each =>
                    (IReadOnlyList<IPAddress>)
                    [
                        .. each.GetIPProperties().UnicastAddresses
                            .Select(static own => own.Address)
                            .Where(static address => !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal),
                    ])
            .Where(static addresses => addresses.Count > 0),
    ];
}
