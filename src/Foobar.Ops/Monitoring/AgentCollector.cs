using System.Diagnostics;
using System.Net;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Monitoring.Agents;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Monitoring;

/// <summary>
/// Reads <see cref="AgentFacts"/>: two commands for everything that a server shows of its agents, then each that answers of itself is
/// asked.
/// </summary>
public sealed class AgentCollector : Collector<AgentFacts>
{
    /// <inheritdoc/>
    public override string Name => "agents";

    /// <inheritdoc/>
    public override async Task<AgentFacts> CollectAsync(ISiteSession session, Server server, CancellationToken cancellationToken)
    {
        IServerSession connection = await session.GetServerAsync(server.Name, cancellationToken);
        Task<Reading<ClockSkew>> clock = ReadClockAsync(connection, cancellationToken);
        Task<Reading<IReadOnlyDictionary<string, string>>> packages =
            connection.ReadAsync(SurveyScript.Packages, Survey.ParsePackages, SurveyScript.Source, cancellationToken);
        Reading<Survey> reading = await connection.ReadAsync(SurveyScript.Command, Survey.Parse, SurveyScript.Source, cancellationToken);
        IReadOnlyDictionary<string, string>? installed = (await packages).Value;
        if (!reading.TryGet(out Survey? survey) || (survey.UnitFailure ?? survey.ProcessFailure) is not null)
        {
            return new AgentFacts
            {
                Agents = Reading.Unreadable<IReadOnlyList<MonitoringAgent>>(
                    reading.Failure ?? survey!.UnitFailure ?? survey.ProcessFailure!, SurveyScript.Source),
                Clock = await clock,
            };
        }

        survey = survey with { Packages = installed ?? survey.Packages };
        MonitoringAgent[] agents = await Task.WhenAll(
            AgentFinder.Find(server, session.Site.Policy.Monitoring, survey)
                .Select(agent => AskAsync(connection, agent, cancellationToken)));
        return new AgentFacts
        {
            Agents = Reading.Of<IReadOnlyList<MonitoringAgent>>(
                [.. agents.Select(agent => FlowJudge.Judge(agent, KnownAgent.All[agent.Name], survey.Time, survey))], SurveyScript.Source),
            Clock = await clock,
        };
    }

    // A command of its own: how long the survey takes would be all uncertainty.
    private static Task<Reading<ClockSkew>> ReadClockAsync(IServerSession connection, CancellationToken cancellationToken)
    {
        DateTimeOffset asked = DateTimeOffset.UtcNow;
        long start = Stopwatch.GetTimestamp();
        return connection.ReadAsync(
            RemoteCommand.FromScript("date +%s.%N"),
            text =>
            {
                double half = Stopwatch.GetElapsedTime(start).TotalSeconds / 2;
                DateTimeOffset server = Survey.Seconds(text) ?? throw Survey.Unexpected("time", 1, "seconds since 1970", text.Trim());

                // A clock that only tells whole seconds is half a second ahead of what it says on average, and that unsure.
                double coarse = text.Contains(".%N", StringComparison.Ordinal) || !text.Contains('.', StringComparison.Ordinal) ? 0.5 : 0;
                return new ClockSkew((server - asked).TotalSeconds + coarse - half, half + coarse + 0.001);
            },
            "date +%s.%N",
            cancellationToken);
    }

    private static async Task<MonitoringAgent> AskAsync(
        IServerSession connection, MonitoringAgent agent, CancellationToken cancellationToken)
    {
        StatusPlace? status = KnownAgent.All[agent.Name].Status;
        ListeningSocket[] sockets =
        [
            .. agent.Sockets.Where(
                socket =>
                    socket.Protocol == TransportProtocol.Tcp
                        && (status?.Ports.Count == 0
                            || KnownAgent.All[agent.Name].IsExporter
                            || status?.Ports.Contains(socket.Port) == true)),
        ];
        if (status is null || sockets.Length == 0)
        {
            return agent;
        }

        ListeningSocket socket = sockets.FirstOrDefault(one => status.Ports.Contains(one.Port)) ?? sockets[0];
        string host = socket.Scope == SocketScope.Wildcard ? "127.0.0.1" : socket.Address;
        Reading<ExporterAnswer> answer = await AskAsync(connection, host, socket.Port, status, isTls: false, cancellationToken);

        // node_exporter and others with a certificate answer 400 to plain HTTP.
        answer = answer.Failure is { } failure && failure.Contains("400", StringComparison.Ordinal)
            ? await AskAsync(connection, host, socket.Port, status, isTls: true, cancellationToken)
            : answer;
        return agent with { Answer = answer, Version = agent.Version ?? answer.Value?.Version };
    }

    private static async Task<Reading<ExporterAnswer>> AskAsync(
        IServerSession connection, string host, int port, StatusPlace status, bool isTls, CancellationToken cancellationToken)
    {
        string[] parts = status.Path.Split('?', 2);
        Uri url = new UriBuilder(isTls ? "https" : "http", host, port, parts[0], parts.Length > 1 ? "?" + parts[1] : "").Uri;
        long start = Stopwatch.GetTimestamp();
        try
        {
            using HttpClient http = connection.CreateHttpClient(host, trustAnyCertificate: isTls);
            string text = await http.GetStringAsync(url, cancellationToken);
            return Reading.Of(
                StatusReader.Read(status, url.ToString(), Stopwatch.GetElapsedTime(start).TotalMilliseconds, text), $"GET {url}");
        }
        catch (Exception error)
            when (error is HttpRequestException or ParseException
                || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return Reading.Unreadable<ExporterAnswer>(SessionHttp.Reason(error), $"GET {url}");
        }
    }
}
