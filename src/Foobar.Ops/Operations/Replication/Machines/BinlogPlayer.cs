using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Machines;

/// <summary>Commits transactions of a dump on a member, under their own GTIDs, by the server's own client.</summary>
internal static class BinlogPlayer
{
    private const string Script = """
        client=$(command -v mariadb || command -v mysql) || exit 127
        exec "$client" --binary-mode
        """;

    /// <summary>Commits them.</summary>
    /// <exception cref="FoobarException"><c>SalvageFailed</c>: the member refused one.</exception>
    public static async Task PlayAsync(IServerSession server, BinlogDump dump, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (dump.Transactions.Count == 0)
        {
            return;
        }

        CommandResult result = await RunAsync(server, dump.Sql, limit, cancellationToken);
        if (result.ExitCode != 0)
        {
            throw new FoobarException(
                "SalvageFailed", ErrorKind.Failed,
                $"{server.Server.Name}: it did not take the transactions of the dead primary: {result.ErrorText.Trim()}")
            {
                Server = server.Server.Name,
                Recommendation =
                    "Nothing was promoted. Look at what the message names; -AcceptDataLoss goes on without these transactions.",
            };
        }
    }

    /// <summary>Gives a member SQL that <c>mysqlbinlog</c> wrote; it stops at the first error.</summary>
    public static async Task<CommandResult> RunAsync(
        IServerSession server, ReadOnlyMemory<byte> sql, TimeSpan limit, CancellationToken cancellationToken)
    {
        // The operator's own account where it is let in by the socket, else root.
        RemoteCommand login = RemoteCommand.FromScript("client=$(command -v mariadb || command -v mysql) && echo 'DO 1;' | \"$client\"");
        bool own = (await server.RunAsync(login, cancellationToken)).ExitCode == 0;
        return await server.RunAsync(
            RemoteCommand.FromScript(Script) with { Privileged = !own, Input = sql, TimeLimit = limit }, cancellationToken);
    }
}
