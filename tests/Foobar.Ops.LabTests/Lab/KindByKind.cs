using Xunit.Sdk;
using Xunit.v3;

namespace Foobar.Ops.LabTests.Lab;

/// <summary>
/// Runs the tests of one kind of lab one after another, the first argument of each: only a few labs stand at the same time, and
/// none is raised twice.
/// </summary>
public sealed class KindByKind : ITestCaseOrderer
{
    /// <inheritdoc/>
    public IReadOnlyCollection<TTestCase> OrderTestCases<TTestCase>(IReadOnlyCollection<TTestCase> testCases)
        where TTestCase : notnull, ITestCase =>
            [.. testCases.OrderBy(static one => KindOf(one.TestCaseDisplayName), StringComparer.Ordinal)];

    private static string KindOf(string displayName) =>
        displayName.Split("(kind: \"", 2) is [_, var arguments]
            ? arguments[..arguments.IndexOf('"', StringComparison.Ordinal)]
            : string.Empty;
}
