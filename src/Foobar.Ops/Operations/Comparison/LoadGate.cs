using System.Diagnostics;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Operations.Comparison;

/// <summary>Lets the comparison go on while the primary is not too busy; asked at most once a second.</summary>
/// <param name="primary">The primary.</param>
/// <param name="options">How many threads may run, and how long is waited.</param>
/// <param name="tell">Told when it waits.</param>
internal sealed class LoadGate(IComparedMember primary, ComparisonOptions options, Action<string> tell)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private long? _asked;

    /// <summary>Waits until the primary is not too busy.</summary>
    /// <exception cref="FoobarException"><c>ComparisonHeldUp</c>: it stayed busy for longer than is waited.</exception>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        if (_asked is { } last && Stopwatch.GetElapsedTime(last) < Interval)
        {
            return;
        }

        long began = Stopwatch.GetTimestamp();
        while (await primary.ThreadsRunningAsync(cancellationToken) is var running && running > options.MostThreadsRunning)
        {
            tell($"{primary.Name}: {running} threads run statements, more than {options.MostThreadsRunning}; waits");
            if (Stopwatch.GetElapsedTime(began) > options.Patience)
            {
                throw new FoobarException(
                    "ComparisonHeldUp", ErrorKind.Timeout,
                    FormattableString.Invariant(
                        $"{primary.Name}: more than {options.MostThreadsRunning} threads ran statements for {options.Patience.TotalSeconds:0} s; the comparison gave up."))
                {
                    Server = primary.Name,
                    Recommendation = "Go on at a quieter time with -Resume, or allow more with -MaxThreadsRunning.",
                };
            }

            await Task.Delay(Interval, cancellationToken);
        }

        _asked = Stopwatch.GetTimestamp();
    }
}
