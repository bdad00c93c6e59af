namespace Foobar.Ops.Auditing;

/// <summary>One place of a server's facts that differs between two snapshots.</summary>
/// <param name="Path">The place in the facts: <c>units[nginx.service].activeState</c>.</param>
/// <param name="Before">What stood there; <see langword="null"/> if nothing did.</param>
/// <param name="After">What stands there; <see langword="null"/> if nothing does.</param>
public sealed record FactDifference(string Path, string? Before, string? After);
