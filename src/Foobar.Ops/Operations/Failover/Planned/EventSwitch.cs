using System.Diagnostics;
using System.Text;
using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Failover.Planned;

/// <summary>
/// Moves scheduled events with the primary's role. A promoted replica's events are disabled until each is enabled (MySQL
/// Reference Manual, "Replication of Invoked Features"). <c>ALTER EVENT ... ENABLE</c> on the new primary disables the same
/// event on its replicas, so the old primary follows by replication; its scheduler stands still from before its fence until
/// then: an event whose definer <c>read_only</c> does not bind would write in spite of it.
/// </summary>
internal sealed class EventSwitch(FailoverConnections live, IReadOnlyList<EventName> events)
{
    private const string ClientScript = """
        client=$(command -v mariadb || command -v mysql) || exit 127
        exec "$client" --batch
        """;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Lets the old primary's scheduler stand still.</summary>
    public Task StopAsync(CancellationToken token) => live.OldSession!.ExecuteAsync("SET GLOBAL event_scheduler = OFF", null, token);

    /// <summary>Lets it run again.</summary>
    public Task StartAsync(CancellationToken token) => live.OldSession!.ExecuteAsync("SET GLOBAL event_scheduler = ON", null, token);

    /// <summary>Enables the events on the new primary, waits until the old one has them disabled, and lets its scheduler run.</summary>
    /// <exception cref="FoobarException"><c>EventsNotMoved</c>: one is not there, could not be enabled, or is still enabled on the old primary.</exception>
    public async Task MoveAsync(CancellationToken token)
    {
        Dictionary<string, ScheduledEvent> there = await ReadAsync(live.NewSession, token);
        foreach (EventName name in events)
        {
            ScheduledEvent one = there.GetValueOrDefault($"{name}") ?? throw Failed(live.NewName, $"the event {name} is not there");
            if (one.Status != EventStatus.Enabled)
            {
                await EnableAsync(one, token);
            }
        }

        Dictionary<string, ScheduledEvent> now = await ReadAsync(live.NewSession, token);
        if (events.FirstOrDefault(name => now[$"{name}"].Status != EventStatus.Enabled) is { } still)
        {
            throw Failed(live.NewName, $"the event {still} was to be enabled, and is {now[$"{still}"].Status}");
        }

        await SettleAsync(token);
        await StartAsync(token);
    }

    /// <summary>The statement that enables an event and leaves its definer and its SQL mode as they are (<c>ALTER EVENT</c> takes the session's otherwise).</summary>
    internal static string Statement(ScheduledEvent one)
    {
        int at = one.Definer.LastIndexOf('@');
        string definer = at < 0 ? Quoted(one.Definer) : $"{Quoted(one.Definer[..at])}@{Quoted(one.Definer[(at + 1)..])}";
        return $"ALTER DEFINER = {definer} EVENT {Quoted(one.Schema)}.{Quoted(one.Name)} ENABLE";

        static string Quoted(string name) => $"`{name.Replace("`", "``", StringComparison.Ordinal)}`";
    }

    private static async Task<Dictionary<string, ScheduledEvent>> ReadAsync(IDatabaseSession member, CancellationToken token) =>
        (await member.QueryAsync(ReplicationQueries.Events, null, token)).Select(ScheduledEvent.From).ToDictionary(one => $"{one}", StringComparer.Ordinal);

    private async Task EnableAsync(ScheduledEvent one, CancellationToken token)
    {
        try
        {
            // A session of its own: its SQL mode is kept with the event.
            await using IDatabaseSession own = await live.Site.OpenDatabaseAsync(live.NewName, token);
            await own.ExecuteAsync("SET SESSION sql_mode = @mode", new Dictionary<string, object?> { ["mode"] = one.SqlMode }, token);
            await own.ExecuteAsync(Statement(one), null, token);
        }
        catch (DatabaseException error) when (error.Kind == ErrorKind.Permission)
        {
            // To name another definer takes SET_ANY_DEFINER, and SYSTEM_USER where he has it: root has both.
            string sql = $"SET SESSION sql_mode = '{one.SqlMode.Replace("'", "''", StringComparison.Ordinal)}';\n{Statement(one)};\n";
            CommandResult result = await live.NewServer.RunAsync(RemoteCommand.FromScript(ClientScript) with { Privileged = true, Input = Encoding.UTF8.GetBytes(sql), TimeLimit = Limit }, token);
            if (result.ExitCode != 0)
            {
                throw Failed(live.NewName, $"the event {one} could not be enabled: {error.Message.TrimEnd('.')}; as root: {result.ErrorText.Trim()}");
            }
        }
    }

    private async Task SettleAsync(CancellationToken token)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            Dictionary<string, ScheduledEvent> old = await ReadAsync(live.OldSession!, token);
            EventName? enabled = events.FirstOrDefault(name => old.GetValueOrDefault($"{name}")?.Status == EventStatus.Enabled);
            if (enabled is null)
            {
                return;
            }

            if (Stopwatch.GetElapsedTime(began) > Limit)
            {
                throw Failed(live.OldName, $"the event {enabled} is still enabled on the old primary, whose scheduler therefore stays off");
            }

            await Task.Delay(Pause, token);
        }
    }

    private static FoobarException Failed(string server, string what) => new("EventsNotMoved", ErrorKind.Failed, $"{server}: {what}.")
    {
        Server = server,
        Recommendation = "Enable the events on the new primary by ALTER DEFINER = ... EVENT ... ENABLE (see Test-FoobarReplication -Control DB-031).",
    };
}
