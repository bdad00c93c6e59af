namespace Foobar.Ops.Remoting.Drivers;

/// <summary>Private keys and certificate requests in all the forms that the platform's own classes don't read.</summary>
internal interface IKeyDriver
{
    /// <summary>Reads a private key: PKCS#8 (RFC 5958), plain or encrypted, and the traditional forms of OpenSSL.</summary>
    /// <param name="pem">One block of a PEM file (RFC 7468).</param>
    /// <param name="passphrase">What it is encrypted with; <see langword="null"/> for none.</param>
    /// <exception cref="KeyUnreadableException">It is encrypted otherwise, or is no private key.</exception>
    PrivateKey ReadPem(string pem, Secret? passphrase);

    /// <summary>Reads a PKCS#12 store (RFC 7292).</summary>
    /// <param name="content">The file.</param>
    /// <param name="passphrase">What it is encrypted with; <see langword="null"/> for the empty one.</param>
    /// <exception cref="KeyUnreadableException">It is encrypted otherwise, or is no such store.</exception>
    KeyStore ReadPkcs12(byte[] content, Secret? passphrase);

    /// <summary>Tells whether a public key is that of a certificate, however each of them is written.</summary>
    /// <param name="publicKey">The key as a SubjectPublicKeyInfo (RFC 5280, 4.1).</param>
    /// <param name="certificate">The certificate in DER.</param>
    bool IsKeyOf(byte[] publicKey, byte[] certificate);

    /// <summary>Tells whether a certificate was signed with the key of another one.</summary>
    /// <param name="certificate">The certificate in DER.</param>
    /// <param name="issuer">The other one in DER.</param>
    bool IsSignedBy(byte[] certificate, byte[] issuer);

    /// <summary>Makes a key.</summary>
    /// <param name="algorithm">Its algorithm: <c>RSA</c>, <c>ECDSA</c>, <c>Ed25519</c>, <c>ML-DSA</c>.</param>
    /// <param name="size">Of RSA its bits, of ECDSA those of the curve, of ML-DSA its parameter set (44, 65, 87).</param>
    PrivateKey Generate(string algorithm, int size);

    /// <summary>Makes a certificate request (PKCS#10, RFC 2986).</summary>
    /// <param name="key">The key that it is for, and that signs it.</param>
    /// <param name="content">What is asked for.</param>
    /// <returns>The request in DER.</returns>
    byte[] Request(PrivateKey key, RequestContent content);

    /// <summary>Reads a certificate request, its signature checked.</summary>
    /// <param name="request">The request in DER.</param>
    /// <exception cref="KeyUnreadableException">It is none, or was not signed with its own key.</exception>
    ReadRequest ReadRequest(byte[] request);
}

/// <summary>A private key.</summary>
/// <param name="Pem">The key as PKCS#8 in PEM, not encrypted.</param>
/// <param name="PublicKey">Its public key as a SubjectPublicKeyInfo in DER.</param>
internal sealed record PrivateKey(Secret Pem, byte[] PublicKey) : IDisposable
{
    /// <summary>Overwrites the key.</summary>
    public void Dispose() => Pem.Dispose();
}

/// <summary>What stands in a PKCS#12 store.</summary>
/// <param name="Keys">The private keys.</param>
/// <param name="Certificates">The certificates in DER.</param>
internal sealed record KeyStore(IReadOnlyList<PrivateKey> Keys, IReadOnlyList<byte[]> Certificates);

/// <summary>What a certificate request asks for.</summary>
/// <param name="Subject">The subject as a DER-encoded name.</param>
/// <param name="DnsNames">Host names, as A-labels.</param>
/// <param name="Addresses">Addresses.</param>
/// <param name="MustStaple">Whether an OCSP response must be stapled (RFC 7633).</param>
internal sealed record RequestContent(
    byte[] Subject, IReadOnlyList<string> DnsNames, IReadOnlyList<System.Net.IPAddress> Addresses, bool MustStaple);

/// <summary>What a certificate request says.</summary>
/// <param name="Subject">The subject as a DER-encoded name.</param>
/// <param name="PublicKey">The key as a SubjectPublicKeyInfo in DER.</param>
/// <param name="DnsNames">Host names.</param>
/// <param name="Addresses">Addresses.</param>
/// <param name="MustStaple">Whether it asks for must-staple.</param>
internal sealed record ReadRequest(
    byte[] Subject, byte[] PublicKey, IReadOnlyList<string> DnsNames, IReadOnlyList<System.Net.IPAddress> Addresses, bool MustStaple);

/// <summary>A key, a store or a request could not be read.</summary>
public sealed class KeyUnreadableException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="problem">What is wrong with it, after "it".</param>
    /// <param name="isPassphrase">Whether the passphrase is wrong or missing.</param>
    /// <param name="cause">The cause, where there is one.</param>
    public KeyUnreadableException(string problem, bool isPassphrase = false, Exception? cause = null)
        : base(problem, cause) => IsPassphrase = isPassphrase;

    /// <summary>Whether the passphrase is wrong or missing.</summary>
    public bool IsPassphrase { get; }
}
