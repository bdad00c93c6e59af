using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Foobar.Ops.Tls.Offers;

/// <summary>
/// The beginning of a handshake with signatures of one kind of key: up to the certificates that the server presents, which
/// TLS 1.2 sends in clear and TLS 1.3 sealed. Nothing is sent after the ClientHello.
/// </summary>
internal sealed class OfferedHandshake(Stream stream) : IDisposable
{
    private const byte Alert = 21, Handshake = 22, ApplicationData = 23, ServerHello = 2, CertificateMessage = 11;

    // RFC 8446, 5.2: 2^14 bytes and what sealing adds; RFC 5246, 6.2.3: up to 2^14 + 2048.
    private const int LongestRecord = 16384 + 2048;

    private const int LongestMessage = 1 << 20;

    private readonly ECDiffieHellman _key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
    private byte[] _pending = [];
    private HandshakeSecret? _secret;

    /// <summary>The certificates presented, leaf first, in DER.</summary>
    /// <exception cref="AlertException">The server ended the handshake.</exception>
    /// <exception cref="IOException">It closed the connection, or what it sent is not TLS.</exception>
    public async Task<IReadOnlyList<byte[]>> CertificatesAsync(KeyKind kind, string serverName, CancellationToken cancellationToken)
    {
        byte[] hello = ClientHello.Build(kind, serverName, Point());
        await stream.WriteAsync((byte[])[Handshake, 3, 1, (byte)(hello.Length >> 8), (byte)hello.Length, .. hello], cancellationToken);
        while (true)
        {
            byte[] message = await MessageAsync(cancellationToken);
            switch (message[0])
            {
                case ServerHello:
                    TakeServerHello(hello, message);
                    break;
                case CertificateMessage:
                    return Certificates(message.AsSpan(4), isTls13: _secret is not null);
                default:
                    break;
            }
        }
    }

    public void Dispose()
    {
        _secret?.Dispose();
        _key.Dispose();
    }

    private byte[] Point()
    {
        ECParameters parameters = _key.ExportParameters(includePrivateParameters: false);
        return [4, .. parameters.Q.X!, .. parameters.Q.Y!];
    }

    /// <summary>The next handshake message with its header of type and length.</summary>
    private async Task<byte[]> MessageAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            int length = _pending.Length < 4 ? int.MaxValue : 4 + ((_pending[1] << 16) | (_pending[2] << 8) | _pending[3]);
            if (length <= _pending.Length)
            {
                byte[] message = _pending[..length];
                _pending = _pending[length..];
                return message;
            }

            if (length is > LongestMessage and < int.MaxValue)
            {
                throw new IOException("a message of its handshake is too long");
            }

            _pending = [.. _pending, .. await ContentAsync(cancellationToken)];
        }
    }

    /// <summary>The handshake bytes of the next record; none for a record of another kind.</summary>
    private async Task<byte[]> ContentAsync(CancellationToken cancellationToken)
    {
        byte[] header = new byte[5];
        await stream.ReadExactlyAsync(header, cancellationToken);
        int length = BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(3));
        if (header[0] is < 20 or > ApplicationData || header[1] != 3 || length > LongestRecord)
        {
            throw new IOException("it does not answer with TLS");
        }

        byte[] content = new byte[length];
        await stream.ReadExactlyAsync(content, cancellationToken);
        (byte type, content) = header[0] == ApplicationData && _secret is { } secret ? secret.Open(header, content) : (header[0], content);
        return type switch
        {
            Alert => throw new AlertException(content.Length > 1 ? content[1] : (byte)0),
            Handshake => content,
            _ => [],
        };
    }

    /// <summary>Finds out whether the server took TLS 1.3, and derives its keys if so.</summary>
    private void TakeServerHello(byte[] hello, byte[] message)
    {
        ReadOnlySpan<byte> body = message.AsSpan(4);
        int session = 2 + 32;
        int suiteAt = session + 1 + body[session];
        ushort suite = BinaryPrimitives.ReadUInt16BigEndian(body[suiteAt..]);
        ReadOnlySpan<byte> extensions = body.Length > suiteAt + 5 ? body[(suiteAt + 5)..] : [];
        ReadOnlySpan<byte> share = [];
        bool isTls13 = false;
        while (extensions.Length >= 4)
        {
            ushort type = BinaryPrimitives.ReadUInt16BigEndian(extensions);
            ReadOnlySpan<byte> content = extensions.Slice(4, BinaryPrimitives.ReadUInt16BigEndian(extensions[2..]));
            isTls13 |= type == 43 && content is [0x03, 0x04];
            share = type == 51 ? content : share;
            extensions = extensions[(4 + content.Length)..];
        }

        if (isTls13)
        {
            _secret = HandshakeSecret.Derive(suite, Agree(share), [.. hello, .. message]);
        }
    }

    private byte[] Agree(ReadOnlySpan<byte> share)
    {
        const int Coordinate = 32;
        if (share.Length != 4 + 1 + (2 * Coordinate) || BinaryPrimitives.ReadUInt16BigEndian(share) != ClientHello.Secp256R1)
        {
            throw new IOException("it wants another group for the key exchange than P-256");
        }

        ReadOnlySpan<byte> point = share[5..];
        using ECDiffieHellman peer = ECDiffieHellman.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = point[..Coordinate].ToArray(), Y = point[Coordinate..].ToArray() },
        });
        return _key.DeriveRawSecretAgreement(peer.PublicKey);
    }

    /// <summary>
    /// The certificates of the message (RFC 5246, 7.4.2; in TLS 1.3 with a context before and extensions behind each: RFC
    /// 8446, 4.4.2).
    /// </summary>
    private static List<byte[]> Certificates(ReadOnlySpan<byte> body, bool isTls13)
    {
        ReadOnlySpan<byte> list = body[((isTls13 ? 1 + body[0] : 0) + 3)..];
        List<byte[]> certificates = [];
        while (list.Length > 3)
        {
            int length = (list[0] << 16) | (list[1] << 8) | list[2];
            certificates.Add(list.Slice(3, length).ToArray());
            list = list[(3 + length)..];
            list = isTls13 ? list[(2 + BinaryPrimitives.ReadUInt16BigEndian(list))..] : list;
        }

        return certificates;
    }
}

/// <summary>The server ended a handshake by an alert.</summary>
/// <param name="code">Its description (IANA, TLS Alerts).</param>
public sealed class AlertException(byte code) : Exception($"it ended the handshake with the alert {code}")
{
    /// <summary>Whether it says that nothing offered suits the server: handshake_failure (40), insufficient_security (71).</summary>
    public bool MeansNothingSuits => code is 40 or 71;
}
