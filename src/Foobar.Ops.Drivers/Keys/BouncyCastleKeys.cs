using System.Net;
using System.Security.Cryptography;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Drivers;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Operators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.OpenSsl;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;

namespace Foobar.Ops.Drivers.Keys;

/// <summary>Keys by BouncyCastle, which reads those that the platform's OpenSSL is too old for.</summary>
internal sealed class BouncyCastleKeys : IKeyDriver
{
    // RFC 7633, 4: id-pe-tlsfeature, whose value here is status_request (RFC 6066, 8).
    private static readonly DerObjectIdentifier TlsFeature = new("1.3.6.1.5.5.7.1.24");

    private const int StatusRequest = 5;

    /// <inheritdoc/>
    public PrivateKey ReadPem(string pem, Secret? passphrase)
    {
        try
        {
            using PemReader reader = new(new StringReader(pem), new Finder(passphrase));
            return Of(reader.ReadObject() switch
            {
                AsymmetricCipherKeyPair pair => pair.Private,
                AsymmetricKeyParameter { IsPrivate: true } key => key,
                _ => throw new KeyUnreadableException("holds no private key"),
            });
        }
        catch (Org.BouncyCastle.OpenSsl.PasswordException error)
        {
            throw new KeyUnreadableException("is encrypted, and no passphrase was given", isPassphrase: true, error);
        }
        catch (Exception error) when (IsUnreadable(error))
        {
            bool isEncrypted = pem.Contains("ENCRYPTED", StringComparison.Ordinal);
            throw new KeyUnreadableException(
                isEncrypted ? "can't be decrypted with this passphrase" : $"holds no private key that can be read: {error.Message}",
                isEncrypted, error);
        }
    }

    /// <inheritdoc/>
    public KeyStore ReadPkcs12(byte[] content, Secret? passphrase)
    {
        char[] characters = passphrase?.Reveal().ToCharArray() ?? [];
        try
        {
            Pkcs12Store store = new Pkcs12StoreBuilder().Build();
            store.Load(new MemoryStream(content), characters);
            List<PrivateKey> keys = [];
            List<byte[]> certificates = [];
            foreach (string alias in store.Aliases)
            {
                if (store.IsKeyEntry(alias))
                {
                    keys.Add(Of(store.GetKey(alias).Key));
                    certificates.AddRange(store.GetCertificateChain(alias)?.Select(entry => entry.Certificate.GetEncoded()) ?? []);
                }

                if (store.GetCertificate(alias) is { } entry)
                {
                    certificates.Add(entry.Certificate.GetEncoded());
                }
            }

            return new KeyStore(keys, [.. certificates.DistinctBy(Convert.ToHexString)]);
        }
        catch (Exception error) when (IsUnreadable(error))
        {
            bool isPassphrase = error.Message.Contains("password", StringComparison.OrdinalIgnoreCase);
            throw new KeyUnreadableException(
                isPassphrase ? passphrase is null ? "is encrypted, and no passphrase was given" : "can't be decrypted with this passphrase"
                    : $"is no PKCS#12 store that can be read: {error.Message}",
                isPassphrase, error);
        }
        finally
        {
            Array.Clear(characters);
        }
    }

    /// <inheritdoc/>
    public bool IsKeyOf(byte[] publicKey, byte[] certificate)
    {
        SubjectPublicKeyInfo own = X509CertificateStructure.GetInstance(certificate).SubjectPublicKeyInfo;
        if (own.GetEncoded().AsSpan().SequenceEqual(publicKey))
        {
            return true;
        }

        try
        {
            return PublicKeyFactory.CreateKey(publicKey).Equals(PublicKeyFactory.CreateKey(own));
        }
        catch (Exception error) when (IsUnreadable(error))
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public bool IsSignedBy(byte[] certificate, byte[] issuer)
    {
        try
        {
            new X509Certificate(certificate).Verify(new X509Certificate(issuer).GetPublicKey());
            return true;
        }
        catch (Exception error) when (IsUnreadable(error))
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public PrivateKey Generate(string algorithm, int size)
    {
        SecureRandom random = new();
        IAsymmetricCipherKeyPairGenerator generator = algorithm switch
        {
            "RSA" => new RsaKeyPairGenerator(),
            "ECDSA" => new ECKeyPairGenerator(),
            "Ed25519" => new Ed25519KeyPairGenerator(),
            "ML-DSA" => new MLDsaKeyPairGenerator(),
            _ => throw new ArgumentOutOfRangeException(nameof(algorithm), algorithm, "no such algorithm"),
        };
        generator.Init(algorithm switch
        {
            "RSA" => new RsaKeyGenerationParameters(Org.BouncyCastle.Math.BigInteger.ValueOf(65537), random, size, 100),
            "ECDSA" => new ECKeyGenerationParameters(size == 384 ? P384 : X9ObjectIdentifiers.Prime256v1, random),
            "Ed25519" => new Ed25519KeyGenerationParameters(random),
            _ => new MLDsaKeyGenerationParameters(random, ParametersOf(size)),
        });
        return Of(generator.GenerateKeyPair().Private);
    }

    /// <inheritdoc/>
    public byte[] Request(PrivateKey key, RequestContent content)
    {
        using PemReader reader = new(new StringReader(key.Pem.Reveal()));
        AsymmetricKeyParameter secret = (AsymmetricKeyParameter)reader.ReadObject();
        X509ExtensionsGenerator extensions = new();
        GeneralName[] names =
        [
            .. content.DnsNames.Select(name => new GeneralName(GeneralName.DnsName, name)),
            .. content.Addresses.Select(address => new GeneralName(GeneralName.IPAddress, new DerOctetString(address.GetAddressBytes()))),
        ];
        if (names.Length > 0)
        {
            extensions.AddExtension(X509Extensions.SubjectAlternativeName, critical: false, new GeneralNames(names));
        }

        if (content.MustStaple)
        {
            extensions.AddExtension(TlsFeature, critical: false, new DerSequence(DerInteger.ValueOf(StatusRequest)));
        }

        Asn1Set attributes = extensions.IsEmpty
            ? new DerSet()
            : new DerSet(new AttributePkcs(PkcsObjectIdentifiers.Pkcs9AtExtensionRequest, new DerSet(extensions.Generate())));
        Asn1SignatureFactory signer = new(SignatureName(secret), secret, new SecureRandom());
        return new Pkcs10CertificationRequest(
            signer, X509Name.GetInstance(content.Subject), PublicKeyFactory.CreateKey(key.PublicKey), attributes).GetEncoded();
    }

    /// <inheritdoc/>
    public ReadRequest ReadRequest(byte[] request)
    {
        try
        {
            Pkcs10CertificationRequest read = new(request);
            if (!read.Verify())
            {
                throw new KeyUnreadableException("was not signed with its own key");
            }

            CertificationRequestInfo info = read.GetCertificationRequestInfo();
            X509Extensions? extensions = read.GetRequestedExtensions();
            Asn1Object? alternative = extensions?.GetExtensionParsedValue(X509Extensions.SubjectAlternativeName)?.ToAsn1Object();
            GeneralName[] names = alternative is null ? [] : GeneralNames.GetInstance(alternative).GetNames();
            return new ReadRequest(
                info.Subject.GetEncoded(), info.SubjectPublicKeyInfo.GetEncoded(),
                [.. names.Where(name => name.TagNo == GeneralName.DnsName).Select(name => DerIA5String.GetInstance(name.Name).GetString())],
                [
                    .. names.Where(name => name.TagNo == GeneralName.IPAddress)
                        .Select(name => new IPAddress(Asn1OctetString.GetInstance(name.Name).GetOctets())),
                ],
                extensions?.GetExtension(TlsFeature) is not null);
        }
        catch (Exception error) when (IsUnreadable(error))
        {
            throw new KeyUnreadableException($"is no certificate request that can be read: {error.Message}", isPassphrase: false, error);
        }
    }

    private static DerObjectIdentifier P384 => Org.BouncyCastle.Asn1.Sec.SecObjectIdentifiers.SecP384r1;

    private static MLDsaParameters ParametersOf(int size) => size switch
    {
        44 => MLDsaParameters.ml_dsa_44,
        65 => MLDsaParameters.ml_dsa_65,
        87 => MLDsaParameters.ml_dsa_87,
        _ => throw new ArgumentOutOfRangeException(nameof(size), size, "ML-DSA has the parameter sets 44, 65 and 87"),
    };

    private static string SignatureName(AsymmetricKeyParameter key) => key switch
    {
        RsaKeyParameters => "SHA256withRSA",
        ECKeyParameters { Parameters.Curve.FieldSize: > 256 } => "SHA384withECDSA",
        ECKeyParameters => "SHA256withECDSA",
        Ed25519PrivateKeyParameters => "Ed25519",
        MLDsaPrivateKeyParameters mldsa => mldsa.Parameters.Name,
        _ => throw new ArgumentException("no such key", nameof(key)),
    };

    private static PrivateKey Of(AsymmetricKeyParameter key)
    {
        byte[] der = PrivateKeyInfoFactory.CreatePrivateKeyInfo(key).GetEncoded();
        try
        {
            return new PrivateKey(
                new Secret(
                    PemEncoding.Write("PRIVATE KEY", der)), SubjectPublicKeyInfoFactory.CreateSubjectPublicKeyInfo(
                        PublicOf(key)).GetEncoded());
        }
        finally
        {
            CryptographicOperations.ZeroMemory(der);
        }
    }

    private static AsymmetricKeyParameter PublicOf(AsymmetricKeyParameter key) => key switch
    {
        RsaPrivateCrtKeyParameters rsa => new RsaKeyParameters(isPrivate: false, rsa.Modulus, rsa.PublicExponent),
        ECPrivateKeyParameters curve => new ECPublicKeyParameters(
            curve.AlgorithmName, curve.Parameters.G.Multiply(curve.D).Normalize(), curve.PublicKeyParamSet is { } set
                ? ECNamedDomainParameters.LookupOid(set)
                : curve.Parameters),
        Ed25519PrivateKeyParameters edwards => edwards.GeneratePublicKey(),
        Ed448PrivateKeyParameters edwards => edwards.GeneratePublicKey(),
        MLDsaPrivateKeyParameters lattice => lattice.GetPublicKey(),
        _ => throw new KeyUnreadableException($"is a key of a kind that no certificate of a server has ({key.GetType().Name})"),
    };

    // It throws what it happens to meet in a broken file, of all kinds.
    private static bool IsUnreadable(Exception error) => error is not KeyUnreadableException;

    private sealed class Finder(Secret? passphrase) : IPasswordFinder
    {
        public char[]? GetPassword() => passphrase?.Reveal().ToCharArray();
    }
}
