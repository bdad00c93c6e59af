using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Replication.Machines;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>
/// A member that comes back: started so that it can't take a write before anybody has looked at what it holds. MySQL's
/// persisted settings (<c>mysqld-auto.cnf</c>) win over every file, so they are changed in place while it does not run.
/// </summary>
/// <param name="site">The site's connections.</param>
/// <param name="name">The member.</param>
/// <param name="flavor">The flavour.</param>
internal sealed class ReturningMember(ISiteSession site, string name, DatabaseFlavor flavor)
{
    private const string Settings = "zz-foobar-return.cnf";

    private const string SettingsScript = """
        set -e
        for directory in /etc/mysql/mysql.conf.d /etc/my.cnf.d /etc/mysql/conf.d none; do
            if [ -d "$directory" ]; then break; fi
        done
        umask 022
        printf '# Written by Foobar.Ops while this member comes back as a replica.\n[mysqld]\nread_only = ON\nsuper_read_only = ON\nskip_replica_start = ON\n' > "$directory/$1"
        """;

    private const string RequireUnit = DatabaseUnit.Find + """

        [ -n "$unit" ] || { echo 'no systemd unit of the database is known' >&2; exit 1; }
        """;

    private const string StartScript = RequireUnit + """

        systemctl reset-failed "$unit" 2>/dev/null
        systemctl start --no-block "$unit"
        """;

    private const string RestartScript = RequireUnit + """

        systemctl restart "$unit"
        """;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>How long one that was started, or restarts itself, is left alone.</summary>
    private static readonly TimeSpan StartPause = TimeSpan.FromSeconds(5);

    /// <summary>One that ended this often right after its start does not come up by itself.</summary>
    private const int Attempts = 3;

    private const string SeeLog = "Put right what its error log names (journalctl -u).";

    /// <summary>Its scheduled events.</summary>
    public ReturningEvents Events { get; } = new(site, name, flavor);

    /// <summary>Its machine.</summary>
    public Task<IServerSession> MachineAsync(CancellationToken token) => site.GetServerAsync(name, token);

    /// <summary>A new connection to its database.</summary>
    public Task<IDatabaseSession> OpenAsync(CancellationToken token) => site.OpenDatabaseAsync(name, token);

    /// <summary>Makes it read-only, now if it runs and after every start.</summary>
    public async Task FenceAsync(CancellationToken token)
    {
        IServerSession machine = await MachineAsync(token);
        if (await TryOpenAsync(token) is { } database)
        {
            await using (database)
            {
                DatabaseMember member = DatabaseMember.Of(database);
                await member.FenceAsync(token);
                await member.EndClientsAsync(token);
                await Events.StopAsync(machine, member, token);
                await member.PersistRoleAsync(true, machine, token);
            }

            return;
        }

        if (flavor == DatabaseFlavor.MariaDb)
        {
            await Events.StopAsync(machine, null, token);
            await MariaDbMember.PersistAsync(true, machine, token);
            return;
        }

        SessionReadings.Succeeded(
            await machine.RunAsync(RemoteCommand.FromScript(SettingsScript, Settings) with { Privileged = true }, token),
            $"write {Settings}");
        await CloseKeptSettingsAsync(machine, token);
    }

    /// <summary>Lets its database start, starts it, and waits until it lets us in.</summary>
    /// <exception cref="FoobarException"><c>StartFailed</c>: it does not; <c>FenceFailed</c>: it takes writes after every
    /// start.</exception>
    public async Task StartAsync(TimeSpan limit, CancellationToken token)
    {
        IServerSession machine = await MachineAsync(token);
        await MachineFence.LiftAsync(machine, start: false, token);
        await EnsureRunningAsync(machine, limit, token);
        if (!await RefusesWritesAsync(token))
        {
            // A machine that has just booted may have started it before it was told to refuse writes.
            SessionReadings.Succeeded(
                await machine.RunAsync(
                    RemoteCommand.FromScript(RestartScript) with { Privileged = true, TimeLimit = limit }, token), "systemctl restart");
            await EnsureRunningAsync(machine, limit, token);
            if (!await RefusesWritesAsync(token))
            {
                throw new FoobarException(
                    "FenceFailed", ErrorKind.Failed, $"{name}: it came up taking writes, and was made read-only at once.")
                {
                    Server = name,
                    Recommendation =
                        "Look for a setting of read_only that wins over the module's, then run Repair-FoobarReplication again.",
                };
            }
        }

        await using IDatabaseSession database = await OpenAsync(token);
        DatabaseMember member = DatabaseMember.Of(database);
        await member.PersistRoleAsync(true, machine, token);
        if (flavor == DatabaseFlavor.MySql)
        {
            RemoteCommand tidy = RemoteCommand.FromScript(
                "rm -f -- /etc/mysql/mysql.conf.d/\"$1\" /etc/my.cnf.d/\"$1\" /etc/mysql/conf.d/\"$1\"", Settings);
            SessionReadings.Succeeded(await machine.RunAsync(tidy with { Privileged = true }, token));
        }
    }

    /// <summary>Starts its database if it does not run, and waits until it lets us in.</summary>
    /// <exception cref="FoobarException"><c>StartFailed</c>: it does not within the limit, or ends again and again; the message quotes its
    /// error log.</exception>
    public async Task EnsureRunningAsync(IServerSession machine, TimeSpan limit, CancellationToken token)
    {
        using TimeLimit timer = new(site.Time, limit, token);
        string said = "";
        long? tried = null;
        int starts = 0;
        int restarts = int.MaxValue;
        try
        {
            while (true)
            {
                if (await TryOpenAsync(timer.Token) is { } database)
                {
                    await database.DisposeAsync();
                    return;
                }

                // systemd refuses one that is started too often.
                MachineReport? report = await MachineReport.AskAsync(site, name, limit, timer.Token);
                said = report is null ? "" : $" {report.Unit} is {report.State}.";
                restarts = Math.Min(restarts, report?.Restarts ?? restarts);
                bool isDown = report is { Runs: false }
                    && !report.State.StartsWith("activating", StringComparison.Ordinal)
                    && (tried is null || site.Time.GetElapsedTime(tried.Value) > StartPause);
                if (isDown ? starts == Attempts : report is { Runs: false } && report.Restarts - restarts >= Attempts)
                {
                    throw new FoobarException(
                        "StartFailed", ErrorKind.Failed,
                        $"{name}: its database was started {Attempts} times and ended again each "
                            + $"time.{said}{await ErrorLog.QuoteAsync(machine, token)}")
                        {
                            Server = name,
                            Recommendation = SeeLog,
                        };
                }

                if (isDown)
                {
                    (tried, starts) = (site.Time.GetTimestamp(), starts + 1);
                    SessionReadings.Succeeded(
                        await machine.RunAsync(RemoteCommand.FromScript(StartScript) with { Privileged = true }, timer.Token),
                        "systemctl start");
                }

                await Task.Delay(Pause, site.Time, timer.Token);
            }
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            throw new FoobarException(
                "StartFailed", ErrorKind.Timeout,
                $"{name}: its database did not let us in within {limit.TotalSeconds:0} s.{said}{await ErrorLog.QuoteAsync(machine, token)}")
                {
                    Server = name,
                    Recommendation = SeeLog,
                };
        }
    }

    // One that takes writes is fenced for now.
    private async Task<bool> RefusesWritesAsync(CancellationToken token)
    {
        await using IDatabaseSession database = await OpenAsync(token);
        DatabaseMember member = DatabaseMember.Of(database);
        if (await member.IsFencedAsync(token))
        {
            return true;
        }

        await member.FenceAsync(token);
        await member.EndClientsAsync(token);
        return false;
    }

    private async Task<IDatabaseSession?> TryOpenAsync(CancellationToken token)
    {
        try
        {
            return await OpenAsync(token);
        }
        catch (DatabaseException)
        {
            return null;
        }
    }

    private async Task CloseKeptSettingsAsync(IServerSession machine, CancellationToken token)
    {
        MachineReport report = await MachineReport.AskAsync(site, name, TimeSpan.FromSeconds(10), token)
            ?? throw new FoobarException(
                "ServerUnreachable", ErrorKind.Connection, $"{name}: its machine does not answer.") { Server = name };
        string path = $"{report.DataDirectory}/mysqld-auto.cnf";
        CommandResult read = SessionReadings.Succeeded(
            await machine.RunAsync(RemoteCommand.Create($"[ ! -e {path} ] || cat -- {path}") with { Privileged = true }, token),
            $"read {path}");
        if (read.Output.IsEmpty)
        {
            return;
        }

        RemoteCommand write = RemoteCommand.FromScript(
            "set -e; cp -p -- \"$1\" \"$1.new\"; cat > \"$1.new\"; sync -- \"$1.new\" 2>/dev/null || sync; mv -f -- \"$1.new\" \"$1\"",
            path);
        SessionReadings.Succeeded(
            await machine.RunAsync(
                write with { Privileged = true, Input = Encoding.UTF8.GetBytes(WithReadOnly(name, path, read.OutputText)) }, token),
            $"write {path}");
    }

    /// <summary>MySQL's persisted settings with both read-only switches on, wherever they are set; all else as it was.</summary>
    /// <exception cref="ParseException">The text is no JSON object.</exception>
    internal static string WithReadOnly(string server, string path, string text)
    {
        try
        {
            JsonNode root = JsonNode.Parse(text) ?? throw new JsonException("null");
            Visit(root);
            return root.ToJsonString();
        }
        catch (JsonException error)
        {
            throw new ParseException(server, path, 0, $"expected MySQL's persisted settings (a JSON object): {error.Message}", error);
        }

        static void Visit(JsonNode? node)
        {
            foreach ((string key, JsonNode? value) in node is JsonObject one ? one.ToArray() : [])
            {
                if (key is "read_only" or "super_read_only" && value is JsonObject setting)
                {
                    setting["Value"] = "ON";
                }
                else
                {
                    Visit(value);
                }
            }
        }
    }
}
