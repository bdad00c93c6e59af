using System.Net;
using System.Net.Sockets;
using Foobar.Ops.Linux;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tls;

/// <summary>The addresses of a host's name: a visitor may get any of them, and each may serve another certificate.</summary>
public static class HostAddresses
{
    /// <summary>
    /// Those that this machine resolves the name to; the name itself where it can't be resolved, so that connecting says why.
    /// </summary>
    /// <param name="host">A host's name; an address is its own.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<IReadOnlyList<string>> OfAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out _))
        {
            return [host];
        }

        try
        {
            IPAddress[] addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
            return addresses.Length > 0 ? [.. addresses.Select(static address => address.ToString()).Distinct()] : [host];
        }
        catch (SocketException)
        {
            return [host];
        }
    }

    /// <summary>Those that a server resolves the name to (getent(1)).</summary>
    /// <param name="session">The server.</param>
    /// <param name="host">A host's name; an address is its own.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<IReadOnlyList<string>> OfAsync(IServerSession session, string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out _))
        {
            return [host];
        }

        CommandResult result = await session.RunAsync(RemoteCommand.Create($"getent ahosts {host}"), cancellationToken);
        string[] addresses = [.. Parse(result.ExitCode == 0 ? result.OutputText : "")];
        return addresses.Length > 0 ? addresses : [host];
    }

    /// <summary>Reads what <c>getent ahosts</c> prints: an address, the kind of socket, and the first time the canonical name.</summary>
    internal static IEnumerable<string> Parse(string text) =>
        Lines.Of(text)
            .Select(static line => Lines.Fields(line.Text)[0])
            .Where(static address => IPAddress.TryParse(address, out _))
            .Distinct();
}
