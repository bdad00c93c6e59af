using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Foobar.Ops.Lab.Certificates;

/// <summary>Signs certificates with SHA-1, as no authority does any more and the platform refuses to.</summary>
/// <param name="key">The signer's key.</param>
internal sealed class OldSignatureGenerator(ECDsa key) : X509SignatureGenerator
{
    /// <summary>ecdsa-with-SHA1 (RFC 5758, 3.2), without parameters.</summary>
    public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm)
    {
        AsnWriter writer = new(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier("1.2.840.10045.4.1");
        }

        return writer.Encode();
    }

    /// <inheritdoc/>
    public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) =>
        key.SignData(data, HashAlgorithmName.SHA1, DSASignatureFormat.Rfc3279DerSequence);

    /// <inheritdoc/>
    protected override PublicKey BuildPublicKey() => CreateForECDsa(key).PublicKey;
}
