using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Foobar.Ops.Lab.Certificates;

/// <summary>Writes OCSP responses (RFC 6960, 4.2.1).</summary>
internal static class OcspWriter
{
    private static readonly Asn1Tag Tag0 = new(TagClass.ContextSpecific, 0), Tag1 = new(TagClass.ContextSpecific, 1);

    /// <summary>One that says that a certificate was revoked yesterday, good for a week.</summary>
    /// <param name="leaf">The certificate.</param>
    /// <param name="issuer">Its issuer.</param>
    /// <param name="key">The issuer's key.</param>
    /// <param name="now">The time.</param>
    public static byte[] Revoked(X509Certificate2 leaf, X509Certificate2 issuer, ECDsa key, DateTimeOffset now)
    {
        byte[] data = Data(leaf, issuer, now);
        AsnWriter basic = new(AsnEncodingRules.DER);
        using (basic.PushSequence())
        {
            basic.WriteEncodedValue(data);
            using (basic.PushSequence())
            {
                basic.WriteObjectIdentifier("1.2.840.10045.4.3.2");
            }

            basic.WriteBitString(key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        }

        AsnWriter response = new(AsnEncodingRules.DER);
        using (response.PushSequence())
        {
            response.WriteEncodedValue((byte[])[0x0A, 1, 0]);
            using (response.PushSequence(Tag0))
            using (response.PushSequence())
            {
                response.WriteObjectIdentifier("1.3.6.1.5.5.7.48.1.1");
                response.WriteOctetString(basic.Encode());
            }
        }

        return response.Encode();
    }

    private static byte[] Data(X509Certificate2 leaf, X509Certificate2 issuer, DateTimeOffset now)
    {
        AsnWriter data = new(AsnEncodingRules.DER);
        using (data.PushSequence())
        {
            using (data.PushSequence(Tag1))
            {
                data.WriteEncodedValue(issuer.SubjectName.RawData);
            }

            data.WriteGeneralizedTime(now, omitFractionalSeconds: true);
            using (data.PushSequence())
            using (data.PushSequence())
            {
                WriteId(data, leaf, issuer);
                using (data.PushSequence(Tag1))
                {
                    data.WriteGeneralizedTime(now.AddDays(-1), omitFractionalSeconds: true);
                }

                data.WriteGeneralizedTime(now.AddHours(-1), omitFractionalSeconds: true);
                using (data.PushSequence(Tag0))
                {
                    data.WriteGeneralizedTime(now.AddDays(7), omitFractionalSeconds: true);
                }
            }
        }

        return data.Encode();
    }

    /// <summary>The certificate by its issuer's name and key and its number; SHA-256 names them.</summary>
    private static void WriteId(AsnWriter data, X509Certificate2 leaf, X509Certificate2 issuer)
    {
        using (data.PushSequence())
        {
            using (data.PushSequence())
            {
                data.WriteObjectIdentifier("2.16.840.1.101.3.4.2.1");
            }

            data.WriteOctetString(SHA256.HashData(issuer.SubjectName.RawData));
            data.WriteOctetString(SHA256.HashData(issuer.GetPublicKey()));
            data.WriteInteger(leaf.SerialNumberBytes.Span);
        }
    }
}
