using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>Reads <see cref="ReplicationFacts"/> of one member.</summary>
public sealed class ReplicationCollector : Collector<ReplicationFacts>
{
    /// <inheritdoc/>
    public override string Name => "replication";

    /// <inheritdoc/>
    public override bool AppliesTo(Server server, Site site) => site.Policy.Database is { } policy && server.Is(policy.Members);

    /// <inheritdoc/>
    public override Task<ReplicationFacts> CollectAsync(ISiteSession session, Server server, CancellationToken cancellationToken) =>
        ReadAsync(session, server, refused: null, cancellationToken);

    /// <summary>The same; whoever asks is also told as an error why the database did not let us in.</summary>
    internal static async Task<ReplicationFacts> ReadAsync(
        ISiteSession session, Server server, Action<FoobarException>? refused, CancellationToken cancellationToken)
    {
        IServerSession connection = await session.GetServerAsync(server.Name, cancellationToken);
        try
        {
            await using IDatabaseSession database = await session.OpenDatabaseAsync(server.Name, cancellationToken);
            return await new ReplicationReader(database, connection).ReadAsync(cancellationToken);
        }
        catch (DatabaseException error)
        {
            // The server itself answered above: that its database does not is a fact of its own.
            refused?.Invoke(error);
            return ReplicationFacts.Unreadable(error.Message, "the database connection") with
            {
                IsLoginRefused = error.Kind == ErrorKind.Authentication,
            };
        }
    }
}
