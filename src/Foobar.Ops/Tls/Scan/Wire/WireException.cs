namespace Foobar.Ops.Tls.Scan.Wire;

/// <summary>What a peer sent is no handshake of SSL or TLS, or breaks its bounds.</summary>
/// <param name="problem">What is wrong, after "it".</param>
public sealed class WireException(string problem) : Exception(problem)
{
    /// <summary>Whether it did not speak TLS from the first byte on.</summary>
    public bool IsOtherProtocol { get; init; }
}
