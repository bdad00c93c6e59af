using Foobar.Ops.Tls.Scan.Wire;

namespace Foobar.Ops.Tls.Offers;

/// <summary>Reads the messages in which a server presents its certificates and what comes along.</summary>
internal static class PresentedMessage
{
    private const int MostCertificates = 100;

    private const byte Ocsp = 1;

    /// <summary>The Certificate message of TLS 1.2 (RFC 5246, 7.4.2); timestamps of logs come in the ServerHello.</summary>
    /// <exception cref="WireException">It is malformed.</exception>
    public static OfferedFlight Read12(ReadOnlySpan<byte> body, ServerHello hello) =>
        new(MessageParser.Certificates(body), null, hello.Extensions.GetValueOrDefault(ClientHello.Timestamps, []));

    /// <summary>
    /// The Certificate message of TLS 1.3 (RFC 8446, 4.4.2): a context before the list, and extensions behind each
    /// certificate, of which those of the leaf are read.
    /// </summary>
    /// <exception cref="WireException">It is malformed.</exception>
    public static OfferedFlight Read13(ReadOnlySpan<byte> body)
    {
        WireSpan fields = new(body);
        fields.Block8();
        WireSpan list = new(fields.Block24());
        List<byte[]> certificates = [];
        byte[]? staple = null;
        byte[] timestamps = [];
        while (!list.IsEmpty)
        {
            certificates.Add(list.Block24().ToArray());
            WireSpan extensions = new(list.Block16());
            while (certificates.Count == 1 && !extensions.IsEmpty)
            {
                int type = extensions.Number16();
                ReadOnlySpan<byte> content = extensions.Block16();
                staple = type == ClientHello.StatusRequest ? Status(content) : staple;
                timestamps = type == ClientHello.Timestamps ? content.ToArray() : timestamps;
            }

            if (certificates.Count > MostCertificates)
            {
                throw new WireException("presents more certificates than any chain has");
            }
        }

        return new(certificates, staple, timestamps);
    }

    /// <summary>The OCSP response of a CertificateStatus (RFC 6066, 8); <see langword="null"/> for another kind or none.</summary>
    /// <exception cref="WireException">It is malformed.</exception>
    public static byte[]? Status(ReadOnlySpan<byte> body)
    {
        WireSpan fields = new(body);
        return fields.Byte() == Ocsp && fields.Block24() is { IsEmpty: false } response ? response.ToArray() : null;
    }
}
