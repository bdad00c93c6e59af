using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Foobar.Ops.Tls.Issuance;

/// <summary>Reads an OCSP response (RFC 6960, 4.2.1).</summary>
internal static class OcspParser
{
    private const string BasicResponse = "1.3.6.1.5.5.7.48.1.1";

    private static readonly Asn1Tag Tag0 = new(TagClass.ContextSpecific, 0), Tag1 = new(TagClass.ContextSpecific, 1);

    private static readonly string[] Refusals =
    [
        "malformed request", "internal error", "try later", "", "a signature is wanted", "unauthorized",
    ];

    /// <summary>Reads a response about a certificate. What can't be read is a staple with a <see cref="OcspStaple.Problem"/>.</summary>
    /// <param name="response">The response in DER.</param>
    /// <param name="leaf">The certificate it came with.</param>
    /// <param name="issuers">Certificates that may be its issuer's.</param>
    public static OcspStaple Read(byte[] response, X509Certificate2 leaf, IReadOnlyList<X509Certificate2> issuers)
    {
        try
        {
            return ReadResponse(response, leaf, issuers);
        }
        catch (Exception error) when (error is AsnContentException or CryptographicException)
        {
            return Unusable("it is malformed");
        }
    }

    private static OcspStaple ReadResponse(byte[] response, X509Certificate2 leaf, IReadOnlyList<X509Certificate2> issuers)
    {
        AsnReader outer = new AsnReader(response, AsnEncodingRules.DER).ReadSequence();
        byte status = outer.ReadEnumeratedBytes().Span[^1];
        if (status != 0)
        {
            return Unusable($"the responder refused: {(status <= Refusals.Length ? Refusals[status - 1] : $"{status}")}");
        }

        AsnReader bytes = outer.ReadSequence(Tag0).ReadSequence();
        if (bytes.ReadObjectIdentifier() != BasicResponse)
        {
            return Unusable("it is of a kind that is not known");
        }

        AsnReader basic = new AsnReader(bytes.ReadOctetString(), AsnEncodingRules.DER).ReadSequence();
        ReadOnlyMemory<byte> signed = basic.PeekEncodedValue();
        OcspStaple? staple = ReadData(basic.ReadSequence(), leaf);
        AsnReader algorithm = basic.ReadSequence();
        string oid = algorithm.ReadObjectIdentifier();
        byte[] signature = basic.ReadBitString(out _);
        return staple is null ? Unusable("it is about another certificate")
            : staple with { IsAuthentic = OcspSignature.IsOfIssuer(signed, oid, signature, Certificates(basic), leaf, issuers) };
    }

    /// <summary>What the response says of the certificate; <see langword="null"/> if nothing.</summary>
    private static OcspStaple? ReadData(AsnReader data, X509Certificate2 leaf)
    {
        if (data.PeekTag().HasSameClassAndValue(Tag0))
        {
            data.ReadEncodedValue();
        }

        // Who answers, by name or key; when it was made.
        data.ReadEncodedValue();
        data.ReadGeneralizedTime();
        AsnReader responses = data.ReadSequence();
        while (responses.HasData)
        {
            AsnReader single = responses.ReadSequence();
            AsnReader id = single.ReadSequence();
            id.ReadEncodedValue();
            id.ReadOctetString();
            id.ReadOctetString();
            if (id.ReadIntegerBytes().Span.TrimStart((byte)0).SequenceEqual(leaf.SerialNumberBytes.Span.TrimStart((byte)0)))
            {
                return ReadSingle(single);
            }
        }

        return null;
    }

    private static OcspStaple ReadSingle(AsnReader single)
    {
        Asn1Tag choice = single.PeekTag();
        DateTimeOffset? revoked = null;
        if (choice.HasSameClassAndValue(Tag1))
        {
            revoked = single.ReadSequence(Tag1).ReadGeneralizedTime();
        }
        else
        {
            single.ReadEncodedValue();
        }

        OcspStaple staple = new()
        {
            Status = revoked is not null
                ? RevocationStatus.Revoked
                : choice.HasSameClassAndValue(Tag0) ? RevocationStatus.Good : RevocationStatus.Unknown,
            RevokedAt = revoked,
            ThisUpdate = single.ReadGeneralizedTime(),
        };
        if (single.HasData && single.PeekTag().HasSameClassAndValue(Tag0))
        {
            staple = staple with { NextUpdate = single.ReadSequence(Tag0).ReadGeneralizedTime() };
        }

        return single.HasData && single.PeekTag().HasSameClassAndValue(Tag1)
            ? staple with { Timestamps = Timestamps(single.ReadSequence(Tag1).ReadSequence()) } : staple;
    }

    private static IReadOnlyList<SignedTimestamp> Timestamps(AsnReader extensions)
    {
        while (extensions.HasData)
        {
            AsnReader extension = extensions.ReadSequence();
            bool isWanted = extension.ReadObjectIdentifier() == TimestampParser.OcspExtension;
            if (extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean))
            {
                extension.ReadBoolean();
            }

            if (isWanted)
            {
                return TimestampParser.OfExtension(extension.ReadOctetString(), TimestampSource.OcspResponse);
            }
        }

        return [];
    }

    private static List<byte[]> Certificates(AsnReader basic)
    {
        List<byte[]> certificates = [];
        if (basic.HasData && basic.PeekTag().HasSameClassAndValue(Tag0))
        {
            AsnReader list = basic.ReadSequence(Tag0).ReadSequence();
            while (list.HasData)
            {
                certificates.Add(list.ReadEncodedValue().ToArray());
            }
        }

        return certificates;
    }

    private static OcspStaple Unusable(string problem) => new() { Status = RevocationStatus.Unknown, Problem = problem };
}
