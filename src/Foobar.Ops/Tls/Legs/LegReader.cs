using System.Collections.Concurrent;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tls.Legs;

/// <summary>Reads the legs of a site: all its servers at once.</summary>
/// <param name="session">The site's connections.</param>
/// <param name="throttleLimit">How many servers are read at once.</param>
/// <param name="timeLimit">How long one server may take.</param>
public sealed class LegReader(ISiteSession session, int throttleLimit, TimeSpan timeLimit)
{
    private readonly LegCollector _collector = new();

    /// <summary>Reads them; what belongs to a server that can't be read is Unknown with the reason.</summary>
    /// <param name="failed">Told why a server could not be read, from any thread.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<IReadOnlyList<TlsLeg>> ReadAsync(Action<FoobarException>? failed, CancellationToken cancellationToken)
    {
        ConcurrentDictionary<string, Reading<LegFacts>> facts = new(StringComparer.OrdinalIgnoreCase);
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = Math.Max(1, throttleLimit), CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(session.Site.Servers, parallel, async (server, token) =>
            facts[server.Name] = await ReadAsync(server, failed, token));
        return LegSurvey.Of(new SiteCase<LegFacts>(session.Site, facts, DateTimeOffset.UtcNow));
    }

    private async Task<Reading<LegFacts>> ReadAsync(Server server, Action<FoobarException>? failed, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeLimit);
        try
        {
            return Reading.Of(await _collector.CollectAsync(session, server, limit.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            FoobarException slow = SlowServer.Of(session, server.Name, timeLimit, new FoobarException(
                "ServerTimeout", ErrorKind.Timeout,
                FormattableString.Invariant($"{server.Name}: it was not read within {timeLimit.TotalSeconds:0.#} s."))
            {
                Server = server.Name,
                Recommendation = "Give it more time with -TimeoutSeconds.",
            });
            failed?.Invoke(slow);
            return Reading.Unreadable<LegFacts>(slow.Message);
        }
        catch (FoobarException error)
        {
            failed?.Invoke(error);
            return Reading.Unreadable<LegFacts>(error.Message);
        }
    }
}
