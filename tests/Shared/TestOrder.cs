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
/// Tests run in the order of their names: xunit's own order comes from a hash of the assembly's path, the order of classes from
/// the file system. With the environment variable FOOBAR_TEST_SHUFFLE (any text) they run in another order, which that text decides.
/// </summary>
internal static class TestOrder
{
    private static readonly string? Shuffle = Environment.GetEnvironmentVariable("FOOBAR_TEST_SHUFFLE") is { Length: > 0 } text ? text : null;

    private static string Key(string name) => Shuffle is null ? name : Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{Shuffle} {name}")));

    private static string Class(ITestCase testCase) => testCase.TestClassName ?? string.Empty;

    /// <summary>Orders cases by class, then by name.</summary>
    private static IReadOnlyCollection<T> Order<T>(IReadOnlyCollection<T> cases)
        where T : ITestCase =>
        [.. cases.OrderBy(static each => Key(Class(each)), StringComparer.Ordinal).ThenBy(static each => Key(each.TestCaseDisplayName), StringComparer.Ordinal)];

    /// <summary>Xunit's framework, with classes in order.</summary>
    public sealed class Framework : XunitTestFramework
    {
        /// <inheritdoc/>
        protected override ITestFrameworkExecutor CreateExecutor(Assembly assembly) => new Executor(new XunitTestAssembly(assembly, configFileName: null, assembly.GetName().Version));
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
            where T : notnull, ITestCase => Order(testCases);
    }

    private sealed class Executor(IXunitTestAssembly assembly) : XunitTestFrameworkExecutor(assembly)
    {
        public override ValueTask RunTestCases(
            IReadOnlyCollection<IXunitTestCase> testCases, IMessageSink executionMessageSink, ITestFrameworkExecutionOptions executionOptions, CancellationToken cancellationToken) =>
            base.RunTestCases(Order(testCases), executionMessageSink, executionOptions, cancellationToken);
    }
}
