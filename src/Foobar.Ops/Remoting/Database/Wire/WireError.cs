using System.Buffers.Binary;
using System.Text;

namespace Foobar.Ops.Remoting.Database.Wire;

/// <summary>What a server refuses with (MySQL Client/Server Protocol, ERR_Packet).</summary>
/// <param name="Number">The error's number.</param>
/// <param name="SqlState">Its SQL state; <see langword="null"/> before a login.</param>
/// <param name="Message">The server's words.</param>
internal sealed record WireError(int Number, string? SqlState, string Message)
{
    private const byte Mark = 0xff;
    private const int StateLength = 5;

    /// <summary>Reads a payload; <see langword="null"/> if it is no error.</summary>
    public static WireError? Of(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < 3 || payload[0] != Mark)
        {
            return null;
        }

        ReadOnlySpan<byte> words = payload[3..];
        bool state = words.Length > StateLength && words[0] == '#';
        return new(
            BinaryPrimitives.ReadUInt16LittleEndian(payload[1..]),
            state ? Encoding.ASCII.GetString(words.Slice(1, StateLength)) : null,
            Encoding.UTF8.GetString(state ? words[(1 + StateLength)..] : words));
    }
}
