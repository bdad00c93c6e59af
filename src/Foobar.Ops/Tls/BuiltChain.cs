namespace Foobar.Ops.Tls;

/// <summary>A chain as a client builds it from what a server presents, without what this machine may know besides.</summary>
internal sealed record BuiltChain
{
    /// <summary>The certificates from the leaf upwards; up to the root where it is trusted.</summary>
    public required IReadOnlyList<Certificate> Certificates { get; init; }

    /// <summary>The names of authorities that had to be presented and were not.</summary>
    public required IReadOnlyList<string> Missing { get; init; }

    /// <summary>Why it does not lead to a trusted authority; empty if it does.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>Whether it has signatures or keys of a kind that this system can't verify, so that its problems prove nothing.</summary>
    public bool IsUndecided { get; init; }
}
