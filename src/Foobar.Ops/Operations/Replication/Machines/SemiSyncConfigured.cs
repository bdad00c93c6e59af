using Foobar.Ops.Database;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Machines;

/// <summary>Whether a member's configuration has it wait for a replica at each commit, whatever it does now.</summary>
internal static class SemiSyncConfigured
{
    private const string Persisted = "SELECT VARIABLE_VALUE AS value FROM performance_schema.persisted_variables WHERE VARIABLE_NAME IN ('rpl_semi_sync_source_enabled', 'rpl_semi_sync_master_enabled')";

    /// <summary>Asks.</summary>
    public static async Task<bool> AskAsync(IDatabaseSession database, IServerSession server, CancellationToken cancellationToken)
    {
        if (!database.IsMariaDb && (await database.QueryAsync(Persisted, null, cancellationToken)) is [{ } row, ..])
        {
            return ServerVariables.IsOn(row.Text("value") ?? "");
        }

        CommandResult defaults = SessionReadings.Succeeded(await server.RunAsync(RemoteCommand.FromScript(ReplicationQueries.Options) with { Privileged = true }, cancellationToken), "--print-defaults");
        ServerOptions options = ServerOptions.Parse(defaults.OutputText);
        return options.Flag("rpl_semi_sync_source_enabled") || options.Flag("rpl_semi_sync_master_enabled");
    }
}
