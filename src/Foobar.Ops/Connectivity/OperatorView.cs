using System.Net;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Probing;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Connectivity;

/// <summary>
/// The operator's own machine as the site's servers see it: behind a translation its address is another than it knows itself.
/// </summary>
internal sealed class OperatorView
{
    private readonly Site _site;
    private readonly Dictionary<Server, IPAddress> _seen = [];

    private OperatorView(Site site) => _site = site;

    /// <summary>Asks each server where the session to it comes from; sessions over jump hosts tell nothing of this machine.</summary>
    public static async Task<OperatorView> LearnAsync(
        ISiteSession session, IReadOnlyList<Server> servers, CancellationToken cancellationToken)
    {
        OperatorView view = new(session.Site);
        IPAddress?[] seen = await Task.WhenAll(servers.Select(server => SeenByAsync(session, server, cancellationToken)));
        for (int index = 0; index < servers.Count; index++)
        {
            if (seen[index] is { } address && !session.Site.Servers.Any(server => server.Addresses.Contains(address)))
            {
                view._seen[servers[index]] = address;
            }
        }

        return view;
    }

    /// <summary>The addresses by which the site knows this machine.</summary>
    public IEnumerable<IPAddress> Addresses =>
        _seen.Values.Concat(_site.Servers.SelectMany(static server => server.Addresses).Select(SourceTo).OfType<IPAddress>()).Distinct();

    /// <summary>The address from which a probe to another comes; <see langword="null"/> if there is no way.</summary>
    public IPAddress? SourceTo(IPAddress address)
    {
        IPAddress? own = LocalVantage.SourceTo(address);
        IPAddress? seen = _site.Servers.FirstOrDefault(server => server.Addresses.Contains(address)) is { } owner
            ? _seen.GetValueOrDefault(owner)
            : null;
        return own is not null && seen?.AddressFamily == address.AddressFamily ? seen : own;
    }

    private static async Task<IPAddress?> SeenByAsync(ISiteSession session, Server server, CancellationToken cancellationToken)
    {
        try
        {
            IServerSession connection = await session.GetServerAsync(server.Name, cancellationToken);
            CommandResult result = await connection.RunAsync(
                RemoteCommand.FromScript("printf '%s' \"${SSH_CONNECTION-}\""), cancellationToken);
            IPAddress? address = IPAddress.TryParse(result.OutputText.Split(' ')[0], out IPAddress? client) ? client : null;
            return address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
        }
        catch (FoobarException)
        {
            // Reading the server's facts says so.
            return null;
        }
    }
}
