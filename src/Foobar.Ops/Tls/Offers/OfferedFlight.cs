namespace Foobar.Ops.Tls.Offers;

/// <summary>What a server presented.</summary>
/// <param name="Certificates">The certificates, leaf first, in DER.</param>
/// <param name="Staple">The OCSP response that came along, in DER; <see langword="null"/> if none did.</param>
/// <param name="Timestamps">The list of timestamps of logs that came in an extension of TLS; empty for none.</param>
internal sealed record OfferedFlight(IReadOnlyList<byte[]> Certificates, byte[]? Staple, byte[] Timestamps);
