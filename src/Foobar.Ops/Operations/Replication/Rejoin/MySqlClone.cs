using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>
/// A fresh copy by MySQL's clone plugin: the member fetches the primary's data over the databases' own port (MySQL Reference
/// Manual, "Cloning Remote Data"), and restarts. Settings, its UUID and its persisted variables stay its own.
/// </summary>
internal sealed class MySqlClone : IFreshCopy
{
    /// <inheritdoc/>
    public long CopiedBytes => 0;

    /// <inheritdoc/>
    public bool HasReplaced { get; private set; }

    /// <inheritdoc/>
    public async Task CopyAsync(CopyParameters parameters, CancellationToken cancellationToken)
    {
        await using (IDatabaseSession database = await parameters.Member.OpenAsync(cancellationToken))
        {
            await RequirePluginAsync(database, cancellationToken);
            await using IDatabaseSession donor = await parameters.Site.OpenDatabaseAsync(parameters.Primary, cancellationToken);
            await RequirePluginAsync(donor, cancellationToken);
            database.TimeLimit = parameters.Options.CopyLimit;
            await CloneAsync(new MySqlMember(database), parameters.Source, cancellationToken);
        }

        IServerSession machine = await parameters.Member.MachineAsync(cancellationToken);
        await StartedAsync(parameters, machine, cancellationToken);
        await using IDatabaseSession copied = await parameters.Member.OpenAsync(cancellationToken);
        if (await new MySqlMember(copied).CloneFailureAsync(cancellationToken) is { } failure)
        {
            throw Failed(parameters.Name, failure + await ErrorLog.QuoteAsync(machine, cancellationToken));
        }
    }

    // It drops its data once the donor has let it in. Where it does not answer any more they may be gone.
    private async Task CloneAsync(MySqlMember member, ReplicationSource source, CancellationToken cancellationToken)
    {
        HasReplaced = true;
        try
        {
            await member.CloneAsync(source, cancellationToken);
        }
        catch (DatabaseException refused) when (refused.Number is not null)
        {
            HasReplaced = await HasDroppedAsync(member, cancellationToken);
            throw;
        }
    }

    private static async Task<bool> HasDroppedAsync(MySqlMember member, CancellationToken cancellationToken)
    {
        try
        {
            return await member.HasDroppedDataAsync(cancellationToken);
        }
        catch (FoobarException)
        {
            return true;
        }
    }

    // What it was given may be what it can't start with.
    private static async Task StartedAsync(CopyParameters parameters, IServerSession machine, CancellationToken cancellationToken)
    {
        try
        {
            await parameters.Member.EnsureRunningAsync(machine, parameters.Options.StartLimit, cancellationToken);
        }
        catch (FoobarException error) when (error.ErrorId == "StartFailed")
        {
            throw Failed(parameters.Name, error.Message, error);
        }
    }

    private static async Task RequirePluginAsync(IDatabaseSession database, CancellationToken cancellationToken)
    {
        if (!await new MySqlMember(database).CanCloneAsync(cancellationToken))
        {
            throw new FoobarException(
                "CloneUnavailable", ErrorKind.Refused, $"{database.Server}: the clone plugin is not loaded, so no fresh copy can be made.")
            {
                Server = database.Server,
                Recommendation = "Load it on both members (plugin-load-add = mysql_clone.so), then run Repair-FoobarReplication again.",
            };
        }
    }

    private static FoobarException Failed(string server, string why, Exception? cause = null) =>
        new("CopyFailed", ErrorKind.Failed, $"{server}: the copy of the primary did not succeed: {why}", cause)
        {
            Server = server,
            Recommendation =
                "Put right what its error log names. Where its database can't start any more, set up an empty data directory with the "
                    + "clone plugin and the operator's account.",
        };
}
