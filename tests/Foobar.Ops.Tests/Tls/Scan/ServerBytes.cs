namespace Foobar.Ops.Tests.Tls.Scan;

/// <summary>The bytes of a server's answers, made by hand.</summary>
internal static class ServerBytes
{
    public static readonly byte[] RetryRandom = Convert.FromHexString("CF21AD74E59A6111BE1D8C021E65B891C2A211167ABB8C5E079E09E2C8A8339C");

    /// <summary>A record.</summary>
    public static byte[] Record(byte type, byte[] content) => [type, 3, 3, .. Block16(content)];

    /// <summary>A message of a handshake in a record of its own.</summary>
    public static byte[] Message(byte type, byte[] body) => Record(22, [type, .. Block24(body)]);

    public static byte[] Alert(byte description, byte level = 2) => Record(21, [level, description]);

    public static byte[] Hello(int suite, int version = 0x0303, byte[]? extensions = null, byte[]? random = null, byte compression = 0) =>
        Message(
            2,
            [.. Number16(version), .. random ?? new byte[32], 0, .. Number16(suite), compression, .. extensions is null ? []
                : Block16(extensions)]);

    public static byte[] Extension(int type, byte[] content) => [.. Number16(type), .. Block16(content)];

    public static byte[] Certificates(params byte[][] certificates) => Message(11, Block24([.. certificates.SelectMany(Block24)]));

    /// <summary>A first flight of TLS 1.2: ServerHello, Certificate, ServerKeyExchange on P-256, ServerHelloDone.</summary>
    public static byte[] Flight(int suite = 0xC02F) =>
    [
        .. Hello(suite, extensions: [.. Extension(0xFF01, [0]), .. Extension(23, [])]),
        .. Certificates([1, 2, 3], [4, 5]),
        .. Message(12, [3, 0, 23, 2, 9, 9, 8, 4, 0, 1, 7]),
        .. Message(14, []),
    ];

    public static byte[] Number16(int number) => [(byte)(number >> 8), (byte)number];

    public static byte[] Block16(byte[] content) => [.. Number16(content.Length), .. content];

    public static byte[] Block24(byte[] content) => [(byte)(content.Length >> 16), .. Number16(content.Length & 0xFFFF), .. content];
}
