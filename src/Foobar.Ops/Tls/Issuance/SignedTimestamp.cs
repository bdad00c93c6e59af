namespace Foobar.Ops.Tls.Issuance;

/// <summary>How a log's promise to publish a certificate came to the client (RFC 6962, 3.3).</summary>
public enum TimestampSource : long
{
    /// <summary>In the certificate.</summary>
    Certificate,

    /// <summary>In the handshake, in an extension of TLS.</summary>
    Handshake,

    /// <summary>In the OCSP response that the server sent along.</summary>
    OcspResponse,
}

/// <summary>A log's promise to publish a certificate: a signed certificate timestamp (SCT). Its signature is not verified.</summary>
/// <param name="LogId">The log's id in Base64, as the lists of logs write it: the SHA-256 hash of its key.</param>
/// <param name="Time">When it was promised, in UTC.</param>
/// <param name="Source">How it came.</param>
public sealed record SignedTimestamp(string LogId, DateTimeOffset Time, TimestampSource Source);
