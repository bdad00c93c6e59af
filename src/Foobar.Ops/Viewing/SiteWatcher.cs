using System.Threading.Channels;
using Foobar.Ops.Auditing;
using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Remoting;
using Foobar.Ops.Traffic;

namespace Foobar.Ops.Viewing;

/// <summary>Reads a site again and again, each part as often as it changes, and gives what it read as samples. It only reads.</summary>
internal sealed class SiteWatcher(ISiteSession site, TimeSpan interval)
{
    private static readonly TimeSpan AgentPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AuditPause = TimeSpan.FromMinutes(5);

    private readonly Channel<SiteSample> _samples = Channel.CreateBounded<SiteSample>(new BoundedChannelOptions(
        256) { FullMode = BoundedChannelFullMode.DropOldest });

    /// <summary>The samples, as they come.</summary>
    public ChannelReader<SiteSample> Samples => _samples.Reader;

    /// <summary>Reads until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Site declared = site.Site;
        List<Task> rows =
        [
            RepeatAsync("rates", TimeSpan.Zero, RatesAsync, cancellationToken),
            RepeatAsync("audit", AuditPause, AuditAsync, cancellationToken),
            .. declared.Policy.Database is null ? [] : new[] { RepeatAsync("replication", interval, ReplicationAsync, cancellationToken) },
            RepeatAsync("metrics", TimeSpan.Zero, MetricsAsync, cancellationToken),
            RepeatAsync("agents", AgentPause, AgentsAsync, cancellationToken),
            .. declared.WithRole(Role.LoadBalancer).Any()
                ? new[] { RepeatAsync("backends", interval, BackendsAsync, cancellationToken) }
                : [],
        ];
        await Task.WhenAll(rows);
    }

    private async Task RepeatAsync(string subject, TimeSpan pause, Func<CancellationToken, Task> read, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await read(cancellationToken);
                Tell(subject, null);
                await Task.Delay(pause, cancellationToken);
            }
            catch (FoobarException error)
            {
                Tell(subject, error.Message);
                await Task.Delay(pause > interval ? pause : interval, cancellationToken);
            }
        }
    }

    private async Task RatesAsync(CancellationToken cancellationToken)
    {
        await foreach (TrafficMeasurement measured in TrafficMeter.StreamAsync(
            site, site.Site.Servers, interval, duration: null, [], cancellationToken))
        {
            Write(new SiteSample
            {
                Time = measured.End,
                Rates = measured.Rates,
                Errors = ErrorsOf("traffic", measured.Errors),
            });
        }
    }

    private async Task MetricsAsync(CancellationToken cancellationToken)
    {
        (ServerMetric[] metrics, FoobarException[] errors) = await OfAllAsync(site.Site.Servers, async server =>
            await MetricReader.MeasureAsync(await site.GetServerAsync(server.Name, cancellationToken), interval, cancellationToken));
        Write(new SiteSample { Time = DateTimeOffset.UtcNow, Metrics = metrics, Errors = ErrorsOf("metrics", errors) });
        if (metrics.Length == 0)
        {
            await Task.Delay(interval, cancellationToken);
        }
    }

    private async Task BackendsAsync(CancellationToken cancellationToken)
    {
        (IReadOnlyList<BackendServer>[] members, FoobarException[] errors) = await OfAllAsync(
            site.Site.WithRole(Role.LoadBalancer),
            async server =>
                await LoadBalancerCollector.ReadServersAsync(
                    await site.GetServerAsync(server.Name, cancellationToken),
                    site.Site.Policy.LoadBalancing.AdminSocket, cancellationToken));
        Write(new SiteSample
        {
            Time = DateTimeOffset.UtcNow,
            Backends = [.. members.SelectMany(each => each)],
            Errors = ErrorsOf("backends", errors),
        });
    }

    private async Task ReplicationAsync(CancellationToken cancellationToken) => Write(new SiteSample
    {
        Time = DateTimeOffset.UtcNow,
        Replication = [.. ReplicationStatus.Of(await ReplicationSurvey.CollectAsync(site, cancellationToken))],
    });

    private async Task AgentsAsync(CancellationToken cancellationToken)
    {
        (AgentFacts[] facts, FoobarException[] errors) = await OfAllAsync(
            site.Site.Servers, server => new AgentCollector().CollectAsync(site, server, cancellationToken));
        Write(new SiteSample
        {
            Time = DateTimeOffset.UtcNow,
            Agents = [.. facts.SelectMany(each => each.Agents.Value ?? [])],
            Errors = ErrorsOf("agents", errors),
        });
    }

    private async Task AuditAsync(CancellationToken cancellationToken)
    {
        Write(new SiteSample { Time = DateTimeOffset.UtcNow, Errors = new Dictionary<string, string?> { ["audit"] = null } });
        SnapshotResult result = await new SnapshotCollector(site).CollectAsync(cancellationToken);
        Write(new SiteSample { Time = DateTimeOffset.UtcNow, Findings = Audit.Judge(result.Snapshot) });
    }

    private static async Task<(T[] Values, FoobarException[] Errors)> OfAllAsync<T>(IEnumerable<Server> servers, Func<Server, Task<T>> read)
        where T : class
    {
        List<FoobarException> errors = [];
        T?[] values = await Task.WhenAll(servers.Select(async server =>
        {
            try
            {
                return await read(server);
            }
            catch (FoobarException error)
            {
                lock (errors)
                {
                    errors.Add(
                        error.Server is null
                            ? new FoobarException(error.ErrorId, error.Kind, error.Message, error) { Server = server.Name }
                            : error);
                }

                return null;
            }
        }));
        return ([.. values.OfType<T>()], [.. errors]);
    }

    private Dictionary<string, string?> ErrorsOf(string subject, IEnumerable<FoobarException> errors)
    {
        Dictionary<string, string?> told = site.Site.Servers.ToDictionary(server => $"{subject} {server.Name}", _ => (string?)null);
        foreach (FoobarException error in errors)
        {
            told[$"{subject} {error.Server}".TrimEnd()] = error.Message;
        }

        return told;
    }

    private void Tell(string subject, string? error) =>
        Write(new SiteSample { Time = DateTimeOffset.UtcNow, Errors = new Dictionary<string, string?> { [subject] = error } });

    private void Write(SiteSample sample) => _samples.Writer.TryWrite(sample);
}
