using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Foobar.Ops.Tls.Scan.Wire;

namespace Foobar.Ops.Tls.Caa;

/// <summary>Messages of DNS that ask for CAA records (RFC 1035, 4; RFC 6891; RFC 8659, 4.1).</summary>
internal static class CaaMessage
{
    /// <summary>The longest answer over UDP that is asked for, in bytes: what passes every path unbroken.</summary>
    public const int LongestDatagram = 1232;

    private const ushort CaaType = 257, InternetClass = 1, OptType = 41, RecursionDesired = 0x0100;

    private const int HeaderLength = 12;

    /// <summary>Writes a question.</summary>
    public static byte[] Ask(ushort id, string name) =>
    [
        .. Numbers(id, RecursionDesired, 1, 0, 0, 1), .. Name(name), .. Numbers(CaaType, InternetClass),
        0, .. Numbers(OptType, LongestDatagram, 0, 0, 0),
    ];

    /// <summary>Reads an answer.</summary>
    /// <param name="bytes">The message.</param>
    /// <param name="question">The question that it must be of.</param>
    /// <returns>The records; <see langword="null"/> if they are cut off, and have to be asked for over TCP.</returns>
    /// <exception cref="WireException">It is malformed, of another question, or says that the resolver can't tell.</exception>
    public static IReadOnlyList<CaaRecord>? Read(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> question)
    {
        const int Response = 0x8000, Truncated = 0x0200, NoSuchName = 3;
        WireSpan fields = new(bytes);
        int id = fields.Number16(), flags = fields.Number16(), questions = fields.Number16(), answers = fields.Number16();
        fields.Take(4);
        int asked = Name(question[HeaderLength..]) + 4;
        if (id != BinaryPrimitives.ReadUInt16BigEndian(question) || (flags & Response) == 0 || questions != 1
            || !Lower(fields.Take(asked)).AsSpan().SequenceEqual(Lower(question.Slice(HeaderLength, asked))))
        {
            throw new WireException("answered another question");
        }

        int code = flags & 0xF;
        return code is not (0 or NoSuchName) ? throw new WireException($"answered {Code(code)}")
            : (flags & Truncated) != 0 ? null : Records(ref fields, answers);
    }

    private static List<CaaRecord> Records(ref WireSpan fields, int count)
    {
        List<CaaRecord> records = [];
        for (int index = 0; index < count; index++)
        {
            SkipName(ref fields);
            int type = fields.Number16();
            fields.Take(6);
            WireSpan content = new(fields.Block16());
            if (type == CaaType)
            {
                bool isCritical = (content.Byte() & 0x80) != 0;
                string tag = Encoding.ASCII.GetString(content.Block8()).ToLowerInvariant();
                records.Add(new(isCritical, tag, Encoding.ASCII.GetString(content.Rest())));
            }
        }

        return records;
    }

    private static void SkipName(ref WireSpan fields)
    {
        const int Pointer = 0xC0;
        while (fields.Byte() is var length && length != 0)
        {
            if (length >= Pointer)
            {
                fields.Byte();
                return;
            }

            fields.Take(length);
        }
    }

    /// <summary>The length of a name that is written whole.</summary>
    private static int Name(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (bytes[at] != 0)
        {
            at += bytes[at] + 1;
        }

        return at + 1;
    }

    private static byte[] Name(string name) =>
        [.. name.TrimEnd('.').Split('.').SelectMany(static label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0];

    // A resolver may write the letters of a name in another case.
    private static byte[] Lower(ReadOnlySpan<byte> bytes) =>
        [.. bytes.ToArray().Select(static value => value is >= (byte)'A' and <= (byte)'Z' ? (byte)(value + 32) : value)];

    private static string Code(int code) => code switch
    {
        1 => "FORMERR", 2 => "SERVFAIL", 4 => "NOTIMP", 5 => "REFUSED", _ => code.ToString(CultureInfo.InvariantCulture),
    };

    private static byte[] Numbers(params ReadOnlySpan<ushort> numbers)
    {
        byte[] bytes = new byte[numbers.Length * sizeof(ushort)];
        for (int index = 0; index < numbers.Length; index++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(index * sizeof(ushort)), numbers[index]);
        }

        return bytes;
    }
}
