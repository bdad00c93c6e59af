using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;
using static System.FormattableString;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>
/// A fresh copy by MySQL's clone plugin: the member fetches the primary's data over the databases' own port (MySQL Reference
/// Manual, "Cloning Remote Data"), and restarts. Settings, its UUID and its persisted variables stay its own.
/// </summary>
internal sealed class MySqlClone : IFreshCopy
{
    // ER_RESTART_SERVER_FAILED: cloned, but nobody restarts it. ER_OPTION_PREVENTS_STATEMENT: super_read_only.
    private const int NobodyRestarts = 3707;
    private const int ReadOnly = 1290;

    /// <inheritdoc/>
    public long CopiedBytes => 0;

    /// <inheritdoc/>
    public async Task CopyAsync(CopyOrder order, CancellationToken cancellationToken)
    {
        await using (IDatabaseSession database = await order.Member.OpenAsync(cancellationToken))
        {
            await RequirePluginAsync(database, cancellationToken);
            await using IDatabaseSession donor = await order.Site.OpenDatabaseAsync(order.Primary, cancellationToken);
            await RequirePluginAsync(donor, cancellationToken);
            await CloneAsync(database, order, cancellationToken);
        }

        IServerSession machine = await order.Member.MachineAsync(cancellationToken);
        await StartedAsync(order, machine, cancellationToken);
        await using IDatabaseSession copied = await order.Member.OpenAsync(cancellationToken);
        IReadOnlyList<DatabaseRow> rows = await copied.QueryAsync("SELECT STATE AS state, ERROR_NO AS number, ERROR_MESSAGE AS message FROM performance_schema.clone_status", null, cancellationToken);
        if (rows is not [{ } row] || row.Text("state") != "Completed")
        {
            throw Failed(order.Name, (rows is [{ } status] ? $"{status.Text("state")}: {status.Text("message")}." : "it has no record of a copy.") + await ErrorLog.QuoteAsync(machine, cancellationToken));
        }
    }

    // What it was given may be what it can't start with.
    private static async Task StartedAsync(CopyOrder order, IServerSession machine, CancellationToken cancellationToken)
    {
        try
        {
            await order.Member.EnsureRunningAsync(machine, order.Options.StartLimit, cancellationToken);
        }
        catch (FoobarException error) when (error.ErrorId == "StartFailed")
        {
            throw Failed(order.Name, error.Message, error);
        }
    }

    private static async Task CloneAsync(IDatabaseSession database, CopyOrder order, CancellationToken cancellationToken)
    {
        database.TimeLimit = order.Options.CopyLimit;
        await database.ExecuteAsync("SET GLOBAL clone_valid_donor_list = @donor", new Dictionary<string, object?> { ["donor"] = Invariant($"{order.Source.Host}:{order.Source.Port}") }, cancellationToken);
        Dictionary<string, object?> login = new() { ["password"] = order.Source.Password.Reveal() };
        string clone = Invariant($"CLONE INSTANCE FROM '{Word(order.Source.User)}'@'{Word(order.Source.Host)}':{order.Source.Port} IDENTIFIED BY @password {(order.Source.Tls ? "REQUIRE SSL" : "")}");
        try
        {
            await CloneOnceAsync(database, clone, login, cancellationToken);
        }
        catch (DatabaseException error) when (error.Number == ReadOnly)
        {
            // Other accounts than operators' are still refused.
            await database.ExecuteAsync("SET GLOBAL super_read_only = OFF", null, cancellationToken);
            await CloneOnceAsync(database, clone, login, cancellationToken);
        }
    }

    private static async Task CloneOnceAsync(IDatabaseSession database, string clone, Dictionary<string, object?> login, CancellationToken cancellationToken)
    {
        try
        {
            await database.ExecuteAsync(clone, login, cancellationToken);
        }
        catch (DatabaseException error) when (error.Number == NobodyRestarts || error.Kind == ErrorKind.Connection)
        {
            // It ends itself when it is done, to start with the new data. What came of it is asked then.
        }
    }

    private static async Task RequirePluginAsync(IDatabaseSession database, CancellationToken cancellationToken)
    {
        IReadOnlyList<DatabaseRow> rows = await database.QueryAsync("SELECT PLUGIN_STATUS AS status FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'clone'", null, cancellationToken);
        if (rows is not [{ } row] || row.Text("status") != "ACTIVE")
        {
            throw new FoobarException("CloneUnavailable", ErrorKind.Refused, $"{database.Server}: the clone plugin is not loaded, so no fresh copy can be made.")
            {
                Server = database.Server,
                Recommendation = "Load it on both members (plugin-load-add = mysql_clone.so), then run Repair-FoobarReplication again.",
            };
        }
    }

    // The statement takes no parameters in their place.
    private static string Word(string text) => text.Length > 0 && text.All(character => char.IsAsciiLetterOrDigit(character) || ".-_:%".Contains(character, StringComparison.Ordinal))
        ? text
        : throw new FoobarException("ArgumentNotQuotable", ErrorKind.InvalidInput, $"'{text}' can't be the account or the host of a CLONE statement here: letters, digits and .-_:% are expected.");

    private static FoobarException Failed(string server, string why, Exception? cause = null) =>
        new("CopyFailed", ErrorKind.Failed, $"{server}: the copy of the primary did not succeed: {why}", cause)
        {
            Server = server,
            Recommendation = "Put right what its error log names. Where its database can't start any more, set up an empty data directory with the clone plugin and the operator's account.",
        };
}
