using FsCheck;
using FsCheck.Fluent;
using Foobar.Ops.Testing;
using Microsoft.FSharp.Core;

namespace Foobar.Ops.Tests;

/// <summary>Properties whose made-up values come from the run's seed, so that a failure can be made again.</summary>
internal static class SeededProperties
{
    /// <summary>Tries a property with made-up values; a value that breaks it fails the test.</summary>
    public static void CheckSeeded(this Property property, int values = 100) => property.Check(
        Config.QuickThrowOnFailure.WithMaxTest(values)
            .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd((ulong)TestSeed.Value), FSharpOption<int>.None))));
}
