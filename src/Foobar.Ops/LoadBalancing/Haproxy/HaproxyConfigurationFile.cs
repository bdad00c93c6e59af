using System.Text;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LoadBalancing;

/// <summary>A server of a backend, as its configuration shall have it.</summary>
/// <param name="Backend">The backend.</param>
/// <param name="Name">The server's name in it.</param>
/// <param name="Disabled">Whether it starts in maintenance.</param>
internal sealed record ConfiguredServer(string Backend, string Name, bool Disabled);

/// <summary>HAProxy's configuration on a load balancer: what a restart makes of the servers.</summary>
internal static class HaproxyConfigurationFile
{
    /// <summary>Where distributions put it.</summary>
    public const string Path = "/etc/haproxy/haproxy.cfg";

    // The new file is checked before it takes the place of the old one, in one rename, with owner and mode kept.
    private const string Replace = """
        set -e
        new="$1.foobar-new"
        trap 'rm -f -- "$new"' EXIT
        cp -p -- "$1" "$new"
        cat > "$new"
        haproxy -c -q -f "$new"
        sync -- "$new" 2>/dev/null || sync
        mv -f -- "$new" "$1"
        """;

    /// <summary>Makes servers start in maintenance or not; gives whether the file had to be changed for it.</summary>
    /// <exception cref="Errors.FoobarException"><c>BackendNotInConfiguration</c>; the file can't be read or written, or HAProxy refuses the new one.</exception>
    public static async Task<bool> SetAsync(IServerSession session, IEnumerable<ConfiguredServer> servers, CancellationToken cancellationToken)
    {
        CommandResult read = SessionReadings.Succeeded(await session.RunAsync(RemoteCommand.Create($"cat -- {Path}") with { Privileged = true }, cancellationToken));
        string text = servers.Aggregate(read.OutputText, (current, server) => HaproxyConfiguration.WithDisabled(current, server.Backend, server.Name, server.Disabled));
        if (text == read.OutputText)
        {
            return false;
        }

        SessionReadings.Succeeded(await session.RunAsync(RemoteCommand.FromScript(Replace, Path) with { Privileged = true, Input = Encoding.UTF8.GetBytes(text) }, cancellationToken), $"write {Path}");
        return true;
    }
}
