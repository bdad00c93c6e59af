using Org.BouncyCastle.Tls;

namespace Foobar.Ops.Drivers.Tls;

/// <summary>The client's side of the protocol, which tells of the tickets of TLS 1.3 that BouncyCastle passes over.</summary>
internal sealed class ScanProtocol : TlsClientProtocol
{
    private const int EarlyDataExtension = 42;

    /// <summary>Whether a ticket of TLS 1.3 came.</summary>
    public bool HasTicket { get; private set; }

    /// <summary>How many bytes it allows before the handshake.</summary>
    public long EarlyDataBytes { get; private set; }

    /// <summary>Lifetime (4), age (4), nonce, ticket, extensions (RFC 8446, 4.6.1).</summary>
    protected override void Receive13NewSessionTicket(MemoryStream buf)
    {
        TlsUtilities.ReadUint32(buf);
        TlsUtilities.ReadUint32(buf);
        TlsUtilities.ReadOpaque8(buf);
        TlsUtilities.ReadOpaque16(buf);
        MemoryStream extensions = new(TlsUtilities.ReadOpaque16(buf));
        HasTicket = true;
        while (extensions.Position < extensions.Length)
        {
            int type = TlsUtilities.ReadUint16(extensions);
            byte[] content = TlsUtilities.ReadOpaque16(extensions);
            EarlyDataBytes = type == EarlyDataExtension && content.Length == sizeof(uint) ? TlsUtilities.ReadUint32(content, 0)
                : EarlyDataBytes;
        }
    }
}
