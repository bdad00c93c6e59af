using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Foobar.Ops.Tls.Scan.Registry;

namespace Foobar.Ops.Tls.Scan.Wire;

/// <summary>
/// Writes ClientHellos: of SSL 3.0 (RFC 6101, 5.6.1.2) without extensions, of TLS 1.0 to 1.2 (RFC 5246, 7.4.1.2), of TLS 1.3
/// (RFC 8446, 4.1.2), and of SSL 2.0 ("The SSL Protocol", Hickman 1995, 1.5.1).
/// </summary>
internal static class HelloWriter
{
    private const int RandomLength = 32, Ssl20ChallengeLength = 16;

    private const ushort RenegotiationScsv = 0x00FF, FallbackScsv = 0x5600, GreaseValue = 0x0A0A, OtherGrease = 0xFAFA;

    // TLS 1.2 and older must be met with the record version of TLS 1.0, which even the oldest servers read (RFC 8446, 5.1).
    private const ushort FirstRecordVersion = 0x0301;

    /// <summary>A name of no protocol, which a server that follows RFC 8701 passes over.</summary>
    private const string GreaseProtocol = "\n\n";

    /// <summary>The bytes to send.</summary>
    public static byte[] Write(HelloOffer offer)
    {
        if (offer.Version == TlsVersion.Ssl20)
        {
            return WriteSsl20(offer);
        }

        ushort version = offer.FutureVersion ?? (ushort)(offer.Version == TlsVersion.Tls13 ? TlsVersion.Tls12 : offer.Version);
        byte[] session = offer.Version == TlsVersion.Tls13 ? RandomNumberGenerator.GetBytes(RandomLength) : [];
        byte[] extensions = offer.Version == TlsVersion.Ssl30 ? [] : Extensions(offer);
        byte[] body =
        [
            .. Number16(version),
            .. RandomNumberGenerator.GetBytes(RandomLength),
            .. Block8(session),
            .. Block16(Numbers(Suites(offer))),
            .. Block8(offer.Compression ? [1, 0] : [0]),
            .. extensions.Length == 0 ? extensions : Block16(extensions),
        ];
        byte[] message = [1, (byte)(body.Length >> 16), .. Number16(body.Length & 0xFFFF), .. body];
        return [22, .. Number16(Math.Min(version, FirstRecordVersion)), .. Block16(message)];
    }

    /// <summary>One key share of TLS 1.3 (RFC 8446, 4.2.8).</summary>
    public static byte[] KeyShare(int group, byte[] share) => [.. Number16(group), .. Block16(share)];

    private static byte[] WriteSsl20(HelloOffer offer)
    {
        byte[] kinds = [.. offer.Suites.SelectMany(static suite => (byte[])[(byte)(suite >> 16), .. Number16(suite & 0xFFFF)])];
        byte[] body =
        [
            1, .. Number16((int)TlsVersion.Ssl20),
            .. Number16(kinds.Length), .. Number16(0), .. Number16(Ssl20ChallengeLength),
            .. kinds, .. RandomNumberGenerator.GetBytes(Ssl20ChallengeLength),
        ];

        // The first bit tells a header of two bytes, without padding.
        return [.. Number16(0x8000 | body.Length), .. body];
    }

    private static IEnumerable<int> Suites(HelloOffer offer)
    {
        IEnumerable<int> suites = offer.Grease ? offer.Suites.Prepend(GreaseValue) : offer.Suites;

        // SSL 3.0 has no extensions to say that renegotiation is secure (RFC 5746, 3.3).
        suites = offer.Version == TlsVersion.Ssl30 ? suites.Append(RenegotiationScsv) : suites;
        return offer.Fallback ? suites.Append(FallbackScsv) : suites;
    }

    private static byte[] Extensions(HelloOffer offer)
    {
        bool isTls13 = offer.Version == TlsVersion.Tls13;
        IEnumerable<int> groups = offer.Grease ? offer.Groups.Prepend(GreaseValue) : offer.Groups;
        IEnumerable<string> protocols = offer.Grease && offer.Protocols.Count > 0 ? offer.Protocols.Prepend(GreaseProtocol)
            : offer.Protocols;
        bool signs = offer.Version >= TlsVersion.Tls12 && offer.Signatures.Count > 0;
        return
        [
            .. offer.Grease ? Extension(GreaseValue, []) : [],
            .. ServerName(offer.ServerName),
            .. offer.Groups.Count > 0 ? Extension(10, Block16(Numbers(groups))) : [],
            .. offer.Groups.Count > 0 && !isTls13 ? Extension(11, [1, 0]) : [],
            .. signs ? Extension(13, Block16(Numbers(offer.Signatures))) : [],
            .. signs ? Extension(50, Block16(Numbers(SignatureScheme.All.Select(static scheme => scheme.Number)))) : [],
            .. offer.Protocols.Count > 0
                ? Extension(16, Block16([.. protocols.SelectMany(static name => Block8(Encoding.ASCII.GetBytes(name)))])) : [],
            .. Extension(5, [1, 0, 0, 0, 0]),
            .. isTls13 ? Tls13(offer) : Older(),
            .. offer.Grease ? Extension(OtherGrease, [0]) : [],
        ];
    }

    /// <summary>Supported versions, key shares, and how a ticket would be used.</summary>
    private static byte[] Tls13(HelloOffer offer) =>
    [
        .. Extension(43, Block8(Numbers(offer.Grease ? [GreaseValue, (int)TlsVersion.Tls13] : [(int)TlsVersion.Tls13]))),
        .. Extension(45, [1, 1]),
        .. Extension(51, Block16(offer.KeyShares)),
    ];

    /// <summary>Encrypt-then-MAC, extended master secret, a ticket wanted, secure renegotiation.</summary>
    private static byte[] Older() => [.. Extension(22, []), .. Extension(23, []), .. Extension(35, []), .. Extension(0xFF01, [0])];

    private static byte[] ServerName(string name)
    {
        byte[] host = Encoding.ASCII.GetBytes(name.TrimEnd('.'));
        return host.Length == 0 || IPAddress.TryParse(name, out _) ? [] : Extension(0, Block16([0, .. Block16(host)]));
    }

    private static byte[] Extension(int type, byte[] content) => [.. Number16(type), .. Block16(content)];

    private static byte[] Block8(byte[] content) => [(byte)content.Length, .. content];

    private static byte[] Block16(byte[] content) => [.. Number16(content.Length), .. content];

    private static byte[] Number16(int number)
    {
        byte[] bytes = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, checked((ushort)number));
        return bytes;
    }

    private static byte[] Numbers(IEnumerable<int> numbers) => [.. numbers.SelectMany(Number16)];
}
