namespace Foobar.Ops.Traffic.Sources;

/// <summary>
/// A monitoring service that keeps counts: asked for a window once that is over. Its rates stand beside those of the
/// servers, over the same window.
/// </summary>
public abstract class TrafficService
{
    /// <summary>What the service is called in errors and notes.</summary>
    public abstract string Name { get; }

    /// <summary>What the service counted within a window.</summary>
    /// <param name="start">When the window began, in UTC, by this machine's clock.</param>
    /// <param name="end">When it ended. The service may have to wait until it has received all that happened before.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>
    /// Rates whose <see cref="TrafficRate.Start"/> and <see cref="TrafficRate.End"/> are the window's, with bounds as far as
    /// the service's own steps, scrapes and clock allow.
    /// </returns>
    /// <exception cref="Errors.FoobarException">It could not be asked, or its answer not understood.</exception>
    public abstract Task<IReadOnlyList<TrafficRate>> MeasureAsync(
        DateTimeOffset start, DateTimeOffset end, CancellationToken cancellationToken);
}
