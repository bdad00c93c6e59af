using System.Buffers.Binary;
using System.Formats.Asn1;
using Foobar.Ops.Tls.Scan.Wire;

namespace Foobar.Ops.Tls.Issuance;

/// <summary>Reads a SignedCertificateTimestampList (RFC 6962, 3.3).</summary>
internal static class TimestampParser
{
    /// <summary>The extension of a certificate that holds such a list.</summary>
    public const string CertificateExtension = "1.3.6.1.4.1.11129.2.4.2";

    /// <summary>The extension of a single OCSP response that holds one.</summary>
    public const string OcspExtension = "1.3.6.1.4.1.11129.2.4.5";

    private const int LogIdLength = 32;

    /// <summary>Reads a list in an octet string (DER), as extensions hold it; a malformed one holds none.</summary>
    public static IReadOnlyList<SignedTimestamp> OfExtension(ReadOnlySpan<byte> value, TimestampSource source)
    {
        try
        {
            return Of(AsnDecoder.ReadOctetString(value, AsnEncodingRules.DER, out _), source);
        }
        catch (AsnContentException)
        {
            return [];
        }
    }

    /// <summary>Reads a list; a malformed one holds none, and one of a version that is not known is left out.</summary>
    public static IReadOnlyList<SignedTimestamp> Of(ReadOnlySpan<byte> list, TimestampSource source)
    {
        List<SignedTimestamp> timestamps = [];
        try
        {
            WireSpan each = new(new WireSpan(list).Block16());
            while (!each.IsEmpty)
            {
                WireSpan fields = new(each.Block16());
                if (fields.Byte() == 0)
                {
                    string log = Convert.ToBase64String(fields.Take(LogIdLength));
                    ulong milliseconds = BinaryPrimitives.ReadUInt64BigEndian(fields.Take(sizeof(ulong)));
                    timestamps.Add(new(log, Time(milliseconds), source));
                }
            }
        }
        catch (WireException)
        {
            return [];
        }

        return timestamps;
    }

    private static DateTimeOffset Time(ulong milliseconds) =>
        DateTimeOffset.UnixEpoch.AddMilliseconds(
            Math.Min(milliseconds, (ulong)(DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).TotalMilliseconds - 1));
}
