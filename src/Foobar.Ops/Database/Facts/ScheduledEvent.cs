using System.Text.Json.Serialization;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>Whether a scheduled event runs on a member.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<EventStatus>))]
public enum EventStatus
{
    /// <summary>It runs, where the scheduler does.</summary>
    Enabled,

    /// <summary>It does not run.</summary>
    Disabled,

    /// <summary>It came by replication, and does not run here (<c>REPLICA_SIDE_DISABLED</c>, <c>SLAVESIDE_DISABLED</c>).</summary>
    ReplicaSideDisabled,
}

/// <summary>A statement that a database server runs by itself at set times (<c>CREATE EVENT</c>).</summary>
public sealed record ScheduledEvent
{
    /// <summary>Its schema.</summary>
    public required string Schema { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it runs here.</summary>
    public required EventStatus Status { get; init; }

    /// <summary>The account by whose privileges it runs, as <c>user@host</c>.</summary>
    public string Definer { get; init; } = "";

    /// <summary>The SQL mode that it runs with.</summary>
    public string SqlMode { get; init; } = "";

    /// <inheritdoc/>
    public override string ToString() => $"{Schema}.{Name}";

    /// <exception cref="ParseException">Its status is not known.</exception>
    internal static ScheduledEvent From(DatabaseRow row) => new()
    {
        Schema = row.Text("event_schema") ?? "",
        Name = row.Text("event_name") ?? "",
        Definer = row.Text("definer") ?? "",
        SqlMode = row.Text("sql_mode") ?? "",
        Status = row.Text("status") switch
        {
            "ENABLED" => EventStatus.Enabled,
            "DISABLED" => EventStatus.Disabled,
            "REPLICA_SIDE_DISABLED" or "SLAVESIDE_DISABLED" => EventStatus.ReplicaSideDisabled,
            var other => throw new ParseException(
                null, "information_schema.EVENTS", 0, $"expected ENABLED, DISABLED or REPLICA_SIDE_DISABLED, found '{other}'."),
        },
    };
}

/// <summary>The scheduled events of a member.</summary>
public sealed record EventFacts
{
    /// <summary>Whether the server runs events at all (<c>event_scheduler</c>).</summary>
    public required bool SchedulerOn { get; init; }

    /// <summary>The events that the login may see.</summary>
    public IReadOnlyList<ScheduledEvent> Events { get; init; } = [];
}
