using System.Buffers.Binary;
using System.Text;
using Foobar.Ops.Tls.Scan.Registry;

namespace Foobar.Ops.Tls.Scan.Wire;

/// <summary>How far a server's answer is read.</summary>
internal enum FlightPart
{
    /// <summary>Up to the ServerHello.</summary>
    Hello,

    /// <summary>Up to the key exchange, or the end if there is none.</summary>
    KeyExchange,

    /// <summary>All that comes in clear.</summary>
    All,
}

/// <summary>
/// Reads the records of a server's answer as they come, in clear: all of the first flight of TLS 1.2 and older, the first
/// message of TLS 1.3. Holds no more than one message of at most <see cref="LongestMessage"/> bytes and what it made of the
/// others, and takes no more than <see cref="MostBytes"/> in all, whatever the server sends.
/// </summary>
/// <param name="part">How far to read.</param>
internal sealed class FlightParser(FlightPart part)
{
    /// <summary>The longest message of a handshake that is read, in bytes. A chain of ML-DSA certificates has some 30,000.</summary>
    public const int LongestMessage = 1 << 17;

    /// <summary>The most bytes that are taken from a server.</summary>
    public const int MostBytes = 1 << 18;

    // RFC 5246, 6.2.3: 2^14 bytes and what sealing may add.
    private const int LongestRecord = 16384 + 2048;

    private const int HeaderLength = 5, MessageHeaderLength = 4;

    private const byte ChangeCipherSpec = 20, AlertRecord = 21, HandshakeRecord = 22, ApplicationData = 23;

    private const byte ServerHelloMessage = 2, CertificateMessage = 11, ServerKeyExchange = 12, CertificateRequest = 13,
        ServerHelloDone = 14, CertificateStatus = 22;

    private readonly List<byte> _records = [];
    private readonly List<byte> _messages = [];
    private int _taken;
    private bool _isTls;

    /// <summary>What was read so far.</summary>
    public ServerFlight Flight { get; private set; } = new();

    /// <summary>Whether all that is wanted was read.</summary>
    public bool IsComplete => Flight.Alert is not null || Flight.IsDone || Flight.Ssl20Kinds is not null
        || (Flight.Hello is { } hello && (part == FlightPart.Hello || hello.Version >= TlsVersion.Tls13))
        || (part == FlightPart.KeyExchange && Flight.KeyExchange is not null);

    /// <summary>Takes the next bytes.</summary>
    /// <exception cref="WireException">They are no handshake, or break its bounds.</exception>
    public void Take(ReadOnlySpan<byte> bytes)
    {
        _taken += bytes.Length;
        if (_taken > MostBytes)
        {
            throw new WireException(
                FormattableString.Invariant($"sent more than {MostBytes} bytes without an end to its part of the handshake"));
        }

        _records.AddRange(bytes);
        while (!IsComplete && TakeRecord())
        {
        }
    }

    private bool TakeRecord()
    {
        if (!_isTls && _records.Count >= 3)
        {
            if (TakeSsl20())
            {
                return false;
            }

            _isTls = IsRecord(_records[0], _records[1]) ? true : throw Other();
        }

        if (_records.Count < HeaderLength)
        {
            return false;
        }

        byte type = _records[0];
        int length = (_records[3] << 8) | _records[4];
        if (!IsRecord(type, _records[1]) || length > LongestRecord)
        {
            throw new WireException("sent a record that TLS does not have");
        }

        if (_records.Count < HeaderLength + length)
        {
            return false;
        }

        byte[] content = [.. _records.GetRange(HeaderLength, length)];
        _records.RemoveRange(0, HeaderLength + length);
        TakeContent(type, content);
        return true;
    }

    private static bool IsRecord(byte type, byte major) => type is >= ChangeCipherSpec and <= ApplicationData && major == 3;

    private void TakeContent(byte type, byte[] content)
    {
        if (type == AlertRecord)
        {
            TakeAlert(content);
        }
        else if (type == HandshakeRecord)
        {
            _messages.AddRange(content);
            while (!IsComplete && TakeMessage())
            {
            }
        }
        else if (Flight.Hello is null)
        {
            throw new WireException("sent something else before its ServerHello");
        }
    }

    /// <summary>
    /// Ends the answer, but for a warning other than that the connection closes (RFC 6066, 3: an unknown name may be one).
    /// </summary>
    private void TakeAlert(byte[] content)
    {
        const byte Warning = 1;
        if (content.Length != 2)
        {
            throw new WireException("sent an alert that can't be read");
        }

        bool goesOn = content[0] == Warning && content[1] != AlertText.CloseNotify;
        Flight = goesOn ? Flight with { Warning = content[1] } : Flight with { Alert = content[1] };
    }

    private bool TakeMessage()
    {
        if (_messages.Count < MessageHeaderLength)
        {
            return false;
        }

        int length = (_messages[1] << 16) | (_messages[2] << 8) | _messages[3];
        if (length > LongestMessage)
        {
            throw new WireException(FormattableString.Invariant($"announces a message of {length} bytes"));
        }

        if (_messages.Count < MessageHeaderLength + length)
        {
            return false;
        }

        byte type = _messages[0];
        byte[] body = [.. _messages.GetRange(MessageHeaderLength, length)];
        _messages.RemoveRange(0, MessageHeaderLength + length);
        TakeMessage(type, body);
        return true;
    }

    private void TakeMessage(byte type, byte[] body)
    {
        if (type == ServerHelloMessage)
        {
            Flight = Flight.Hello is null ? Flight with { Hello = MessageParser.ServerHello(body) }
                : throw new WireException("sent two ServerHellos");
        }
        else if (Flight.Hello is { } hello)
        {
            Flight = type switch
            {
                CertificateMessage => Flight with { Certificates = MessageParser.Certificates(body) },
                ServerKeyExchange =>
                    Flight with { KeyExchange = MessageParser.KeyExchange(body, CipherSuite.Of(hello.Suite), hello.Version) },
                CertificateRequest => Flight with { WantsClientCertificate = true },
                CertificateStatus => Flight with { HasCertificateStatus = body.Length > MessageHeaderLength },
                ServerHelloDone => Flight with { IsDone = true },
                _ => Flight,
            };
        }
        else if (type != 0)
        {
            // A HelloRequest (0) may come at any time and is passed over (RFC 5246, 7.4.1.1).
            throw new WireException("began its handshake with another message than a ServerHello");
        }
    }

    /// <summary>Takes a SERVER-HELLO of SSL 2.0 or its ERROR, if the answer is one; waits while it is not whole.</summary>
    private bool TakeSsl20()
    {
        const byte Error = 0, Hello = 4, NoCipher = 1;
        byte type = _records[2];
        if ((_records[0] & 0x80) == 0 || type is not (Error or Hello))
        {
            return false;
        }

        int length = ((_records[0] & 0x7F) << 8) | _records[1];
        if (_records.Count < 2 + length || length < 1)
        {
            return length > 0 ? true : throw Other();
        }

        byte[] body = [.. _records.GetRange(3, length - 1)];
        Flight = type == Hello ? Flight with { Ssl20Kinds = MessageParser.Ssl20Kinds(body) }
            : body.Length >= 2
                ? Flight with { Alert = BinaryPrimitives.ReadUInt16BigEndian(body) == NoCipher ? AlertText.HandshakeFailure
                : AlertText.ProtocolVersion }
            : throw Other();
        return true;
    }

    private WireException Other()
    {
        byte[] first = [.. _records.TakeWhile(static value => value is not ((byte)'\r' or (byte)'\n')).Take(60)];
        string text = string.Concat(Encoding.ASCII.GetString(first).Where(static character => character is >= ' ' and <= '~'));
        return new WireException(
            text.Length > 3 ? $"answers in plain text: '{text}'" : "answers with something that is not TLS") { IsOtherProtocol = true };
    }
}
