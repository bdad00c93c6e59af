namespace Foobar.Ops.Probing;

/// <summary>A place to probe from.</summary>
public interface IVantage
{
    /// <summary>The name that findings give it: a server's, or that of the operator's own machine.</summary>
    string Name { get; }

    /// <summary>Tries probes side by side within bounds. Gives one result a probe, in their order.</summary>
    /// <exception cref="Errors.FoobarException">The vantage can't be reached. What it can't try is a result that says so.</exception>
    Task<IReadOnlyList<ProbeResult>> RunAsync(IReadOnlyList<Probe> probes, ProbeOptions options, CancellationToken cancellationToken);
}
