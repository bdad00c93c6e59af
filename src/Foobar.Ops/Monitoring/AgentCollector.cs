using System.Diagnostics;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Monitoring.Agents;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Monitoring;

/// <summary>Reads <see cref="AgentFacts"/>: units, sockets and files at once, then each exporter is asked for its metrics.</summary>
public sealed class AgentCollector : Collector<AgentFacts>
{
    /// <inheritdoc/>
    public override string Name => "agents";

    /// <inheritdoc/>
    public override async Task<AgentFacts> CollectAsync(ISiteSession session, Server server, CancellationToken cancellationToken)
    {
        IServerSession connection = await session.GetServerAsync(server.Name, cancellationToken);
        Task<Reading<IReadOnlyList<Unit>>> units = connection.ReadAsync(UnitScript.For(KnownAgent.All.Values.SelectMany(agent => agent.Units)), UnitScript.Parse, UnitParser.Source, cancellationToken);
        Task<Reading<IReadOnlyList<ListeningSocket>>> sockets = connection.ReadAsync(RemoteCommand.FromScript(SocketParser.Source) with { Privileged = true }, SocketParser.Parse, SocketParser.Source, cancellationToken);
        Task<Reading<IReadOnlyDictionary<string, AgentFiles>>> files = connection.ReadAsync(RemoteCommand.FromScript(AgentFiles.Script, AgentFiles.Arguments(KnownAgent.All.Values)) with { Privileged = true }, AgentFiles.Parse, AgentFiles.Source, cancellationToken);
        await Task.WhenAll(units, sockets, files);
        string? failure = (await units).Failure ?? (await sockets).Failure ?? (await files).Failure;
        if (failure is not null)
        {
            return new AgentFacts { Agents = Reading.Unreadable<IReadOnlyList<MonitoringAgent>>(failure, UnitParser.Source) };
        }

        MonitoringAgent[] agents = [.. Found(server, session.Site.Policy.Monitoring, (await units).Value!, (await sockets).Value!, (await files).Value!)];
        return new AgentFacts { Agents = Reading.Of<IReadOnlyList<MonitoringAgent>>(await Task.WhenAll(agents.Select(agent => AskAsync(connection, agent, cancellationToken))), UnitParser.Source) };
    }

    private static IEnumerable<MonitoringAgent> Found(Server server, MonitoringPolicy policy, IReadOnlyList<Unit> units, IReadOnlyList<ListeningSocket> sockets, IReadOnlyDictionary<string, AgentFiles> files)
    {
        foreach (KnownAgent agent in KnownAgent.All.Values)
        {
            AgentFiles? own = files.GetValueOrDefault(agent.Name);
            Unit[] named = [.. agent.Units.SelectMany(name => units.Where(unit => unit.Name == name && unit.Load != "not-found"))];
            Unit? best = named.FirstOrDefault(unit => unit.IsActive) ?? named.FirstOrDefault();
            bool expected = policy.Agents.Contains(agent.Name);
            if (expected || best is not null)
            {
                yield return new MonitoringAgent
                {
                    Server = server.Name,
                    Name = agent.Name,
                    IsExpected = expected,
                    Unit = best,
                    Sockets = [.. sockets.Where(socket => socket.Processes.Any(agent.Processes.Contains))],
                    Configuration = own?.Configuration,
                    IsConfigured = agent.Setting is null ? null : own?.IsConfigured ?? false,
                    LogAgeSeconds = own?.LogAgeSeconds,
                };
            }
        }
    }

    private static async Task<MonitoringAgent> AskAsync(IServerSession connection, MonitoringAgent agent, CancellationToken cancellationToken)
    {
        if (!KnownAgent.All[agent.Name].IsExporter || agent.Sockets.FirstOrDefault(socket => socket.Protocol == TransportProtocol.Tcp) is not { } socket)
        {
            return agent;
        }

        string host = socket.Scope == SocketScope.Wildcard ? "127.0.0.1" : socket.Address;
        UriBuilder url = new("http", host, socket.Port, "/metrics");
        return agent with { Answer = await AskAsync(connection, host, url.Uri, cancellationToken) };
    }

    private static async Task<Reading<ExporterAnswer>> AskAsync(IServerSession connection, string host, Uri url, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            using HttpClient http = connection.CreateHttpClient(host);
            string text = await http.GetStringAsync(url, cancellationToken);
            return Reading.Of(new ExporterAnswer(url.ToString(), ExporterText.CountSamples(text), Stopwatch.GetElapsedTime(start).TotalMilliseconds), $"GET {url}");
        }
        catch (Exception error) when (error is HttpRequestException or ParseException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return Reading.Unreadable<ExporterAnswer>(SessionHttp.Reason(error), $"GET {url}");
        }
    }
}
