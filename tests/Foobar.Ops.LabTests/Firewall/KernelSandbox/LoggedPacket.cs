using System.Buffers.Binary;
using System.Text;

namespace Foobar.Ops.LabTests.Firewall.KernelSandbox;

/// <summary>A packet as it stood when a rule logged it.</summary>
/// <param name="Prefix">The rule's log prefix, which tells the place.</param>
/// <param name="Mark">The packet's mark there.</param>
/// <param name="Bytes">The packet from its IP header on.</param>
internal sealed record LoggedPacket(string Prefix, uint Mark, byte[] Bytes)
{
    private const int AttributeMark = 2;
    private const int AttributePayload = 9;
    private const int AttributePrefix = 10;

    /// <summary>Reads the attributes of one message.</summary>
    public static LoggedPacket Read(ReadOnlyMemory<byte> attributes)
    {
        LoggedPacket packet = new(string.Empty, 0, []);
        while (attributes.Length >= 4)
        {
            ReadOnlySpan<byte> span = attributes.Span;
            int length = BitConverter.ToUInt16(span);
            ReadOnlySpan<byte> value = span[4..length];
            packet = (BitConverter.ToUInt16(span[2..]) & 0x3fff) switch
            {
                AttributeMark => packet with { Mark = BinaryPrimitives.ReadUInt32BigEndian(value) },
                AttributePayload => packet with { Bytes = value.ToArray() },
                AttributePrefix => packet with { Prefix = Encoding.ASCII.GetString(value).TrimEnd('\0') },
                _ => packet,
            };
            attributes = attributes[Math.Min(attributes.Length, (length + 3) & ~3)..];
        }

        return packet;
    }
}
