namespace Foobar.Ops.Findings;

/// <summary>
/// Marks a property of facts that changes by itself from reading to reading (a counter, free bytes, a time, a process id),
/// so that a comparison of snapshots leaves it out unless asked for it.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class MeasurementAttribute : Attribute;
