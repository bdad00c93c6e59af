using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Planning;
using Foobar.Ops.Tests.Remoting;

namespace Foobar.Ops.Tests.Operations.Replication;

/// <summary>What the host does for each kind of operation, in which order, and what it leaves where one is refused.</summary>
public sealed class OperationHostTests : IAsyncDisposable
{
    private const long Ours = 7;

    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory();
    private readonly FakeSiteSession _site = new(TestSite.Create(new Policy { Database = new DatabasePolicy() }));
    private readonly OperationHost _host;

    public OperationHostTests()
    {
        _host = new(_site, new OperationStore("test", _state.FullName), TimeProvider.System);
        _site.Database("web-02").On("PROCESSLIST").On("RELEASE_LOCK", [("value", 1L)]).On("SELECT 1");
    }

    public async ValueTask DisposeAsync()
    {
        await _site.DisposeAsync();
        _state.Delete(recursive: true);
    }

    [Fact]
    public async Task What_runs_is_decided_once_the_locks_are_held()
    {
        FakeOperation operation = new(this);
        Assert.Equal("Completed", await RunAsync(operation, free: true));
        Assert.Equal(["connect, locked False", "decide, locked True", "step, locked True", "disposed"], operation.Seen);
        Assert.Contains("RELEASE_LOCK", _site.Database("web-02").Statements[^1], StringComparison.Ordinal);
        Assert.Null(_host.Store.FindUnfinished("repair"));
        Assert.Single(Journals());
    }

    [Fact]
    public async Task Nothing_is_decided_while_another_operator_holds_a_member()
    {
        FakeOperation operation = new(this);
        FoobarException refused = await Assert.ThrowsAsync<FoobarException>(() => RunAsync(operation, free: false));
        Assert.Equal("OperationRunning", refused.ErrorId);
        Assert.Equal(["connect, locked False"], operation.Seen);
        Assert.Empty(Journals());
    }

    [Fact]
    public async Task A_refusal_under_the_locks_gives_them_back_and_leaves_no_journal()
    {
        FakeOperation operation = new(this) { Refusal = new FoobarException("PlanChanged", ErrorKind.Refused, "changed") };
        Assert.Equal("PlanChanged", (await Assert.ThrowsAsync<FoobarException>(() => RunAsync(operation, free: true))).ErrorId);
        Assert.Contains("RELEASE_LOCK", _site.Database("web-02").Statements[^1], StringComparison.Ordinal);
        Assert.Empty(Journals());

        // Nor is the store's lock kept.
        _host.Store.Lock("repair", TestSite.Now).Dispose();
    }

    private Task<string> RunAsync(FakeOperation operation, bool free)
    {
        _site.Database("web-02").On("GET_LOCK", [("value", free ? 1L : 0L), ("connection", Ours)]);
        return _host.RunAsync(operation, OperatorLock.LostAfter, progress: null, TestContext.Current.CancellationToken);
    }

    private IEnumerable<string> Journals() =>
        Directory.Exists(_host.Store.Directory) ? Directory.EnumerateFiles(_host.Store.Directory, "*.jsonl") : [];

    private bool IsLocked() =>
        _site.Database("web-02").Statements.Any(statement => statement.Contains("GET_LOCK", StringComparison.Ordinal));

    private sealed class FakeConnections(
        ConnectionSet open, MemberConnection member) : OperationConnections(open, new NoEndpoint(), member);

    private sealed class FakeOperation(OperationHostTests test) : IOperation<string>, IConnectedOperation<string>, IDecidedOperation<string>
    {
        private OperationConnections? _live;

        public List<string> Seen { get; } = [];

        public FoobarException? Refusal { get; init; }

        public string Kind => "repair";

        public OperationConnections Live => _live ?? throw new InvalidOperationException("not connected");

        public OperationIds? Ids => null;

        public bool LeavesOpen => false;

        public async Task<IConnectedOperation<string>> ConnectAsync(DateTimeOffset started, CancellationToken cancellationToken)
        {
            Seen.Add($"connect, locked {test.IsLocked()}");
            _live = await ConnectionSet.OpenAsync<OperationConnections>(
                test._site, async open => new FakeConnections(open, await open.MemberAsync("web-02", cancellationToken)));
            return this;
        }

        public Task<IDecidedOperation<string>> DecideAsync(DateTimeOffset started, CancellationToken cancellationToken)
        {
            Seen.Add($"decide, locked {test.IsLocked()}");
            return Refusal is null
                ? Task.FromResult<IDecidedOperation<string>>(this)
                : Task.FromException<IDecidedOperation<string>>(Refusal);
        }

        public Plan Plan() => new()
        {
            Kind = Kind,
            Title = "test",
            Steps =
            [
                new()
                {
                    Name = "step",
                    Description = "a step",
                    Change = _ =>
                    {
                        Seen.Add($"step, locked {test.IsLocked()}");
                        return Task.CompletedTask;
                    },
                },
            ],
        };

        public Task<string> ReportAsync(OperationEnd end) => Task.FromResult($"{end.Result.Outcome}");

        public ValueTask DisposeAsync()
        {
            Seen.Add("disposed");
            return ValueTask.CompletedTask;
        }
    }
}
