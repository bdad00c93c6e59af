using System.Collections.Concurrent;
using Foobar.Ops.Auditing;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tests.Remoting;

namespace Foobar.Ops.Tests.Auditing;

public sealed class SnapshotCollectorTests
{
    private static readonly PretendSession Session = new(TestSite.Create());

    [Fact]
    public async Task All_parts_of_all_servers_are_read_in_the_order_of_the_inventory()
    {
        ConcurrentBag<CollectProgress> progress = [];

        SnapshotResult result = await Collect([Pretend.Part()], new CollectOptions { Progress = progress.Add });

        Assert.Equal(["lb-01", "web-01", "web-02"], result.Snapshot.Facts.Select(facts => facts.Server));
        Assert.All(result.Snapshot.Facts, facts => Assert.IsType<PretendFacts>(facts.Value));
        Assert.Empty(result.Errors);
        Assert.Equal([1, 2, 3], progress.Select(one => one.Done).Order());
        Assert.All(progress, one => Assert.Equal(3, one.Total));
        Assert.Equal(TimeSpan.Zero, result.Snapshot.Time.Offset);
        Assert.Matches(@"^\d+\.\d+\.\d+", result.Snapshot.ModuleVersion);
    }

    [Fact]
    public async Task A_server_that_is_not_reached_costs_its_own_facts_and_is_one_error()
    {
        PretendCollector one = new((server, _) => Fetch(server), name: "one");
        PretendCollector two = new((server, _) => Fetch(server), name: "two");

        SnapshotResult result = await Collect([
            new AuditPart<PretendFacts>(one, [Pretend.Disk]), new AuditPart<PretendFacts>(two, [Pretend.Units]),
        ]);

        Assert.Equal(
            [
                ("lb-01", "one", true), ("lb-01", "two", true), ("web-01", "one", false), ("web-01", "two", false), ("web-02", "one", true),
                ("web-02", "two", true),
            ],
            result.Snapshot.Facts.Select(facts => (facts.Server, facts.Part, facts.Value is not null)));
        FoobarException error = Assert.Single(result.Errors);
        Assert.Equal(("ServerUnreachable", "web-01"), (error.ErrorId, error.Server));
        Assert.Equal("web-01: no route to host.", result.Snapshot.Facts[2].Failure);

        static async Task<PretendFacts> Fetch(Server server)
        {
            if (server.Name == "web-01")
            {
                await Session.GetServerAsync(server.Name);
            }

            return Pretend.Facts();
        }
    }

    [Fact]
    public async Task A_server_that_hangs_is_given_up_at_its_limit_though_its_collector_does_not_listen()
    {
        TaskCompletionSource<PretendFacts> never = new();
        AuditPart part = Pretend.Part((server, _) => server.Name == "web-01" ? never.Task : Task.FromResult(Pretend.Facts()));

        await using FakeSiteSession connected = new(TestSite.Create());
        SnapshotResult result = await Collect([part], new CollectOptions { ServerTimeLimit = TimeSpan.FromMilliseconds(100) }, connected);

        FoobarException error = Assert.Single(result.Errors);
        Assert.Equal(("ServerTimeout", ErrorKind.Timeout, "web-01"), (error.ErrorId, error.Kind, error.Server));
        Assert.Equal("web-01: not all facts were read within 0.1 s.", result.Snapshot.Facts[1].Failure);
        Assert.NotNull(result.Snapshot.Facts[2].Value);
    }

    [Fact]
    public async Task A_server_that_answers_nothing_is_not_called_slow()
    {
        PretendSession silent = new(TestSite.Create())
        {
            Connect = static async token =>
            {
                await Task.Delay(Timeout.Infinite, token);
                throw new NotSupportedException();
            },
        };
        AuditPart part = Pretend.Part(async (server, token) =>
        {
            await silent.GetServerAsync(server.Name, token);
            return Pretend.Facts();
        });

        SnapshotResult result = await Collect([part], new CollectOptions { ServerTimeLimit = TimeSpan.FromMilliseconds(100) }, silent);

        Assert.Equal(["ConnectTimeout", "ConnectTimeout", "ConnectTimeout"], result.Errors.Select(error => error.ErrorId));
        Assert.Equal("web-01: no session within 0.1 s.", result.Snapshot.Facts[1].Failure);
    }

    [Fact]
    public async Task Cancelling_ends_the_reading_and_the_collectors()
    {
        using CancellationTokenSource cancellation = new();
        TaskCompletionSource told = new();
        AuditPart part = Pretend.Part(async (_, token) =>
        {
            using CancellationTokenRegistration registration = token.Register(told.SetResult);
            await cancellation.CancelAsync();
            await Task.Delay(Timeout.Infinite, token);
            return Pretend.Facts();
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new SnapshotCollector(Session, new AuditScope { Servers = ["lb-01"] }, new CollectOptions(), [part], [])
                .CollectAsync(cancellation.Token));
        await told.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_mistake_in_a_collector_is_an_error_with_its_own_id()
    {
        SnapshotResult result = await Collect([Pretend.Part((_, _) => throw new InvalidOperationException("oops"))]);

        Assert.Equal(3, result.Errors.Count);
        Assert.All(result.Errors, error => Assert.Equal("CollectorFailed", error.ErrorId));
        Assert.Contains("InvalidOperationException: oops", result.Snapshot.Facts[0].Failure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task No_more_servers_are_read_at_once_than_allowed(int limit)
    {
        int now = 0;
        int most = 0;
        AuditPart part = Pretend.Part(async (_, token) =>
        {
            int running = Interlocked.Increment(ref now);
            InterlockedMax(ref most, running);
            await Task.Delay(30, token);
            Interlocked.Decrement(ref now);
            return Pretend.Facts();
        });

        await Collect([part], new CollectOptions { ThrottleLimit = limit });

        Assert.Equal(limit, most);
    }

    [Fact]
    public async Task Only_what_the_scope_needs_is_read()
    {
        AuditScope scope = new() { Servers = ["web-*"], Controls = ["SRV-901"] };
        AuditPart other = new AuditPart<PretendFacts>(
            new PretendCollector((_, _) => throw new InvalidOperationException("not in scope"), name: "other"), [Pretend.Disk]);

        SnapshotResult result = await new SnapshotCollector(Session, scope, new CollectOptions(), [Pretend.Part(), other], [])
            .CollectAsync(TestContext.Current.CancellationToken);

        Assert.Equal([("web-01", "pretend"), ("web-02", "pretend")], result.Snapshot.Facts.Select(facts => (facts.Server, facts.Part)));
    }

    [Theory]
    [InlineData("TOP-901", "lb-01 web-01 web-02")]
    [InlineData("SRV-902", "web-01")]
    public async Task A_control_over_all_servers_has_all_of_them_read(string control, string servers)
    {
        AuditScope scope = new() { Servers = ["web-01"], Controls = [control] };

        SnapshotResult result = await new SnapshotCollector(Session, scope, new CollectOptions(), [Pretend.Part()], [])
            .CollectAsync(TestContext.Current.CancellationToken);

        Assert.Equal(servers, string.Join(' ', result.Snapshot.Facts.Select(facts => facts.Server)));
    }

    [Fact]
    public void A_scope_that_names_nothing_is_refused_before_anything_is_read() =>
        Assert.Equal(
            "ServerNotFound",
            Assert.Throws<FoobarException>(() => new SnapshotCollector(Session, new AuditScope { Servers = ["nobody"] })).ErrorId);

    private static Task<SnapshotResult> Collect(
        IReadOnlyList<AuditPart> parts, CollectOptions? options = null, ISiteSession? session = null) =>
        new SnapshotCollector(session ?? Session, AuditScope.Everything, options ?? new CollectOptions(), parts, [])
            .CollectAsync(TestContext.Current.CancellationToken);

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while (value > (seen = Volatile.Read(ref target)) && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
            // Another thread wrote between the two; look again.
        }
    }
}
