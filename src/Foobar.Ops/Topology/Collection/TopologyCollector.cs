using Foobar.Ops.Discovery.Sockets;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Topology.Collection;

/// <summary>
/// Reads <see cref="TopologyFacts"/>: the sockets, nginx's configuration where there should be one, and all else by one command.
/// </summary>
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
        Reading<TopologyFacts> read = await ReadAsync(connection, TopologyScript.For(server, session.Site.Policy, root), cancellationToken);
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

    /// <summary>Lists what is there, then reads the contents of the files.</summary>
    internal static async Task<Reading<TopologyFacts>> ReadAsync(
        IServerSession connection, RemoteCommand survey, CancellationToken cancellationToken)
    {
        Reading<string> listed = await connection.ReadAsync(survey, static text => text, TopologyScript.Source, cancellationToken);
        if (!listed.TryGet(out string? text))
        {
            return Reading.Unreadable<TopologyFacts>(listed.Failure ?? "It was not read.", TopologyScript.Source);
        }

        if (TopologyScript.SumsOf(text) is not { } contents)
        {
            return Parse(text, "");
        }

        Reading<string> sums = await connection.ReadAsync(
            contents with { Privileged = survey.Privileged }, static read => read, TopologyScript.Source, cancellationToken);
        return sums.TryGet(out string? known)
            ? Parse(text, known)
            : Reading.Unreadable<TopologyFacts>(sums.Failure ?? "It was not read.", TopologyScript.Source);
    }

    private static Reading<TopologyFacts> Parse(string text, string sums)
    {
        try
        {
            return Reading.Of(TopologyScript.Parse(text, sums), TopologyScript.Source);
        }
        catch (Errors.ParseException error)
        {
            return Reading.Unreadable<TopologyFacts>(error.Message, TopologyScript.Source);
        }
    }

    private static TopologyFacts Unread(string reason) => new()
    {
        Vrrp = Reading.Unreadable<VrrpFacts>(reason, TopologyScript.Source),
        Files = Reading.Unreadable<AppFiles>(reason, TopologyScript.Source),
        Stalls = Reading.Unreadable<IReadOnlyList<ServiceStall>>(reason, TopologyScript.Source),
    };
}
