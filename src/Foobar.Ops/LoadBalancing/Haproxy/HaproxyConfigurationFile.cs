using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.LoadBalancing.Haproxy;
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
    // The new file is checked together with the others before it takes the place of the old one, in one rename, with
    // owner, mode and time kept: what is written is what runs already, and no edit that waits for a reload (LoadBalancerCollector).
    private const string Replace = """
        set -e
        PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
        old=$1 new="$1.foobar-new"
        shift
        trap 'rm -f -- "$new"' EXIT
        cp -p -- "$old" "$new"
        cat > "$new"
        touch -r "$old" -- "$new"
        for file in "$@"; do
          shift
          if [ "$file" = "$old" ]; then set -- "$@" -f "$new"; else set -- "$@" -f "$file"; fi
        done
        haproxy -c -q "$@"
        sync -- "$new" 2>/dev/null || sync
        mv -f -- "$new" "$old"
        """;

    /// <summary>What a start of HAProxy would make of each server of a backend.</summary>
    /// <exception cref="FoobarException">As for <see cref="HaproxyFiles.ReadAsync"/>.</exception>
    public static async Task<IReadOnlyList<ServerStart>> StartsAsync(
        IServerSession session, string backend, CancellationToken cancellationToken) =>
        ServerStartReader.ReadAll(HaproxySection.Of(await HaproxyFiles.ReadAsync(session, cancellationToken)), backend);

    /// <summary>
    /// Makes servers start in maintenance or not; gives whether a file had to be changed for it. Read back from the server,
    /// a start makes of each of them what was asked, or this fails.
    /// </summary>
    /// <exception cref="FoobarException">
    /// <c>BackendNotInConfiguration</c>; <c>EndpointRefused</c>: it can't be told what a start would make of a server; a file
    /// can't be read or written, or HAProxy refuses the new one.
    /// </exception>
    public static async Task<bool> SetAsync(
        IServerSession session, IEnumerable<ConfiguredServer> servers, CancellationToken cancellationToken)
    {
        ConfiguredServer[] wanted = [.. servers];
        IReadOnlyList<HaproxyFile> before = await HaproxyFiles.ReadAsync(session, cancellationToken);
        IReadOnlyList<HaproxyFile> after = Apply(before, wanted);
        HaproxyFile[] changed = [.. after.Except(before)];
        foreach (HaproxyFile file in changed)
        {
            SessionReadings.Succeeded(
                await session.RunAsync(
                    RemoteCommand.FromScript(Replace, [file.Path, .. after.Select(each => each.Path)]) with
                    {
                        Privileged = true,
                        Input = Encoding.UTF8.GetBytes(file.Text),
                    },
                    cancellationToken),
                $"write {file.Path}");
        }

        if (changed.Length > 0 && !Apply(await HaproxyFiles.ReadAsync(session, cancellationToken), wanted).SequenceEqual(after))
        {
            throw new FoobarException(
                "EndpointRefused", ErrorKind.Failed,
                $"{session.Server.Name}: {string.Join(", ", changed.Select(file => file.Path))} does not hold what was written to it.")
                {
                    Server = session.Server.Name,
                };
        }

        return changed.Length > 0;
    }

    /// <summary>Sees whether <see cref="SetAsync"/> can tell what to write; only reads.</summary>
    /// <exception cref="FoobarException">As for <see cref="SetAsync"/>.</exception>
    public static async Task CheckAsync(IServerSession session, ConfiguredServer server, CancellationToken cancellationToken) =>
        Apply(await HaproxyFiles.ReadAsync(session, cancellationToken), [server]);

    /// <summary>
    /// The files with the servers as wanted. All that is asked of one backend is asked together, so none is left half done.
    /// </summary>
    private static IReadOnlyList<HaproxyFile> Apply(IReadOnlyList<HaproxyFile> files, IEnumerable<ConfiguredServer> servers) =>
        servers.Aggregate(
            files, (current, server) => HaproxyConfiguration.WithDisabled(current, server.Backend, server.Name, server.Disabled));
}
