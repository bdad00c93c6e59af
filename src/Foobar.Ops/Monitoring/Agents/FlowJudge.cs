using System.Globalization;
using System.Net;

namespace Foobar.Ops.Monitoring.Agents;

/// <summary>
/// Judges whether data flows from an agent by the latest sign there is: what it says itself of its last sending, its log, and the
/// kernel's account of its connections. A counter that only ever grows says nothing of now.
/// </summary>
internal static class FlowJudge
{
    /// <summary>By then an agent that can't reach its service has said so.</summary>
    private static readonly TimeSpan FirstWord = TimeSpan.FromSeconds(20);

    /// <summary>An attempt to connect is unanswered only if nothing was sent for this time: a good one takes a moment too.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(15);

    /// <summary>A connection on which the same was sent again so often is dead.</summary>
    private const int MostRetries = 2;

    /// <summary>The agent with its flow and what shows it.</summary>
    /// <param name="agent">The agent with what it answered.</param>
    /// <param name="known">Its row in the table.</param>
    /// <param name="now">The server's clock.</param>
    /// <param name="survey">What the server showed, for what could not be read of it.</param>
    public static MonitoringAgent Judge(MonitoringAgent agent, KnownAgent known, DateTimeOffset now, Survey survey)
    {
        bool isLogUnread = survey.Logs.Any(log => log.Agent == agent.Name && log.HasUnreadFailure);
        (DataFlow flow, string reason) = !agent.IsRunning ? (DataFlow.Stopped, "it does not run")
            : agent.IsSuspended ? (DataFlow.Stopped, "a signal stopped its process")
            : known.IsExporter ? OfExporter(agent, known)
            : Latest(agent, known, now) ?? (isLogUnread ? null : Silent(agent, known, now)) ?? Asked(agent, known) ?? (DataFlow.Unknown,
                Unknown(agent, survey.SocketFailure, isLogUnread));
        return agent with { Flow = flow, FlowReason = reason };
    }

    private static (DataFlow Flow, string Reason) OfExporter(MonitoringAgent agent, KnownAgent known)
    {
        AgentConnection? scraper = Freshest(agent, known, isIncoming: true);
        return agent.Answer is { Failure: { } failure } ? (DataFlow.Stopped, $"asked for its metrics: {failure}")
            : scraper is not null ? (DataFlow.Flowing, Scraped(scraper))
            : agent.Answer is null ? (DataFlow.Stopped, "it listens on no port to be asked")
            : (DataFlow.Asked, "it answers; no connection shows that anybody asks it");
    }

    /// <summary>The latest of all signs, good or bad, that are not too old to say something of now.</summary>
    private static (DataFlow Flow, string Reason)? Latest(MonitoringAgent agent, KnownAgent known, DateTimeOffset now)
    {
        (DateTimeOffset Time, DataFlow Flow, string Reason)[] signs = [.. Signs(agent, known, now)];
        if (signs.Length == 0)
        {
            return null;
        }

        (_, DataFlow flow, string reason) = signs.MaxBy(static sign => sign.Time);
        return (flow, reason);
    }

    private static IEnumerable<(DateTimeOffset Time, DataFlow Flow, string Reason)> Signs(MonitoringAgent agent, KnownAgent known,
        DateTimeOffset now)
    {
        DateTimeOffset oldest = now - known.Silence;
        if (agent.Answer?.Value?.LastSent is { } sample)
        {
            yield return (sample < oldest ? now : sample, sample >= oldest ? DataFlow.Flowing : DataFlow.Stopped,
                Text($"by its own status the newest sample it sent is {(now - sample).TotalSeconds:0} s old"));
        }

        if (agent.LastSent is { } sent && sent >= oldest)
        {
            yield return (sent, DataFlow.Flowing, Text($"its log says that it sent {(now - sent).TotalSeconds:0} s ago"));
        }

        // A failure before the agent was started again is history. Who tells of each recovery too has not recovered since.
        if (agent.LastFailure is { } failed && !(failed < agent.Since?.AddSeconds(-1)) && !(failed <= agent.LastSent) && (failed >= oldest
            || known.LogTellsFailures))
        {
            yield return (failed, DataFlow.Stopped,
                Text($"its log says at {failed:HH:mm:ss} UTC that sending failed, and nothing better since"));
        }

        if (Freshest(agent, known, isIncoming: false) is { } fresh)
        {
            yield return (now.AddSeconds(-fresh.LastSentSeconds!.Value), DataFlow.Flowing,
                Text($"it last sent to {fresh.Remote} {fresh.LastSentSeconds:0} s ago"));
        }

        if (Others(agent).FirstOrDefault(static connection => !connection.IsIncoming && (connection.State == "SYN-SENT"
            || connection.Retries >= MostRetries)) is { } dead)
        {
            yield return (now - Moment, DataFlow.Stopped, dead.State == "SYN-SENT"
                ? $"{dead.Remote} does not answer its attempts to connect" : $"{dead.Remote} does not acknowledge what it sends");
        }
    }

    private static (DataFlow Flow, string Reason)? Silent(MonitoringAgent agent, KnownAgent known, DateTimeOffset now) =>
        known.LogTellsFailures && agent.LogAgeSeconds is not null && agent.Endpoints.Count > 0 && now - agent.Since >= FirstWord
            ? (DataFlow.Flowing, "its log tells of every failure to reach its service, and of none since it started")
            : null;

    private static (DataFlow Flow, string Reason)? Asked(MonitoringAgent agent, KnownAgent known) =>
        Freshest(agent, known, isIncoming: true) is { } scraper && known.Status is { Serves: true } ? (DataFlow.Flowing, Scraped(scraper))
        : known.Status is { Serves: true } && agent.Answer is { Failure: null } && agent.Endpoints.Count == 0 ? (DataFlow.Asked,
            "it answers; no connection shows that anybody asks it")
        : null;

    private static string Unknown(MonitoringAgent agent, string? unread, bool isLogUnread) =>
        isLogUnread ? "its log tells of a failure at a time that is not understood"
        : unread is not null ? $"its connections could not be read: {unread}"
        : agent.Answer?.Value?.Sent is { } sent
            ? Text($"it sent {sent:0} in all by its own account, but neither a log nor a connection says when")
        : agent.Connections.Any(static connection => connection.Protocol == "udp") || agent.Endpoints.Any(static endpoint =>
            endpoint.Address.StartsWith("udp:", StringComparison.Ordinal))
            ? "it sends datagrams, of which no answer tells whether they arrive"
        : "neither its status nor its log nor a connection shows it";

    private static string Scraped(AgentConnection scraper) =>
        Text($"{SurveyedSocket.HostOf(scraper.Remote)} asked for its metrics {scraper.LastSentSeconds:0} s ago");

    // Something was acknowledged: a connection in which a firewall swallows everything only looks established.
    private static AgentConnection? Freshest(MonitoringAgent agent, KnownAgent known, bool isIncoming) => Others(agent)
        .Where(connection => connection.IsIncoming == isIncoming
            && connection is { Protocol: "tcp", State: "ESTAB", LastSentSeconds: { } age, AcknowledgedBytes: > 0, Retries: < MostRetries }
                && age <= known.Silence.TotalSeconds)
        .MinBy(static connection => connection.LastSentSeconds);

    // What an agent says to a neighbour on its own server (a database, a log daemon) is no report.
    private static IEnumerable<AgentConnection> Others(MonitoringAgent agent) =>
        agent.Connections.Where(static connection => !IPAddress.TryParse(SurveyedSocket.HostOf(connection.Remote), out IPAddress? address)
            || !IPAddress.IsLoopback(address));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
