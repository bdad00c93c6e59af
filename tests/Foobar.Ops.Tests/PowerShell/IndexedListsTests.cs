using Foobar.Ops.Operations.Replication;
using Foobar.Ops.PowerShell.Hosting;

namespace Foobar.Ops.Tests.PowerShell;

/// <summary>What cmdlets write has arrays where the compiler made lists that PowerShell can't index.</summary>
public sealed class IndexedListsTests
{
    [Fact]
    public void Lists_of_collection_expressions_become_arrays_at_every_depth()
    {
        IEnumerable<string> names = ["mark", "fence-old"];
        FailoverPreview preview = new()
        {
            OldPrimary = "web-01",
            Blockers = [new() { Code = "Lag", Message = "lags", Remediation = "Wait." }],
            Warnings = [],
            Steps = [.. names.Select(static name => name)],
        };
        Assert.IsNotType<string[]>(preview.Steps);

        Assert.Same(preview, IndexedLists.Of(preview));

        Assert.Equal(["mark", "fence-old"], Assert.IsType<string[]>(preview.Steps));
        Assert.Equal("Lag", Assert.Single(Assert.IsType<FailoverBlocker[]>(preview.Blockers)).Code);
    }

    [Fact]
    public void What_lists_hold_is_reached_too()
    {
        Inner[] held = [new([.. Enumerable.Range(1, 3)])];
        Outer outer = new([.. held], new([4, 5]), "text", [.. held.Select(static inner => inner.Numbers.Count)]);

        Assert.Same(outer, IndexedLists.Of(outer));

        Assert.Equal([1, 2, 3], Assert.IsType<int[]>(Assert.IsType<Inner[]>(outer.Held)[0].Numbers));
        Assert.Equal([4, 5], Assert.IsType<int[]>(outer.One.Numbers));
        Assert.IsType<List<int>>(outer.Own);
    }

    [Fact]
    public void Other_objects_stay_what_they_are()
    {
        string[] array = ["a"];
        Assert.Same(array, IndexedLists.Of(array));
        Assert.Equal("text", IndexedLists.Of("text"));
        Assert.Null(IndexedLists.Of(null));
        Assert.Equal(["b"], Assert.IsType<string[]>(IndexedLists.Of((IReadOnlyList<string>)["b"])));
    }

    private sealed record Inner(IReadOnlyList<int> Numbers);

    private sealed record Outer(IReadOnlyList<Inner> Held, Inner One, string Text, List<int> Own);
}
