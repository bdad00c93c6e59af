using System.Globalization;
using Foobar.Ops.Database;
using Foobar.Ops.Database.Gtids;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Replication.Machines;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>
/// A fresh copy by <c>mariadb-backup</c>, streamed from the primary's machine through this one to the member's: no port
/// beside SSH is needed and nothing is kept on the way (MariaDB Knowledge Base, "Full Backup and Restore with
/// mariadb-backup"). The old data stay beside the new until these are prepared, and are removed when the database runs.
/// </summary>
internal sealed class MariaDbCopy : IFreshCopy
{
    // From MariaDB 11.4 on clients verify the server's certificate over its socket too, where nobody stands between: a
    // certificate of a private authority would be refused.
    private const string BackupScript = """
        program=$(command -v mariadb-backup || command -v mariabackup) || { echo 'mariadb-backup is not installed' >&2; exit 127; }
        exec "$program" --backup --protocol=socket --skip-ssl-verify-server-cert --stream=mbstream --target-dir=/tmp
        """;

    private const string ReceiveScript = BinlogFiles.Find + "\n" + DatabaseUnit.Find + """

        set -e
        command -v mbstream >/dev/null || { echo 'mbstream is not installed' >&2; exit 127; }
        [ -z "$unit" ] || systemctl stop "$unit"
        rm -rf -- "$datadir/.foobar-copy"
        mkdir -m 700 -- "$datadir/.foobar-copy"
        exec mbstream -x -C "$datadir/.foobar-copy"
        """;

    private const string PrepareScript = BinlogFiles.Find + "\n" + DatabaseUnit.Find + """

        set -e
        copy=$datadir/.foobar-copy old=$datadir/.foobar-old
        program=$(command -v mariadb-backup || command -v mariabackup)
        "$program" --prepare --target-dir="$copy" >&2
        for info in "$copy/mariadb_backup_binlog_info" "$copy/xtrabackup_binlog_info"; do
            [ ! -e "$info" ] || { cat "$info"; break; }
        done
        owner=$(stat -c %u:%g -- "$datadir")
        [ -z "$unit" ] || systemctl stop "$unit"
        rm -rf -- "$old"
        mkdir -m 700 -- "$old"
        find "$datadir" -mindepth 1 -maxdepth 1 ! -name .foobar-copy ! -name .foobar-old ! -name lost+found -exec mv -t "$old" -- {} +
        find "$copy" -mindepth 1 -maxdepth 1 -exec mv -t "$datadir" -- {} +
        rmdir -- "$copy"
        chown -R -- "$owner" "$datadir"
        """;

    private const string TidyScript = BinlogFiles.Find + """

        rm -rf -- "$datadir/.foobar-old" "$datadir/.foobar-copy"
        """;

    /// <inheritdoc/>
    public long CopiedBytes { get; private set; }

    /// <inheritdoc/>
    public bool HasReplaced { get; private set; }

    /// <inheritdoc/>
    public async Task CopyAsync(CopyParameters parameters, CancellationToken cancellationToken)
    {
        using TimeLimit limit = new(parameters.Site.Time, parameters.Options.CopyLimit, cancellationToken);
        IServerSession machine = await parameters.Member.MachineAsync(limit.Token);
        await RequireRoomAsync(parameters, machine, limit.Token);
        string before = await BinlogStateAsync(parameters, limit.Token);
        await StreamAsync(await parameters.Site.GetServerAsync(parameters.Primary, limit.Token), machine, limit.Token);
        RemoteCommand prepare = RemoteCommand.FromScript(PrepareScript) with
        {
            Privileged = true,
            TimeLimit = parameters.Options.CopyLimit,
        };
        HasReplaced = true;
        string position = PositionOf(
            parameters.Name,
            SessionReadings.Succeeded(await machine.RunAsync(prepare, limit.Token), "prepare the copy").OutputText,
            before);
        await parameters.Member.EnsureRunningAsync(machine, parameters.Options.StartLimit, limit.Token);
        await using (IDatabaseSession database = await parameters.Member.OpenAsync(limit.Token))
        {
            await new MariaDbMember(database).StartFromAsync(StateOf(before, position), position, limit.Token);
        }

        SessionReadings.Succeeded(
            await machine.RunAsync(
                RemoteCommand.FromScript(TidyScript) with { Privileged = true, TimeLimit = TimeSpan.FromMinutes(10) }, limit.Token),
            "remove the old data");
    }

    /// <summary>
    /// The position of a backup: the third word of its binlog information; there is none where the primary has never logged anything.
    /// </summary>
    /// <exception cref="ParseException">There is none.</exception>
    internal static string PositionOf(string server, string text, string before) =>
        text.Split((char[])['\t', ' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries) switch
        {
            [_, _, { } gtid, ..] when MariaDbGtidState.TryParse(gtid, out _) => gtid,
            [_, _] when before.Length == 0 => "",
            _ => throw new ParseException(server, "xtrabackup_binlog_info", 1, $"expected file, offset and GTID, found '{text.Trim()}'."),
        };

    /// <summary>
    /// What the primary's binary log held at a position: other servers' last transactions, as they were shortly before, and the
    /// position's own.
    /// </summary>
    internal static string StateOf(string before, string position)
    {
        MariaDbGtidState at = MariaDbGtidState.Parse(position);
        return MariaDbGtidState.Parse(before).Union(at).ToString();
    }

    private static async Task<string> BinlogStateAsync(CopyParameters parameters, CancellationToken token)
    {
        await using IDatabaseSession primary = await parameters.Site.OpenDatabaseAsync(parameters.Primary, token);
        return await DatabaseMember.Of(primary).ExecutedAsync(token);
    }

    private static async Task RequireRoomAsync(CopyParameters parameters, IServerSession machine, CancellationToken token)
    {
        await using IDatabaseSession primary = await parameters.Site.OpenDatabaseAsync(parameters.Primary, token);
        string directory = await DatabaseMember.Of(primary).DataDirectoryAsync(token);
        RemoteCommand measure = RemoteCommand.Create($"du -sk -- {directory} | cut -f 1") with
        {
            Privileged = true,
            TimeLimit = TimeSpan.FromMinutes(5),
        };
        string size = SessionReadings.Succeeded(
            await (await parameters.Site.GetServerAsync(parameters.Primary, token)).RunAsync(measure, token), "du").OutputText.Trim();
        MachineReport? report = await MachineReport.AskAsync(parameters.Site, parameters.Name, TimeSpan.FromSeconds(10), token);
        if (long.TryParse(size, CultureInfo.InvariantCulture, out long kilobytes)
            && report is not null
            && report.DataAvailableBytes < kilobytes * 1024)
        {
            throw new FoobarException(
                "NoRoom", ErrorKind.Refused,
                $"{parameters.Name}: {report.DataAvailableBytes / (1024 * 1024)} MB are free beside its old data, {kilobytes / 1024} MB "
                    + "are needed for the copy.")
            {
                Server = parameters.Name,
                Recommendation = $"Make room in {report.DataDirectory}; its transactions that the primary lacks are saved already.",
            };
        }

        _ = machine;
    }

    private async Task StreamAsync(IServerSession from, IServerSession to, CancellationToken token)
    {
        await using ICommandStream source = await from.StartAsync(RemoteCommand.FromScript(BackupScript) with { Privileged = true }, token);
        await using ICommandStream target = await to.StartAsync(RemoteCommand.FromScript(ReceiveScript) with { Privileged = true }, token);
        try
        {
            byte[] buffer = new byte[256 * 1024];
            for (int read = await source.Output.ReadAsync(buffer, token); read > 0; read = await source.Output.ReadAsync(buffer, token))
            {
                await target.Input.WriteAsync(buffer.AsMemory(0, read), token);
                CopiedBytes += read;
            }
        }
        catch (IOException)
        {
            // One of the two ended; its words below say why.
        }

        await target.Input.DisposeAsync();
        await RequireSuccessAsync(from, source, "mariadb-backup", token);
        await RequireSuccessAsync(to, target, "mbstream", token);
    }

    private static async Task RequireSuccessAsync(IServerSession server, ICommandStream command, string what, CancellationToken token)
    {
        (int code, string error) = await command.ExitAsync(token);
        if (code != 0)
        {
            throw new FoobarException(
                "CopyFailed", ErrorKind.Failed, $"{server.Server.Name}: {what} ended with {code}: {error}") { Server = server.Server.Name };
        }
    }
}
