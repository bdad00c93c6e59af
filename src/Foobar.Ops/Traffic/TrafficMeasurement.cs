using Foobar.Ops.Errors;

namespace Foobar.Ops.Traffic;

/// <summary>What was measured on all servers over one window, and what could not be.</summary>
/// <param name="Rates">The rates, server by server.</param>
/// <param name="Errors">Why a source could not be read, each naming its server; the others were measured all the same.</param>
public sealed record TrafficMeasurement(IReadOnlyList<TrafficRate> Rates, IReadOnlyList<FoobarException> Errors);
