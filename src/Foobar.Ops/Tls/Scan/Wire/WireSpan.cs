using System.Buffers.Binary;

namespace Foobar.Ops.Tls.Scan.Wire;

/// <summary>
/// Reads the fields of a message one after another; a length that reaches beyond its end is a <see cref="WireException"/>.
/// </summary>
internal ref struct WireSpan(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _left = bytes;

    public readonly bool IsEmpty => _left.IsEmpty;

    public byte Byte() => Take(1)[0];

    public int Number16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    public int Number24()
    {
        ReadOnlySpan<byte> bytes = Take(3);
        return (bytes[0] << 16) | (bytes[1] << 8) | bytes[2];
    }

    public ReadOnlySpan<byte> Block8() => Take(Byte());

    public ReadOnlySpan<byte> Block16() => Take(Number16());

    public ReadOnlySpan<byte> Block24() => Take(Number24());

    public ReadOnlySpan<byte> Rest() => Take(_left.Length);

    public ReadOnlySpan<byte> Take(int length)
    {
        if (length > _left.Length)
        {
            throw new WireException("sent a message whose fields reach beyond its end");
        }

        ReadOnlySpan<byte> taken = _left[..length];
        _left = _left[length..];
        return taken;
    }
}
