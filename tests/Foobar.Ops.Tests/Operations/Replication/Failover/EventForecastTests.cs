using Foobar.Ops.Database;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Failover;

namespace Foobar.Ops.Tests.Operations.Replication.Failover;

/// <summary>Which scheduled events run on the one that takes a dead primary's place.</summary>
public sealed class EventForecastTests
{
    private static readonly EventFacts Primary = new()
    {
        SchedulerOn = true,
        Events = [One("tick", EventStatus.Enabled), One("off", EventStatus.Disabled)],
    };

    private static readonly EventFacts Candidate = new()
    {
        SchedulerOn = true,
        Events = [One("tick", EventStatus.ReplicaSideDisabled), One("off", EventStatus.ReplicaSideDisabled)],
    };

    [Fact]
    public void What_ran_runs_again_and_nothing_else()
    {
        EventForecast forecast = EventForecast.Of(Seen(Primary), Candidate);
        Assert.Equal("shop.tick", $"{Assert.Single(forecast.Enable)}");
        Assert.Null(forecast.Doubt);
        Assert.Empty(EventForecast.Of(Seen(Primary with { SchedulerOn = false }), Candidate).Enable);
        Assert.Empty(EventForecast.Of(Seen(Primary), Candidate with { Events = [One("tick", EventStatus.Enabled)] }).Enable);
    }

    [Fact]
    public void What_is_not_known_is_told()
    {
        Assert.Contains(
            "shop.late",
            EventForecast.Of(
                Seen(Primary), Candidate with { Events = [.. Candidate.Events, One("late", EventStatus.ReplicaSideDisabled)] }).Doubt,
            StringComparison.Ordinal);
        EventForecast blind = EventForecast.Of(null, Candidate);
        Assert.Empty(blind.Enable);
        Assert.Contains("shop.tick, shop.off", blind.Doubt, StringComparison.Ordinal);
        Assert.Contains("could not be read", EventForecast.Of(Seen(Primary), null).Doubt, StringComparison.Ordinal);
        Assert.Contains(
            "event_scheduler", EventForecast.Of(Seen(Primary), Candidate with { SchedulerOn = false }).Doubt, StringComparison.Ordinal);
        Assert.Null(EventForecast.Of(null, new() { SchedulerOn = false }).Doubt);
    }

    [Fact]
    public void The_journal_gives_the_events_back()
    {
        FailoverParameters order = new()
        {
            Id = "7",
            Old = "web-01",
            New = "web-02",
            Events = [new("shop", "tick")],
            EventDoubt = "whether shop.late ran is not known",
        };
        FailoverParameters back = FailoverParameters.Of(order.ToParameters(), order.CatchUpLimit);
        Assert.Equal((order.EventDoubt, "shop.tick"), (back.EventDoubt, $"{Assert.Single(back.Events)}"));
    }

    private static SourceEvidence Seen(EventFacts events) =>
        new()
        {
            Source = "web-01",
            ReadAt = DateTimeOffset.UnixEpoch,
            SemiSync = new()
            {
                Available = false,
                SourceEnabled = false,
                SourceActive = false,
                ReplicaEnabled = false,
                ReplicaActive = false,
            },
            Events = events,
        };

    private static ScheduledEvent One(string name, EventStatus status) => new() { Schema = "shop", Name = name, Status = status };
}
