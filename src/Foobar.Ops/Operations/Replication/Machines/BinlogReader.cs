using Foobar.Ops.Database;
using Foobar.Ops.Database.Gtids;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Machines;

/// <summary>Reads from the files of a database, which need not run, the transactions that another member does not hold.</summary>
internal static class BinlogReader
{
    /// <summary>More than this many bytes of SQL are not carried from one server to another through this machine.</summary>
    public const int LargestDump = 256 * 1024 * 1024;

    private const string Script = BinlogFiles.Find + """

        flavor=$1 held=$2 first=$3
        export LC_ALL=C
        cd -- "$datadir" || exit 1
        begin=; [ -z "$first" ] || ! grep -q "\(^\|/\)$first\$" "$index" || begin=$first
        set --
        while read -r file; do
            [ -z "$begin" ] || [ "${file##*/}" = "$begin" ] || continue
            begin=
            set -- "$@" "$file"
        done < "$index" || exit 1
        [ $# -gt 0 ] || { echo "no binary logs in $index" >&2; exit 1; }
        if [ "$flavor" = MariaDb ]; then
            program=$(command -v mariadb-binlog || command -v mysqlbinlog) || exit 127
            [ -z "$held" ] || set -- "--start-position=$held" "$@"
            exec "$program" --no-defaults --skip-gtid-strict-mode "$@"
        fi
        [ -z "$held" ] || set -- "--exclude-gtids=$held" "$@"
        exec mysqlbinlog --no-defaults "$@"
        """;

    /// <summary>What of all that a member holds, its own later transactions among it, can be left out of what is read.</summary>
    public static string LeftOut(DatabaseFlavor flavor, string held) => flavor == DatabaseFlavor.MySql
        ? held

        // MariaDB's program takes one position a domain, and the member's own transactions have moved that on.
        : "";

    /// <summary>Reads them.</summary>
    /// <param name="server">The machine with the files.</param>
    /// <param name="flavor">The flavour.</param>
    /// <param name="held">What the other member holds: MySQL a GTID set, MariaDB its position in each domain.</param>
    /// <param name="firstFile">The log to begin with, which the other member was last known to read; <see langword="null"/> for
    /// all.</param>
    /// <param name="limit">The limit.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="orAll">
    /// Whether all is read where MariaDB's logs begin after that position: a member that was copied has no log of what came before.
    /// </param>
    /// <exception cref="FoobarException"><c>BinlogUnreadable</c>: there is no program, no file, or too much of it.</exception>
    public static async Task<BinlogDump> ReadAsync(
        IServerSession server,
        DatabaseFlavor flavor,
        string held,
        string? firstFile,
        TimeSpan limit,
        CancellationToken cancellationToken,
        bool orAll = false)
    {
        string position = flavor == DatabaseFlavor.MariaDb ? MariaDbGtidState.Parse(held).LastOfEachDomain() : held;
        RemoteCommand command = RemoteCommand.FromScript(Script, flavor.ToString(), position, firstFile ?? "") with
        {
            Privileged = true,
            TimeLimit = limit,
            OutputCap = LargestDump,
            TakesBeginning = true,
        };
        CommandResult result = await server.RunAsync(command, cancellationToken);
        if (result.Truncated)
        {
            throw Unreadable(server, $"it holds more than {LargestDump / (1024 * 1024)} MB that the candidate lacks");
        }

        if (orAll && position.Length > 0 && result.ErrorText.Contains("logs are missing data", StringComparison.Ordinal))
        {
            return await ReadAsync(server, flavor, "", firstFile, limit, cancellationToken);
        }

        // A log whose writer was killed may end within an event, which the program calls an error; what stands before it counts.
        return result.ExitCode == 0 || IsTornEnd(result.ErrorText)
            ? BinlogDump.Parse(flavor, result.Output)
            : throw Unreadable(server, result.ExitCode == 127 ? "there is no mysqlbinlog" : result.ErrorText.Trim());
    }

    private static bool IsTornEnd(string error) =>
        error.Contains("read error", StringComparison.OrdinalIgnoreCase)
            || error.Contains("truncated", StringComparison.OrdinalIgnoreCase)
            || error.Contains("Could not read entry", StringComparison.OrdinalIgnoreCase);

    private static FoobarException Unreadable(IServerSession server, string why) =>
        new("BinlogUnreadable", ErrorKind.Failed, $"{server.Server.Name}: its binary logs could not be read: {why}.")
        {
            Server = server.Server.Name,
            Recommendation = "See that mysqlbinlog (mariadb-binlog) is installed there and that the files are whole.",
        };
}
