using System.Globalization;
using Foobar.Ops.Testing;

[assembly: AssemblyFixture(typeof(TestSeed))]

namespace Foobar.Ops.Testing;

/// <summary>
/// The seed of every sample and every made-up text of a run: 0, or what the environment variable FOOBAR_TEST_SEED says. The
/// same seed makes the same run, on any day and in any checkout; each run says which it has.
/// </summary>
public sealed class TestSeed
{
    private const string Variable = "FOOBAR_TEST_SEED";

    /// <summary>Tells the seed, once before all tests.</summary>
    public TestSeed() =>
        TestContext.Current.SendDiagnosticMessage(
            $"{Variable}={Value.ToString(CultureInfo.InvariantCulture)} makes this run's samples again.");

    /// <summary>The seed: 0 or more.</summary>
    /// <exception cref="FormatException">The variable holds no such number.</exception>
    public static int Value { get; } = Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } text ? 0
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seed) ? seed
        : throw new FormatException($"{Variable} is '{text}', not a whole number from 0.");
}
