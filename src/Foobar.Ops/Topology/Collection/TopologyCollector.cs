using Foobar.Ops.Discovery.Sockets;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Topology.Collection;

/// <summary>Reads <see cref="TopologyFacts"/>: the sockets, nginx's configuration where there should be one, and all else by one command.</summary>
public sealed class TopologyCollector : Collector<TopologyFacts>
{
    /// <inheritdoc/>
    public override string Name => "topology";

    /// <inheritdoc/>
    public override async Task<TopologyFacts> CollectAsync(ISiteSession session, Server server, CancellationToken cancellationToken)
    {
        IServerSession connection = await session.GetServerAsync(server.Name, cancellationToken);
        Task<SocketFacts> sockets = SocketCollector.ReadAsync(connection, cancellationToken);
        Reading<NginxDirective> nginx = server.Is(Role.Web)
            ? await NginxFiles.ReadAsync(connection, cancellationToken)
            : Reading.Of(new NginxDirective("", []), NginxFiles.Source);
        NginxDirective root = nginx.Value ?? new NginxDirective("", []);
        Reading<TopologyFacts> read = await connection.ReadAsync(
            TopologyScript.For(server, session.Site.Policy, root), TopologyScript.Parse, TopologyScript.Source, cancellationToken);
        TopologyFacts facts = read.Value ?? Unread(read.Failure ?? "It was not read.");
        return facts with
        {
            Sockets = Reading.Of(await sockets),
            Proxies = nginx.TryGet(out _)
                ? Reading.Of(ProxyTargets.Read(root), NginxFiles.Source)
                : Reading.Unreadable<IReadOnlyList<ProxyTarget>>(nginx.Failure ?? "It was not read.", NginxFiles.Source),
            Files = nginx.Failure is { } failure && session.Site.Policy.Topology.AppFiles.Count == 0
                ? Reading.Unreadable<AppFiles>(failure, NginxFiles.Source)
                : facts.Files,
        };
    }

    private static TopologyFacts Unread(string reason) => new()
    {
        Vrrp = Reading.Unreadable<VrrpFacts>(reason, TopologyScript.Source),
        Files = Reading.Unreadable<AppFiles>(reason, TopologyScript.Source),
        Stalls = Reading.Unreadable<IReadOnlyList<ServiceStall>>(reason, TopologyScript.Source),
    };
}
