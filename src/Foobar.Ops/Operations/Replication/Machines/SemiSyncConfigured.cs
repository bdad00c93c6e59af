using Foobar.Ops.Database;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Machines;

/// <summary>Whether a member's configuration has it wait for a replica at each commit, whatever it does now.</summary>
internal static class SemiSyncConfigured
{
    /// <summary>Asks.</summary>
    public static async Task<bool> AskAsync(DatabaseMember member, IServerSession server, CancellationToken cancellationToken)
    {
        if (await member.SemiSyncPersistedAsync(cancellationToken) is { } persisted)
        {
            return persisted;
        }

        CommandResult defaults = SessionReadings.Succeeded(
            await server.RunAsync(RemoteCommand.FromScript(ReplicationQueries.Options) with { Privileged = true }, cancellationToken),
            "--print-defaults");
        ServerOptions options = ServerOptions.Parse(defaults.OutputText);
        return options.Flag("rpl_semi_sync_source_enabled") || options.Flag("rpl_semi_sync_master_enabled");
    }
}
