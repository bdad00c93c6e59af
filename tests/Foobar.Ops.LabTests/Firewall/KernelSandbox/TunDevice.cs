using System.Text;

namespace Foobar.Ops.LabTests.Firewall.KernelSandbox;

/// <summary>
/// A tun device of the namespace: what is written to it comes in by that interface, and the kernel has carried the packet
/// all its way when the write returns; what the kernel sends out by it is read from it.
/// (Linux, Documentation/networking/tuntap.rst.)
/// </summary>
internal sealed class TunDevice : IDisposable
{
    private const short FlagTun = 0x1;
    private const short FlagNoPacketInformation = 0x1000;
    private readonly int _descriptor;
    private readonly byte[] _buffer = new byte[65536];

    public TunDevice(string name)
    {
        Name = name;
        _descriptor = Native.OpenFile("/dev/net/tun");
        byte[] request = new byte[40];
        Encoding.ASCII.GetBytes(name, request);
        BitConverter.TryWriteBytes(request.AsSpan(16), (short)(FlagTun | FlagNoPacketInformation));
        Native.Configure(_descriptor, Native.TunSetInterface, request);
    }

    public string Name { get; }

    /// <summary>Lets the namespace receive a packet by this interface.</summary>
    public void Inject(ReadOnlySpan<byte> packet) => Native.WriteAll(_descriptor, packet);

    /// <summary>All packets the namespace has sent out by this interface since the last call.</summary>
    public IEnumerable<byte[]> Sent()
    {
        for (int length = Native.ReadWaiting(_descriptor, _buffer); length > 0; length = Native.ReadWaiting(_descriptor, _buffer))
        {
            yield return _buffer[..length];
        }
    }

    public void Dispose() => _ = Native.Close(_descriptor);
}
