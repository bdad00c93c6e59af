using System.Text;
using System.Text.Json;
using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication;

/// <summary>
/// Moves scheduled events with the primary's role. A promoted replica's events are disabled until each is enabled (MySQL
/// Reference Manual, "Replication of Invoked Features"). <c>ALTER EVENT ... ENABLE</c> on the new primary disables the same
/// event on its replicas; an old primary that is dead has them disabled when it follows.
/// </summary>
/// <param name="live">The connections.</param>
/// <param name="events">The events.</param>
internal sealed class EventSwitch(MoveConnections live, IReadOnlyList<EventName> events)
{
    /// <summary>What to do where an event could not be enabled.</summary>
    public const string Advice =
        "Enable the events on the new primary by ALTER DEFINER = ... EVENT ... ENABLE (see Test-FoobarReplication -Control DB-031).";

    private const string ClientScript = """
        client=$(command -v mariadb || command -v mysql) || exit 127
        exec "$client" --batch
        """;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Enables the events on the new primary.</summary>
    /// <exception cref="FoobarException"><c>EventsNotMoved</c>: one is not there, or could not be enabled.</exception>
    public async Task EnableAsync(CancellationToken token)
    {
        Dictionary<string, ScheduledEvent> there = await live.Candidate.Member.EventsAsync(token);
        foreach (EventName name in events)
        {
            ScheduledEvent one = there.GetValueOrDefault($"{name}") ?? throw Failed(live.Candidate.Name, $"the event {name} is not there");
            if (one.Status != EventStatus.Enabled)
            {
                await AlterAsync(live.Site, live.Candidate.Machine, one, "ENABLE", logged: true, token);
            }
        }

        Dictionary<string, ScheduledEvent> now = await live.Candidate.Member.EventsAsync(token);
        if (events.FirstOrDefault(name => now[$"{name}"].Status != EventStatus.Enabled) is { } still)
        {
            throw Failed(live.Candidate.Name, $"the event {still} was to be enabled, and is {now[$"{still}"].Status}");
        }
    }

    /// <summary>Changes an event as its definer has it, by the operator's account or, where that may not, as root.</summary>
    /// <param name="site">The site's connections.</param>
    /// <param name="machine">The member's machine.</param>
    /// <param name="one">The event as it is there.</param>
    /// <param name="what">What becomes of it: <c>ENABLE</c>, <c>DISABLE ON REPLICA</c>.</param>
    /// <param name="logged">Whether replicas shall do the same.</param>
    /// <param name="token">Cancels.</param>
    /// <exception cref="FoobarException"><c>EventsNotMoved</c>: it could not be changed.</exception>
    public static async Task AlterAsync(
        ISiteSession site, IServerSession machine, ScheduledEvent one, string what, bool logged, CancellationToken token)
    {
        string name = machine.Server.Name;
        try
        {
            // A session of its own: its SQL mode is kept with the event.
            await using IDatabaseSession own = await site.OpenDatabaseAsync(name, token);
            await DatabaseMember.Of(own).AlterEventAsync(one, what, logged, token);
        }
        catch (DatabaseException error) when (error.Kind == ErrorKind.Permission)
        {
            // To name another definer takes SET_ANY_DEFINER, and SYSTEM_USER where he has it: root has both.
            CommandResult result = await machine.RunAsync(
                RemoteCommand.FromScript(ClientScript) with
                {
                    Privileged = true,
                    Input = Encoding.UTF8.GetBytes(DatabaseMember.EventScript(one, what, logged)),
                    TimeLimit = Limit,
                },
                token);
            if (result.ExitCode != 0)
            {
                throw Failed(
                    name,
                    $"the event {one} could not be changed ({what}): {error.Message.TrimEnd('.')}; as root: {result.ErrorText.Trim()}");
            }
        }
    }

    /// <summary>What is told where one could not be moved.</summary>
    internal static FoobarException Failed(string server, string what) => new("EventsNotMoved", ErrorKind.Failed, $"{server}: {what}.")
    {
        Server = server,
        Recommendation = Advice,
    };
}

/// <summary>A scheduled event by its name.</summary>
/// <param name="Schema">Its schema.</param>
/// <param name="Name">Its name.</param>
internal sealed record EventName(string Schema, string Name)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Schema}.{Name}";

    /// <summary>For a journal or a marker; empty for none.</summary>
    public static string Write(IReadOnlyList<EventName> events) => events.Count > 0 ? JsonSerializer.Serialize(events) : "";

    /// <summary>From a journal or a marker.</summary>
    /// <param name="text">The text; empty for none.</param>
    /// <param name="source">Where it stood, for errors.</param>
    /// <exception cref="ParseException">It is no list of events.</exception>
    public static IReadOnlyList<EventName> Read(string? text, string source)
    {
        try
        {
            return string.IsNullOrEmpty(text) ? [] : JsonSerializer.Deserialize<EventName[]>(text) ?? [];
        }
        catch (JsonException error)
        {
            throw new ParseException(null, source, 1, $"expected the events as a JSON list: {error.Message}", error);
        }
    }
}
