using System.Security.Cryptography;
using System.Text;

namespace Foobar.Ops.Tls.Offers;

/// <summary>Opens the records in which a server of TLS 1.3 sends its part of the handshake (RFC 8446, 5.2, 7.1, 7.3).</summary>
internal sealed class HandshakeSecret : IDisposable
{
    private const int TagLength = 16, NonceLength = 12;

    private readonly AesGcm _cipher;
    private readonly byte[] _iv;
    private long _sequence;

    private HandshakeSecret(byte[] key, byte[] iv)
    {
        _cipher = new AesGcm(key, TagLength);
        _iv = iv;
    }

    /// <summary>Derives the server's keys.</summary>
    /// <param name="suite">The cipher suite that the server chose: one of those with AES in GCM.</param>
    /// <param name="shared">The shared secret of the key exchange.</param>
    /// <param name="transcript">ClientHello and ServerHello.</param>
    public static HandshakeSecret Derive(ushort suite, byte[] shared, byte[] transcript)
    {
        (HashAlgorithmName hash, int keyLength) = suite == 0x1302 ? (HashAlgorithmName.SHA384, 32) : (HashAlgorithmName.SHA256, 16);
        byte[] Hash(byte[] data) => CryptographicOperations.HashData(hash, data);
        int length = Hash([]).Length;
        byte[] early = HKDF.Extract(hash, new byte[length], new byte[length]);
        byte[] handshake = HKDF.Extract(hash, shared, Expand(hash, early, "derived", Hash([]), length));
        byte[] server = Expand(hash, handshake, "s hs traffic", Hash(transcript), length);
        return new HandshakeSecret(Expand(hash, server, "key", [], keyLength), Expand(hash, server, "iv", [], NonceLength));
    }

    /// <summary>Opens the next record: its true type and its content.</summary>
    /// <param name="header">The record's header.</param>
    /// <param name="sealedContent">What stands in it.</param>
    /// <exception cref="CryptographicException">It was not sealed with these keys.</exception>
    public (byte Type, byte[] Content) Open(byte[] header, byte[] sealedContent)
    {
        if (sealedContent.Length < TagLength + 1)
        {
            throw new CryptographicException("the record is too short");
        }

        byte[] nonce = [.. _iv];
        for (int index = 0; index < sizeof(long); index++)
        {
            nonce[^(index + 1)] ^= (byte)(_sequence >> (8 * index));
        }

        _sequence++;
        byte[] plain = new byte[sealedContent.Length - TagLength];
        _cipher.Decrypt(nonce, sealedContent.AsSpan(0, plain.Length), sealedContent.AsSpan(plain.Length), plain, header);

        // Zeros may follow the type for padding.
        int last = plain.AsSpan().LastIndexOfAnyExcept((byte)0);
        return last < 0 ? throw new CryptographicException("the record is empty") : (plain[last], plain[..last]);
    }

    public void Dispose() => _cipher.Dispose();

    /// <summary>HKDF-Expand-Label.</summary>
    private static byte[] Expand(HashAlgorithmName hash, byte[] secret, string label, byte[] context, int length)
    {
        byte[] full = Encoding.ASCII.GetBytes("tls13 " + label);
        return HKDF.Expand(
            hash, secret, length, [(byte)(length >> 8), (byte)length, (byte)full.Length, .. full, (byte)context.Length, .. context]);
    }
}
