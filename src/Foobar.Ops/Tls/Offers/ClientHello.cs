using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Foobar.Ops.Tls.Offers;

/// <summary>A ClientHello of TLS 1.2 and 1.3 (RFC 5246, 7.4.1.2; RFC 8446, 4.1.2) that offers the signatures of one kind of key.</summary>
internal static class ClientHello
{
    /// <summary>The group of the one key share that is sent: every implementation of TLS 1.3 has it (RFC 8446, 9.1).</summary>
    public const ushort Secp256R1 = 0x0017;

    /// <summary>The extensions that ask for an OCSP response (RFC 6066, 8) and for timestamps of logs (RFC 6962, 3.3.1).</summary>
    public const ushort StatusRequest = 5, Timestamps = 18;

    private static readonly ushort[] Tls13Suites = [0x1301, 0x1302];

    /// <summary>The handshake message, without the header of its record.</summary>
    /// <param name="kind">The kind of key.</param>
    /// <param name="serverName">The host name asked for; an address is not sent (RFC 6066, 3).</param>
    /// <param name="share">The client's public point, uncompressed.</param>
    public static byte[] Build(KeyKind kind, string serverName, byte[] share)
    {
        // A certificate's own signature may be of any kind: the authority above an RSA key may have an elliptic one.
        ushort[] any = [.. KeyKind.All.SelectMany(each => each.SignatureAlgorithms).Distinct()];
        byte[] extensions =
        [
            .. ServerName(serverName),
            .. Extension(10, Block16(Numbers([Secp256R1, 0x0018, 0x0019]))),
            .. Extension(11, [1, 0]),
            .. Extension(13, Block16(Numbers(kind.SignatureAlgorithms))),
            .. Extension(50, Block16(Numbers(any))),
            .. Extension(43, Block8(Numbers([0x0304, 0x0303]))),
            .. Extension(51, Block16([.. Numbers([Secp256R1]), .. Block16(share)])),
            .. Extension(StatusRequest, [1, 0, 0, 0, 0]),
            .. Extension(Timestamps, []),
            .. Extension(23, []),
            .. Extension(0xFF01, [0]),
        ];
        byte[] body =
        [
            0x03, 0x03,
            .. RandomNumberGenerator.GetBytes(32),
            .. Block8(RandomNumberGenerator.GetBytes(32)),
            .. Block16(Numbers([.. Tls13Suites, .. kind.Suites])),
            .. Block8([0]),
            .. Block16(extensions),
        ];
        return [1, (byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body];
    }

    private static byte[] ServerName(string name)
    {
        byte[] host = Encoding.ASCII.GetBytes(name.TrimEnd('.'));
        return host.Length == 0 || IPAddress.TryParse(name, out _) ? [] : Extension(0, Block16([0, .. Block16(host)]));
    }

    private static byte[] Extension(ushort type, byte[] content) => [.. Numbers([type]), .. Block16(content)];

    private static byte[] Block8(byte[] content) => [(byte)content.Length, .. content];

    private static byte[] Block16(byte[] content) => [(byte)(content.Length >> 8), (byte)content.Length, .. content];

    private static byte[] Numbers(ushort[] numbers)
    {
        byte[] bytes = new byte[numbers.Length * 2];
        for (int index = 0; index < numbers.Length; index++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(index * 2), numbers[index]);
        }

        return bytes;
    }
}
