using System.Globalization;
using System.Net;

namespace Foobar.Ops.Monitoring.Agents;

/// <summary>
/// Judges whether data flows from an agent, by the surest sign there is: what it says itself of its last sending, then its log,
/// then the kernel's account of its connections. A counter that only ever grows says nothing of now.
/// </summary>
internal static class FlowJudge
{
    /// <summary>The agent with its flow and what shows it.</summary>
    /// <param name="agent">The agent with what it answered.</param>
    /// <param name="known">Its row in the table.</param>
    /// <param name="now">The server's clock.</param>
    /// <param name="unread">Why its sockets could not be read; <see langword="null"/> if they could.</param>
    public static MonitoringAgent Judge(MonitoringAgent agent, KnownAgent known, DateTimeOffset now, string? unread)
    {
        (DataFlow flow, string reason) = !agent.IsRunning ? (DataFlow.Stopped, "it does not run")
            : known.IsExporter ? OfExporter(agent, known)
            : ByStatus(agent, known, now) ?? ByLog(agent, known, now) ?? ByConnections(agent, known) ?? Asked(agent, known) ?? (DataFlow.Unknown, Unknown(agent, unread));
        return agent with { Flow = flow, FlowReason = reason };
    }

    private static (DataFlow Flow, string Reason) OfExporter(MonitoringAgent agent, KnownAgent known)
    {
        if (agent.Answer is { Failure: { } failure })
        {
            return (DataFlow.Stopped, $"asked for its metrics: {failure}");
        }

        AgentConnection? scraper = Others(agent).Where(connection => connection.IsIncoming && IsFresh(connection, known)).MinBy(static connection => connection.LastSentSeconds);
        return scraper is not null ? (DataFlow.Flowing, Text($"{HostOf(scraper)} asked for its metrics {scraper.LastSentSeconds:0} s ago"))
            : agent.Answer is null ? (DataFlow.Stopped, "it listens on no port to be asked")
            : (DataFlow.Asked, "it answers; no connection shows that anybody asks it");
    }

    private static (DataFlow Flow, string Reason)? ByStatus(MonitoringAgent agent, KnownAgent known, DateTimeOffset now)
    {
        if (agent.Answer?.Value?.LastSent is not { } sent)
        {
            return null;
        }

        double age = (now - sent).TotalSeconds;
        return (age <= known.Silence.TotalSeconds ? DataFlow.Flowing : DataFlow.Stopped, Text($"by its own status the newest sample it sent is {age:0} s old"));
    }

    private static (DataFlow Flow, string Reason)? ByLog(MonitoringAgent agent, KnownAgent known, DateTimeOffset now)
    {
        DateTimeOffset oldest = now - known.Silence;

        // A failure before the agent was started again is history.
        DateTimeOffset? failure = agent.LastFailure is { } failed && (agent.Since is null || failed >= agent.Since.Value.AddSeconds(-1)) ? failed : null;
        bool isAfter = failure is not null && (agent.LastSent is null || failure > agent.LastSent);

        // Some log a failure once and are silent until it works again: then the last word counts however old it is.
        return isAfter && (failure >= oldest || (known.Logs.Any(static log => log.Sent is not null) && agent.LastSent is not null) || !HasFreshConnection(agent, known))
                ? (DataFlow.Stopped, Text($"its log says at {failure:HH:mm:ss} UTC that sending failed, and nothing better since"))
            : agent.LastSent >= oldest ? (DataFlow.Flowing, Text($"its log says that it sent {(now - agent.LastSent.Value).TotalSeconds:0} s ago"))
            : null;
    }

    private static (DataFlow Flow, string Reason)? ByConnections(MonitoringAgent agent, KnownAgent known)
    {
        AgentConnection[] outward = [.. Others(agent).Where(static connection => !connection.IsIncoming)];
        AgentConnection? fresh = outward.Where(connection => IsFresh(connection, known)).MinBy(static connection => connection.LastSentSeconds);
        AgentConnection? incoming = Others(agent).Where(connection => connection.IsIncoming && IsFresh(connection, known)).MinBy(static connection => connection.LastSentSeconds);
        AgentConnection? waits = Array.Find(outward, static connection => connection.State == "SYN-SENT");
        return fresh is not null ? (DataFlow.Flowing, Text($"it last sent to {fresh.Remote} {fresh.LastSentSeconds:0} s ago"))
            : waits is not null ? (DataFlow.Stopped, $"{waits.Remote} does not answer its attempts to connect")
            : incoming is not null ? (DataFlow.Flowing, Text($"{HostOf(incoming)} asked for its metrics {incoming.LastSentSeconds:0} s ago"))
            : null;
    }

    private static (DataFlow Flow, string Reason)? Asked(MonitoringAgent agent, KnownAgent known) =>
        known.Status is { Serves: true } && agent.Answer is { Failure: null } && agent.Endpoints.Count == 0
            ? (DataFlow.Asked, "it answers; no connection shows that anybody asks it")
            : null;

    private static string Unknown(MonitoringAgent agent, string? unread) =>
        unread is not null ? $"its connections could not be read: {unread}"
        : agent.Answer?.Value?.Sent is { } sent ? Text($"it sent {sent:0} in all by its own account, but neither a log nor a connection says when")
        : agent.Endpoints.Any(static endpoint => endpoint.Address.StartsWith("udp:", StringComparison.Ordinal)) || agent.Connections.Any(static connection => connection.Protocol == "udp")
            ? "it sends datagrams, of which no answer tells whether they arrive"
        : "neither its status nor its log nor a connection shows it";

    private static bool HasFreshConnection(MonitoringAgent agent, KnownAgent known) => Others(agent).Any(connection => !connection.IsIncoming && IsFresh(connection, known));

    // Something was acknowledged: a connection in which a firewall swallows everything only looks established.
    private static bool IsFresh(AgentConnection connection, KnownAgent known) =>
        connection is { Protocol: "tcp", State: "ESTAB", LastSentSeconds: { } age, AcknowledgedBytes: > 0 } && age <= known.Silence.TotalSeconds;

    // What an agent says to a neighbour on its own server (a database, a log daemon) is no report.
    private static IEnumerable<AgentConnection> Others(MonitoringAgent agent) =>
        agent.Connections.Where(static connection => !IPAddress.TryParse(HostOf(connection), out IPAddress? address) || !IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address));

    private static string HostOf(AgentConnection connection) => SurveyedSocket.HostOf(connection.Remote);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
