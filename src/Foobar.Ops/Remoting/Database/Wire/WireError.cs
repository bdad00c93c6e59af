using System.Buffers.Binary;
using System.Text;

namespace Foobar.Ops.Remoting.Database.Wire;

/// <summary>What a server refuses with (MySQL Client/Server Protocol, ERR_Packet).</summary>
/// <param name="Number">The error's number.</param>
/// <param name="Message">The server's words.</param>
internal sealed record WireError(int Number, string Message)
{
    private const byte Mark = 0xff;
    private const int StateLength = 6;

    /// <summary>Reads a payload; <see langword="null"/> if it is no error.</summary>
    public static WireError? Of(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < 3 || payload[0] != Mark)
        {
            return null;
        }

        // The SQL state stands before the words once the server knows the client's protocol: #28000.
        ReadOnlySpan<byte> words = payload[3..];
        return new(
            BinaryPrimitives.ReadUInt16LittleEndian(payload[1..]),
            Encoding.UTF8.GetString(words.Length >= StateLength && words[0] == '#' ? words[StateLength..] : words));
    }
}
