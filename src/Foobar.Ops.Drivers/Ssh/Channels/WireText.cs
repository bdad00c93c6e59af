using System.Buffers.Binary;
using System.Text;

namespace Foobar.Ops.Drivers.Ssh.Channels;

/// <summary>The fields of requests and open messages whose types SSH.NET keeps to itself (RFC 4251, 5; RFC 4254).</summary>
internal static class WireText
{
    /// <summary>A string: its length in four bytes, then its bytes.</summary>
    public static byte[] Text(string value)
    {
        byte[] bytes = new byte[4 + Encoding.UTF8.GetByteCount(value)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, bytes.Length - 4);
        Encoding.UTF8.GetBytes(value, bytes.AsSpan(4));
        return bytes;
    }

    /// <summary>A number of four bytes.</summary>
    public static byte[] Number(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }
}
