using System.Net;
using System.Net.Sockets;

namespace Foobar.Ops.LabTests.Firewall.KernelPackets;

/// <summary>The values a ruleset names, with their neighbours: where a packet's fate may change.</summary>
internal sealed class Atoms
{
    private readonly List<IPAddress> _addresses4 = [];
    private readonly List<IPAddress> _addresses6 = [];

    public List<ushort> Ports { get; } = [];

    public List<uint> Marks { get; } = [];

    public List<byte> HopLimits { get; } = [];

    public List<byte> TrafficClasses { get; } = [];

    /// <summary>The addresses of one version.</summary>
    public IReadOnlyList<IPAddress> Addresses(bool version4) => version4 ? _addresses4 : _addresses6;

    /// <summary>Adds a range's ends and what stands just outside of it.</summary>
    public void Add(IPAddress first, IPAddress last)
    {
        foreach (IPAddress address in (IPAddress[])[first, last, Step(first, -1), Step(last, 1)])
        {
            (address.AddressFamily == AddressFamily.InterNetwork ? _addresses4 : _addresses6).Add(address);
        }
    }

    /// <summary>Adds a range's ends and what stands just outside of it.</summary>
    public void AddPorts(int first, int last)
    {
        Ports.AddRange(
            ((int[])[first, last, first - 1, last + 1]).Where(static port => port is > 0 and < 65536).Select(static port => (ushort)port));
    }

    private static IPAddress Step(IPAddress address, int step)
    {
        byte[] bytes = address.GetAddressBytes();
        for (int index = bytes.Length - 1; index >= 0; index--)
        {
            bytes[index] = (byte)(bytes[index] + step);
            if (bytes[index] != (step > 0 ? 0 : 255))
            {
                break;
            }
        }

        return new IPAddress(bytes);
    }
}
