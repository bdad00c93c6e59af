using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Foobar.Ops.Testing;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestFramework(typeof(TestOrder.Framework))]
[assembly: TestCollectionOrderer(typeof(TestOrder.Collections))]
[assembly: TestCaseOrderer(typeof(TestOrder.Cases))]

namespace Foobar.Ops.Testing;

/// <summary>
/// Tests run in the order of their names: xunit's own order, of collections, classes and cases, comes from a hash of the assembly's
/// path. With the environment variable FOOBAR_TEST_SHUFFLE (any text) they run in another order, which that text decides.
/// </summary>
internal static class TestOrder
{
    private static readonly string? Shuffle = Environment.GetEnvironmentVariable("FOOBAR_TEST_SHUFFLE") is { Length: > 0 } text
        ? text
        : null;

    private static string Key(string name) =>
        Shuffle is null ? name : Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{Shuffle} {name}")));

    /// <summary>Xunit's framework, with classes in order and collections that are prepared first.</summary>
    public sealed class Framework : XunitTestFramework
    {
        /// <inheritdoc/>
        protected override ITestFrameworkExecutor CreateExecutor(Assembly assembly) =>
            new Executor(new XunitTestAssembly(assembly, configFileName: null, assembly.GetName().Version));
    }

    /// <summary>Collections in order.</summary>
    public sealed class Collections : ITestCollectionOrderer
    {
        /// <inheritdoc/>
        public IReadOnlyCollection<T> OrderTestCollections<T>(IReadOnlyCollection<T> testCollections)
            where T : ITestCollection =>
            [.. testCollections.OrderBy(static each => Key(each.TestCollectionDisplayName), StringComparer.Ordinal)];
    }

    /// <summary>A class's cases in order.</summary>
    public sealed class Cases : ITestCaseOrderer
    {
        /// <inheritdoc/>
        public IReadOnlyCollection<T> OrderTestCases<T>(IReadOnlyCollection<T> testCases)
            where T : notnull, ITestCase =>
            [.. testCases.OrderBy(static each => Key(each.TestCaseDisplayName), StringComparer.Ordinal)];
    }

    private sealed class Executor(IXunitTestAssembly assembly) : XunitTestFrameworkExecutor(assembly)
    {
        public override async ValueTask RunTestCases(
            IReadOnlyCollection<IXunitTestCase> testCases,
            IMessageSink executionMessageSink,
            ITestFrameworkExecutionOptions executionOptions,
            CancellationToken cancellationToken) =>
            await new AssemblyRunner().Run(TestAssembly, testCases, executionMessageSink, executionOptions, cancellationToken);
    }

    private sealed class AssemblyRunner : XunitTestAssemblyRunner
    {
        private readonly Lock _lock = new();
        private Turns? _turns;

        protected override async ValueTask<RunSummary> RunTestCollection(
            XunitTestAssemblyRunnerContext ctxt, IXunitTestCollection testCollection, IReadOnlyCollection<IXunitTestCase> testCases)
        {
            Turns turns = TurnsOf(ctxt);
            CollectionPreparationAttribute? preparation =
                testCollection.CollectionDefinition?.GetCustomAttribute<CollectionPreparationAttribute>();
            await (preparation?.PrepareAsync() ?? Task.CompletedTask);
            await turns.TakeAsync(preparation is not null ? Rank.Prepared : testCases.Any(IsFirst) ? Rank.First : Rank.Other);
            try
            {
                return await new CollectionRunner().Run(
                    testCollection, testCases, ctxt.ExplicitOption, ctxt.MessageBus, ctxt.AssemblyTestCaseOrderer
                        ?? DefaultTestCaseOrderer.Instance,
                    ctxt.Aggregator.Clone(), ctxt.CancellationTokenSource, ctxt.AssemblyFixtureMappings);
            }
            finally
            {
                turns.Return();
            }
        }

        private static bool IsFirst(IXunitTestCase testCase) => testCase.TestClass.Class.IsDefined(typeof(RunsFirstAttribute));

        private Turns TurnsOf(XunitTestAssemblyRunnerContext ctxt)
        {
            lock (_lock)
            {
                return _turns ??= new(ctxt.MaxParallelThreads > 0 ? ctxt.MaxParallelThreads : int.MaxValue);
            }
        }
    }

    private sealed class CollectionRunner : XunitTestCollectionRunner
    {
        protected override async ValueTask<RunSummary> RunTestClasses(XunitTestCollectionRunnerContext ctxt, Exception? exception)
        {
            RunSummary summary = default;
            foreach ((IXunitTestClass testClass, IXunitTestCase[] cases) in ctxt.TestCases
                .GroupBy(static one => one.TestClass.UniqueID, static (_, cases) => (cases.First().TestClass, cases.ToArray()))
                .OrderBy(static one => one.TestClass.Class.IsDefined(typeof(RunsLastAttribute)))
                .ThenBy(static one => Key(one.TestClass.TestClassName), StringComparer.Ordinal))
            {
                summary.Aggregate(
                    await (exception is null ? RunTestClass(ctxt, testClass, cases) : FailTestClass(ctxt, testClass, cases, exception)));
                if (ctxt.CancellationTokenSource.IsCancellationRequested)
                {
                    break;
                }
            }

            return summary;
        }
    }

    private enum Rank
    {
        Prepared,
        First,
        Other,
    }

    /// <summary>
    /// Lets so many collections run at once; of those that wait, the one of the lowest rank that has waited longest is next.
    /// </summary>
    private sealed class Turns(int free)
    {
        private readonly Lock _lock = new();
        private readonly PriorityQueue<TaskCompletionSource, (Rank, int)> _waiting = new();
        private int _free = free;
        private int _count;

        public Task TakeAsync(Rank rank)
        {
            lock (_lock)
            {
                if (_free > 0)
                {
                    _free--;
                    return Task.CompletedTask;
                }

                TaskCompletionSource turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiting.Enqueue(turn, (rank, _count++));
                return turn.Task;
            }
        }

        public void Return()
        {
            lock (_lock)
            {
                if (_waiting.TryDequeue(out TaskCompletionSource? next, out _))
                {
                    next.SetResult();
                }
                else
                {
                    _free++;
                }
            }
        }
    }
}

/// <summary>
/// On the definition of a collection of tests: what they wait for, while the tests of other collections run. Then they go before
/// the others.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal abstract class CollectionPreparationAttribute : Attribute
{
    /// <summary>Ends when the tests can begin; a failure is theirs to tell.</summary>
    public abstract Task PrepareAsync();
}

/// <summary>
/// On a class whose tests take long: they begin before those of most other collections, so that none runs alone at the end.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class RunsFirstAttribute : Attribute;

/// <summary>
/// On a class whose tests leave nothing that others could go on with: they run after those of the collection's other classes.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
[SuppressMessage("Performance", "CA1812", Justification = "One of the two test projects has no use for it.")]
internal sealed class RunsLastAttribute : Attribute;
