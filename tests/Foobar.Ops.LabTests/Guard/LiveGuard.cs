using Foobar.Ops.Database;
using Foobar.Ops.Inventory;
using Foobar.Ops.LabTests.Replication;
using Foobar.Ops.Operations.Guard;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Failover;
using Foobar.Ops.Operations.Replication.Rejoin;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Guard;

/// <summary>A guard that fails over and lets the old primary rejoin, and what it told so far. It can be held still for a while.</summary>
internal sealed class LiveGuard : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly CancellationTokenSource _end = new();
    private readonly List<WatchEvent> _events = [];
    private readonly SemaphoreSlim _more = new(0);
    private readonly SiteSession _session;
#pragma warning disable CA2213 // The watch disposes it.
    private readonly HeldSite _site;
#pragma warning restore CA2213
    private readonly Task _watching;
    private int _seen;

    /// <summary>Starts one.</summary>
    /// <param name="bed">The lab.</param>
    /// <param name="state">The state directory of its machine.</param>
    public LiveGuard(FailoverBed bed, string state)
    {
        _session = new(InventoryLoader.Load(bed.Lab.Inventory), new SessionOptions { ConnectTimeLimit = TimeSpan.FromSeconds(15) });
        _site = new(new WatchedSite(_session, TimeProvider.System, new OperationStore(_session.Site.Name, state)));
        _watching = WatchAsync();
    }

    /// <summary>What it told.</summary>
    public IReadOnlyList<WatchEvent> Events
    {
        get
        {
            lock (_events)
            {
                return [.. _events];
            }
        }
    }

    /// <summary>How many times the primary was asked.</summary>
    public int Asked => _site.Asked;

    /// <summary>Lets it ask nobody until it is released.</summary>
    public void Hold() => _site.Hold();

    /// <summary>Lets it go on.</summary>
    public void Release() => _site.Release();

    /// <summary>Waits for the next event of a kind, from the last one on that was waited for.</summary>
    public async Task<WatchEvent> UntilAsync(WatchEventKind kind)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        while (true)
        {
            IReadOnlyList<WatchEvent> events = Events;
            for (; _seen < events.Count; _seen++)
            {
                if (events[_seen].Kind == kind)
                {
                    return events[_seen++];
                }
            }

            if (_watching.IsCompleted)
            {
                await _watching;
            }

            try
            {
                await _more.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"No event {kind} came. Events: {string.Join("; ", events)}.");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        Release();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _session.DisposeAsync();
        _end.Dispose();
        _more.Dispose();
    }

    private async Task WatchAsync()
    {
        await using (_site)
        {
            await foreach (WatchEvent each in new PrimaryWatch(
                _site, new() { Failover = true, Rejoin = true }, new AutomaticFailover(), TimeProvider.System)
                .WatchAsync(_end.Token))
            {
                lock (_events)
                {
                    _events.Add(each);
                }

                _more.Release();
            }
        }
    }

    private sealed class HeldSite(IWatchedSite site) : IWatchedSite
    {
        private TaskCompletionSource _gate = Open();

        public int Asked { get; private set; }

        public string Name => site.Name;

        public void Hold() => _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Release() => _gate.TrySetResult();

        public Task<string> FindPrimaryAsync(CancellationToken cancellationToken) => site.FindPrimaryAsync(cancellationToken);

        public async Task<PrimaryAnswer> AskAsync(string primary, CancellationToken cancellationToken)
        {
            await _gate.Task.WaitAsync(cancellationToken);
            Asked++;
            return await site.AskAsync(primary, cancellationToken);
        }

        public Task<FailoverPreview> LookAsync(FailoverOptions options, CancellationToken cancellationToken) =>
            site.LookAsync(options, cancellationToken);

        public Task<FailoverResult> FailOverAsync(FailoverOptions options, CancellationToken cancellationToken) =>
            site.FailOverAsync(options, cancellationToken);

        public LeftFailover? FindLeft() => site.FindLeft();

        public Task<FailoverResult?> FinishAsync(FailoverOptions options, OperationMark? mark, CancellationToken cancellationToken) =>
            site.FinishAsync(options, mark, cancellationToken);

        public Task<bool> IsLedToAsync(string member, CancellationToken cancellationToken) => site.IsLedToAsync(member, cancellationToken);

        public Task<WatchStanding> StandingAsync(CancellationToken cancellationToken) => site.StandingAsync(cancellationToken);

        public Task<bool> IsBackAsync(string member, CancellationToken cancellationToken) => site.IsBackAsync(member, cancellationToken);

        public Task<RejoinResult> RejoinAsync(string member, CancellationToken cancellationToken) =>
            site.RejoinAsync(member, cancellationToken);

        public ValueTask DisposeAsync() => site.DisposeAsync();

        private static TaskCompletionSource Open()
        {
            TaskCompletionSource open = new();
            open.SetResult();
            return open;
        }
    }
}
