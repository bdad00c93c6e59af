using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Discovery.Sockets;

/// <summary>Reads <see cref="SocketFacts"/>: one command.</summary>
public sealed class SocketCollector : Collector<SocketFacts>
{
    /// <inheritdoc/>
    public override string Name => "sockets";

    /// <inheritdoc/>
    public override async Task<SocketFacts> CollectAsync(ISiteSession session, Server server, CancellationToken cancellationToken)
    {
        IServerSession connection = await session.GetServerAsync(server.Name, cancellationToken);
        return await ReadAsync(connection, cancellationToken);
    }

    /// <summary>The same over a session.</summary>
    internal static async Task<SocketFacts> ReadAsync(IServerSession connection, CancellationToken cancellationToken)
    {
        Reading<SocketFacts> reading = await connection.ReadAsync(
            RemoteCommand.FromScript(SocketScript.Text) with
            {
                Privileged = true,
            }, SocketScript.Parse, SocketScript.Source, cancellationToken);
        return reading.TryGet(out SocketFacts? facts) ? facts : Unreadable(reading.Failure ?? "It was not read.");
    }

    private static SocketFacts Unreadable(string reason) => new()
    {
        Listeners = Reading.Unreadable<IReadOnlyList<Listener>>(reason, SocketScript.ListenersSource),
        Conversations = Reading.Unreadable<IReadOnlyList<Conversation>>(reason, SocketScript.ConversationsSource),
        Containers = Reading.Unreadable<IReadOnlyList<RunningContainer>>(reason, SocketScript.ContainersSource),
    };
}
