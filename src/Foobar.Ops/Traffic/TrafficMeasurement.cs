using Foobar.Ops.Errors;

namespace Foobar.Ops.Traffic;

/// <summary>What was measured on all servers over one window, and what could not be.</summary>
/// <param name="Start">When the window began, in UTC.</param>
/// <param name="End">When it ended, in UTC.</param>
/// <param name="Rates">The rates, server by server, then those of services.</param>
/// <param name="Errors">Why a source could not be read, each naming its server; the others were measured all the same.</param>
public sealed record TrafficMeasurement(
    DateTimeOffset Start, DateTimeOffset End, IReadOnlyList<TrafficRate> Rates, IReadOnlyList<FoobarException> Errors);
