using System.Buffers.Binary;
using System.Security.Cryptography;
using Foobar.Ops.Tls.Scan.Registry;
using Foobar.Ops.Tls.Scan.Wire;

namespace Foobar.Ops.Tls.Offers;

/// <summary>
/// The beginning of a handshake with signatures of one kind of key: up to the certificates that the server presents, which
/// TLS 1.2 sends in clear and TLS 1.3 sealed. Nothing is sent after the ClientHello.
/// </summary>
internal sealed class OfferedHandshake(Stream stream) : IDisposable
{
    private const byte Alert =
        21, Handshake = 22, ApplicationData = 23, ServerHelloMessage = 2, CertificateMessage = 11, CertificateStatus = 22;

    private const byte Warning = 1, CloseNotify = 0;

    private const int HeaderLength = 4, KeyShare = 51;

    // RFC 8446, 5.2: 2^14 bytes and what sealing adds; RFC 5246, 6.2.3: up to 2^14 + 2048.
    private const int LongestRecord = 16384 + 2048;

    private const int LongestMessage = 1 << 17;

    private readonly ECDiffieHellman _key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
    private byte[] _pending = [];
    private ServerHello? _hello;
    private HandshakeSecret? _secret;

    /// <summary>What the server presents, with what comes along.</summary>
    /// <exception cref="AlertException">The server ended the handshake.</exception>
    /// <exception cref="IOException">It closed the connection, or what it sent is not TLS.</exception>
    /// <exception cref="WireException">A message is malformed.</exception>
    public async Task<OfferedFlight> AskAsync(KeyKind kind, string serverName, CancellationToken cancellationToken)
    {
        byte[] hello = ClientHello.Build(kind, serverName, Point());
        await stream.WriteAsync((byte[])[Handshake, 3, 1, (byte)(hello.Length >> 8), (byte)hello.Length, .. hello], cancellationToken);
        await stream.FlushAsync(cancellationToken);
        while (true)
        {
            byte[] message = await MessageAsync(cancellationToken);
            if (message[0] == ServerHelloMessage && _hello is null)
            {
                TakeServerHello(hello, message);
            }
            else if (message[0] == CertificateMessage && _hello is not null)
            {
                return _secret is null ? await WithStatusAsync(message.AsMemory(HeaderLength), cancellationToken)
                    : PresentedMessage.Read13(message.AsSpan(HeaderLength));
            }
        }
    }

    /// <summary>In TLS 1.2 the OCSP response follows in a message of its own, if at all (RFC 6066, 8).</summary>
    private async Task<OfferedFlight> WithStatusAsync(ReadOnlyMemory<byte> certificates, CancellationToken cancellationToken)
    {
        OfferedFlight flight = PresentedMessage.Read12(certificates.Span, _hello!);
        if (_hello!.Extensions.ContainsKey(ClientHello.StatusRequest))
        {
            byte[] next = await MessageAsync(cancellationToken);
            flight = next[0] == CertificateStatus ? flight with { Staple = PresentedMessage.Status(next.AsSpan(HeaderLength)) } : flight;
        }

        return flight;
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
            // A warning that a name is not recognized is no end (RFC 6066, 3).
            Alert when content is [Warning, not CloseNotify] => [],
            Alert => throw new AlertException(content.Length > 1 ? content[1] : (byte)0),
            Handshake => content,
            _ => [],
        };
    }

    /// <summary>Finds out whether the server took TLS 1.3, and derives its keys if so.</summary>
    private void TakeServerHello(byte[] hello, byte[] message)
    {
        _hello = MessageParser.ServerHello(message.AsSpan(HeaderLength));
        if (_hello.Version == TlsVersion.Tls13)
        {
            _secret = HandshakeSecret.Derive(
                (ushort)_hello.Suite, Agree(_hello.Extensions.GetValueOrDefault(KeyShare)), [.. hello, .. message]);
        }
    }

    private byte[] Agree(byte[]? share)
    {
        const int Coordinate = 32;
        if (share is null
            || share.Length != 4 + 1 + (2 * Coordinate)
            || BinaryPrimitives.ReadUInt16BigEndian(share) != ClientHello.Secp256R1)
        {
            throw new IOException("it wants another group for the key exchange than P-256");
        }

        ReadOnlySpan<byte> point = share.AsSpan(5);
        using ECDiffieHellman peer = ECDiffieHellman.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = point[..Coordinate].ToArray(), Y = point[Coordinate..].ToArray() },
        });
        return _key.DeriveRawSecretAgreement(peer.PublicKey);
    }
}

/// <summary>The server ended a handshake by an alert.</summary>
/// <param name="code">Its description (IANA, TLS Alerts).</param>
public sealed class AlertException(byte code) : Exception($"it ended the handshake with the alert {code}")
{
    /// <summary>Whether it says that nothing offered suits the server: handshake_failure (40), insufficient_security (71).</summary>
    public bool MeansNothingSuits => code is 40 or 71;
}
