using System.Runtime.CompilerServices;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Lab;

/// <summary>A test that takes too long for the default run: it is run with <c>FOOBAR_LAB_THOROUGH=1</c>, or where it is asked for explicitly.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ThoroughFactAttribute : FactAttribute
{
    /// <summary>Marks a test.</summary>
#pragma warning disable CA1019 // The base keeps where it stands.
    public ThoroughFactAttribute([CallerFilePath] string? path = null, [CallerLineNumber] int line = -1)
        : base(path, line) => Explicit = !Sample.IsAll;
#pragma warning restore CA1019
}
