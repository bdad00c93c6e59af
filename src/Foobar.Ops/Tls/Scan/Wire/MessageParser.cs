using Foobar.Ops.Tls.Scan.Registry;

namespace Foobar.Ops.Tls.Scan.Wire;

/// <summary>Reads single messages of a server's handshake.</summary>
internal static class MessageParser
{
    private const int MostExtensions = 100, MostCertificates = 100, NamedCurve = 3;

    // RFC 8446, 4.1.3: SHA-256 of "HelloRetryRequest".
    private static readonly byte[] RetryRandom = Convert.FromHexString("CF21AD74E59A6111BE1D8C021E65B891C2A211167ABB8C5E079E09E2C8A8339C");

    private static readonly byte[] DowngradeMark = "DOWNGRD"u8.ToArray();

    /// <summary>A ServerHello.</summary>
    /// <exception cref="WireException">It is malformed.</exception>
    public static ServerHello ServerHello(ReadOnlySpan<byte> body)
    {
        WireSpan fields = new(body);
        int version = fields.Number16();
        ReadOnlySpan<byte> random = fields.Take(32);
        bool hasSession = fields.Block8().Length > 0;
        int suite = fields.Number16();
        bool isCompressed = fields.Byte() != 0;
        Dictionary<int, byte[]> extensions = fields.IsEmpty ? [] : Extensions(fields.Block16());
        if (extensions.TryGetValue(43, out byte[]? chosen) && chosen.Length == sizeof(ushort))
        {
            version = (chosen[0] << 8) | chosen[1];
        }

        bool forbidsDowngrade = random[24..31].SequenceEqual(DowngradeMark) && random[31] is 0 or 1;
        return new((TlsVersion)version, suite, random.SequenceEqual(RetryRandom), isCompressed, hasSession, forbidsDowngrade, extensions);
    }

    /// <summary>The certificates of a Certificate message of TLS 1.2 and older, leaf first.</summary>
    /// <exception cref="WireException">It is malformed.</exception>
    public static IReadOnlyList<byte[]> Certificates(ReadOnlySpan<byte> body)
    {
        WireSpan list = new(new WireSpan(body).Block24());
        List<byte[]> certificates = [];
        while (!list.IsEmpty)
        {
            certificates.Add(list.Block24().ToArray());
            if (certificates.Count > MostCertificates)
            {
                throw new WireException("presents more certificates than any chain has");
            }
        }

        return certificates;
    }

    /// <summary>A ServerKeyExchange; <see langword="null"/> for a key exchange that is not read (SRP, GOST).</summary>
    /// <exception cref="WireException">It is malformed.</exception>
    public static KeyExchange? KeyExchange(ReadOnlySpan<byte> body, CipherSuite suite, TlsVersion version)
    {
        string exchange = suite.Exchange;
        WireSpan fields = new(body);
        if (exchange.Contains("PSK", StringComparison.Ordinal))
        {
            fields.Block16();
        }

        int? group = null, bits = null;
        if (exchange.StartsWith("ECDHE", StringComparison.Ordinal) || exchange == "ECDH_anon")
        {
            if (fields.Byte() != NamedCurve)
            {
                return new(null, null, null);
            }

            group = fields.Number16();
            fields.Block8();
        }
        else if (exchange.StartsWith("DHE", StringComparison.Ordinal) || exchange.StartsWith("DH_anon", StringComparison.Ordinal))
        {
            bits = Bits(fields.Block16());
            fields.Block16();
            fields.Block16();
        }
        else if (exchange.StartsWith("RSA_EXPORT", StringComparison.Ordinal))
        {
            bits = Bits(fields.Block16());
            fields.Block16();
        }
        else
        {
            return null;
        }

        return new(group, bits, version >= TlsVersion.Tls12 && !suite.IsAnonymous && !fields.IsEmpty ? fields.Number16() : null);
    }

    /// <summary>The cipher kinds of a SERVER-HELLO of SSL 2.0, without its type ("The SSL Protocol", 1.5.2).</summary>
    /// <exception cref="WireException">It is malformed.</exception>
    public static IReadOnlyList<int> Ssl20Kinds(ReadOnlySpan<byte> body)
    {
        WireSpan fields = new(body);
        fields.Take(2);
        fields.Number16();
        int certificate = fields.Number16(), kinds = fields.Number16();
        fields.Number16();
        fields.Take(certificate);
        WireSpan list = new(fields.Take(kinds - (kinds % 3)));
        List<int> numbers = [];
        while (!list.IsEmpty)
        {
            numbers.Add(list.Number24());
        }

        return numbers;
    }

    private static Dictionary<int, byte[]> Extensions(ReadOnlySpan<byte> bytes)
    {
        WireSpan fields = new(bytes);
        Dictionary<int, byte[]> extensions = [];
        while (!fields.IsEmpty)
        {
            if (extensions.Count >= MostExtensions || !extensions.TryAdd(fields.Number16(), fields.Block16().ToArray()))
            {
                throw new WireException("sent an extension twice, or too many of them");
            }
        }

        return extensions;
    }

    private static int Bits(ReadOnlySpan<byte> number)
    {
        ReadOnlySpan<byte> significant = number.TrimStart((byte)0);
        return significant.IsEmpty ? 0 : (significant.Length * 8) - (7 - int.Log2(significant[0]));
    }
}
