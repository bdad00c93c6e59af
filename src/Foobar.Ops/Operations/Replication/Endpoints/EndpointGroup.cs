using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Endpoints;

/// <summary>
/// The write backend on several load balancers of one site, of which any may answer the application. All are changed at the same
/// time. One that fails while another does not is left out from then on, so that it does not hold up the others:
/// <see cref="Missing"/> names it, <see cref="SettleAsync"/> tries it again in the end. What fails on all of them fails.
/// </summary>
internal sealed class EndpointGroup : IWriteEndpoint
{
    /// <summary>The id of the error that names those which do not lead to the primary.</summary>
    public const string Unsettled = "EndpointElsewhere";

    /// <summary>How long the last step of a move takes at the most.</summary>
    public static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(30);

    // HAProxy answers within milliseconds. Once one of them has, the others get this long.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    // The configuration is read, checked and written.
    private static readonly TimeSpan FileGrace = TimeSpan.FromSeconds(10);

    // A login included.
    private static readonly TimeSpan EachLimit = TimeSpan.FromSeconds(25);

    private readonly ISiteSession _site;
    private readonly WriteEndpoint _declared;
    private readonly List<Balancer> _balancers;

    private EndpointGroup(ISiteSession site, WriteEndpoint declared, IEnumerable<string> servers) =>
        (_site, _declared, _balancers) = (site, declared, [.. servers.Select(static server => new Balancer(server))]);

    /// <inheritdoc/>
    public string Name => $"backend {_declared.Backend} of HAProxy on {string.Join(" and ", _balancers.Select(static one => one.Server))}";

    /// <inheritdoc/>
    public string? Server => (_balancers.Find(static one => one.Failure is null) ?? _balancers[0]).Server;

    /// <summary>Those that could not be asked or changed when that was last tried, each with the reason.</summary>
    public IReadOnlyList<(string Server, string Reason)> Missing =>
        [.. _balancers.Where(static one => one.Failure is not null).Select(static one => (one.Server, one.Failure!.Message))];

    /// <summary>
    /// The load balancers on which the application's writes may arrive, the declared one first; several only for HAProxy. Which of
    /// the others has the backend is asked of them.
    /// </summary>
    public static IReadOnlyList<string> Servers(Site site) => site.Policy.Database?.WriteEndpoint switch
    {
        null => [],
        { Kind: WriteEndpointKind.Haproxy } declared =>
        [
            declared.Server,
            .. site.WithRole(Role.LoadBalancer).Select(static server => server.Name)
                .Where(name => !string.Equals(name, declared.Server, StringComparison.OrdinalIgnoreCase)),
        ],
        { } declared => [declared.Server],
    };

    /// <summary>Connects to all at once. One that has no such backend does not belong here.</summary>
    /// <param name="site">The site's connections.</param>
    /// <param name="declared">The endpoint.</param>
    /// <param name="patience">How long the others have once one is connected.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException">None of them could be connected: what the first one said.</exception>
    public static async Task<EndpointGroup> ConnectAsync(
        ISiteSession site, WriteEndpoint declared, TimeSpan patience, CancellationToken cancellationToken)
    {
        EndpointGroup group = new(site, declared, Servers(site.Site));
        try
        {
            await group.EachAsync(static (_, _) => Task.CompletedTask, patience, cancellationToken);
            return group;
        }
        catch
        {
            await group.DisposeAsync();
            throw;
        }
    }

    /// <summary>Each of those that have the backend, or may have it, with its connection or the reason why there is none.</summary>
    public IEnumerable<(string Server, HaproxyEndpoint? Endpoint, FoobarException? Failure)> Each =>
        _balancers.Select(static one => (one.Server, one.Endpoint, one.Failure));

    /// <summary>The members that any of them lets new connections through to.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<IReadOnlyList<string>?> MembersAsync(CancellationToken cancellationToken) =>
        [.. (await LookAsync(cancellationToken)).SelectMany(static view => view.Open).Distinct(StringComparer.OrdinalIgnoreCase)];

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>?> FirstMembersAsync(CancellationToken cancellationToken) =>
        (await LookAsync(cancellationToken))[0].Open;

    /// <summary>The members that each lets new connections through to; those that do not answer are <see cref="Missing"/>.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<IReadOnlyList<(string Server, IReadOnlyList<string> Open)>> LookAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, IReadOnlyList<string>> open = new(StringComparer.OrdinalIgnoreCase);
        await EachAsync(LookAsync, Grace, cancellationToken);
        return [.. _balancers.Where(one => open.ContainsKey(one.Server)).Select(one => (one.Server, open[one.Server]))];

        async Task LookAsync(HaproxyEndpoint endpoint, CancellationToken token)
        {
            IReadOnlyList<string> members = await endpoint.MembersAsync(token) ?? [];
            lock (open)
            {
                open[endpoint.Server!] = members;
            }
        }
    }

    /// <inheritdoc/>
    public async Task<string?> HealthAsync(string member, CancellationToken cancellationToken) =>
        _balancers.Find(static one => one is { Failure: null, Endpoint: not null }) is { Endpoint: { } endpoint }
            ? await endpoint.HealthAsync(member, cancellationToken)
            : null;

    /// <inheritdoc/>
    public Task DrainAsync(string member, CancellationToken cancellationToken) =>
        EachAsync((one, token) => one.DrainAsync(member, token), Grace, cancellationToken);

    /// <inheritdoc/>
    public Task CloseAsync(string member, CancellationToken cancellationToken) =>
        EachAsync((one, token) => one.CloseAsync(member, token), Grace, cancellationToken);

    /// <inheritdoc/>
    public Task OpenAsync(string member, CancellationToken cancellationToken) =>
        EachAsync((one, token) => one.OpenAsync(member, token), Grace, cancellationToken);

    /// <summary>
    /// Leads all to one of two members: one that was left out when the other was closed, by an earlier run perhaps, must not lead to
    /// both, nor keep connections to the other.
    /// </summary>
    /// <inheritdoc/>
    public Task LeadAsync(string open, string closed, CancellationToken cancellationToken) => EachAsync(
        async (one, token) =>
        {
            await one.CloseAsync(closed, token);
            await one.EndSessionsAsync(closed, token);
            await one.OpenAsync(open, token);
            IReadOnlyList<string> members = await one.MembersAsync(token) ?? [];
            if (members.Contains(closed, StringComparer.OrdinalIgnoreCase) || !members.Contains(open, StringComparer.OrdinalIgnoreCase))
            {
                throw Elsewhere(one, open);
            }
        },
        Grace,
        cancellationToken);

    /// <inheritdoc/>
    public Task EndSessionsAsync(string member, CancellationToken cancellationToken) =>
        EachAsync((one, token) => one.EndSessionsAsync(member, token), Grace, cancellationToken);

    /// <inheritdoc/>
    public Task PersistAsync(string open, string closed, CancellationToken cancellationToken) =>
        EachAsync((one, token) => one.PersistAsync(open, closed, token), FileGrace, cancellationToken);

    /// <inheritdoc/>
    public void Readmit() => _balancers.ForEach(static one => one.Failure = null);

    /// <inheritdoc/>
    public async Task EnsureAllAsync(CancellationToken cancellationToken)
    {
        Readmit();
        await LookAsync(cancellationToken);
        EnsureComplete();
    }

    /// <inheritdoc/>
    public void EnsureComplete()
    {
        if (_balancers.Find(static one => one.Failure is not null) is { Failure: { } failure } one)
        {
            string message = $"The backend {_declared.Backend} of {one.Server} can't be moved together with the others: {failure.Message}";
            throw new FoobarException("EndpointLost", failure.Kind, message, failure)
            {
                Server = one.Server,
                Recommendation = failure.Recommendation
                    ?? $"Bring {one.Server} back; if it is not to be used any more, take its role load-balancer out of the inventory.",
            };
        }
    }

    /// <summary>
    /// Sees that each leads to the primary alone, after a restart too, and leads it there if not; asks those again that were left out.
    /// </summary>
    /// <param name="open">The primary.</param>
    /// <param name="closed">The old primary.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException"><c>EndpointElsewhere</c>: which of them do not.</exception>
    public async Task SettleAsync(string open, string closed, CancellationToken cancellationToken)
    {
        await Task.WhenAll(_balancers.Select(one => SettleOneAsync(one, open, closed, cancellationToken)).ToArray());
        Leave();
        if (Missing is { Count: > 0 } missing)
        {
            string reasons = string.Join(" ", missing.Select(static one => $"{one.Server}: {one.Reason}"));
            throw new FoobarException(Unsettled, ErrorKind.Failed, $"Not every load balancer is known to lead to {open} alone. {reasons}")
            {
                Server = missing[0].Server,
                Recommendation = Advice(open, closed),
            };
        }
    }

    /// <summary>What to do about those that are <see cref="Missing"/>; <see langword="null"/> if none is.</summary>
    /// <param name="open">The member to which they shall lead.</param>
    /// <param name="closed">The member to which they must not lead.</param>
    public string? Advice(string open, string closed) => Missing is not { Count: > 0 } missing
        ? null
        : string.Join(
            " ",
            missing.Select(
                one => $"{one.Server} may still lead writes to {closed}, or to none: before it takes the application's connections, "
                    + $"Set-FoobarBackend -Server {one.Server} -Backend {_declared.Backend} -Name {open} -State Ready -Persist, "
                    + $"then the same with -Name {closed} -State Maint."));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (HaproxyEndpoint endpoint in _balancers.Select(static one => one.Endpoint).OfType<HaproxyEndpoint>())
        {
            await endpoint.DisposeAsync();
        }
    }

    private static FoobarException Elsewhere(HaproxyEndpoint endpoint, string open) =>
        new(Unsettled, ErrorKind.Failed, $"The {endpoint.Name} does not lead to {open} alone after it was told to.")
        {
            Server = endpoint.Server,
        };

    private async Task SettleOneAsync(Balancer one, string open, string closed, CancellationToken cancellationToken)
    {
        using TimeLimit limit = new(_site.Time, EachLimit, cancellationToken);
        one.Failure = await FailureOf(
            one,
            async (endpoint, token) =>
            {
                await LeadAloneAsync(endpoint, open, closed, token);
                await endpoint.PersistAsync(open, closed, token);
            },
            limit.Token,
            cancellationToken);
    }

    private static async Task LeadAloneAsync(HaproxyEndpoint endpoint, string open, string closed, CancellationToken token)
    {
        // It may have been left out when these were ended.
        await endpoint.EndSessionsAsync(closed, token);
        if (IsAlone(await endpoint.MembersAsync(token) ?? [], open, out string[] others))
        {
            return;
        }

        foreach (string other in others)
        {
            await endpoint.CloseAsync(other, token);
            await endpoint.EndSessionsAsync(other, token);
        }

        await endpoint.OpenAsync(open, token);
        if (!IsAlone(await endpoint.MembersAsync(token) ?? [], open, out _))
        {
            throw Elsewhere(endpoint, open);
        }
    }

    private static bool IsAlone(IReadOnlyList<string> members, string open, out string[] others)
    {
        others = [.. members.Where(member => !string.Equals(member, open, StringComparison.OrdinalIgnoreCase))];
        return others.Length == 0 && members.Count > 0;
    }

    // Those that were left out are asked again only where none is left.
    private async Task EachAsync(Func<HaproxyEndpoint, CancellationToken, Task> work, TimeSpan grace, CancellationToken cancellationToken)
    {
        if (_balancers.TrueForAll(static one => one.Failure is not null))
        {
            Readmit();
        }

        Balancer[] asked = [.. _balancers.Where(static one => one.Failure is null)];
        using (CancellationTokenSource late = new(Timeout.InfiniteTimeSpan, _site.Time))
        using (CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token))
        {
            await Task.WhenAll(asked.Select(OneAsync));

            async Task OneAsync(Balancer one)
            {
                one.Failure = await FailureOf(one, work, either.Token, cancellationToken);
                if (one is { Failure: null, IsOther: false })
                {
                    late.CancelAfter(grace);
                }
            }
        }

        Leave();
        if (_balancers.TrueForAll(static one => one.Failure is not null))
        {
            throw _balancers[0].Failure!;
        }
    }

    private async Task<FoobarException?> FailureOf(
        Balancer one, Func<HaproxyEndpoint, CancellationToken, Task> work, CancellationToken token, CancellationToken cancellationToken)
    {
        try
        {
            one.Endpoint ??= await HaproxyEndpoint.FindAsync(_site, _declared, one.Server, token);
            one.IsOther = one.Endpoint is null;
            await (one.Endpoint is { } endpoint ? work(endpoint, token) : Task.CompletedTask);
            return null;
        }
        catch (FoobarException error)
        {
            return error;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new("EndpointLost", ErrorKind.Timeout, $"{one.Server}: no answer of it or of its HAProxy in time.")
            {
                Server = one.Server,
            };
        }
    }

    private void Leave() => _balancers.RemoveAll(static one => one.IsOther);

    /// <summary>A load balancer that has the backend, or of which that is not known.</summary>
    private sealed class Balancer(string server)
    {
        public string Server => server;

        public HaproxyEndpoint? Endpoint { get; set; }

        /// <summary>Whether it has no such backend.</summary>
        public bool IsOther { get; set; }

        public FoobarException? Failure { get; set; }
    }
}
