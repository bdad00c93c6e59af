using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Foobar.Ops.LabTests.Firewall.KernelSandbox;

/// <summary>
/// Hears which rules of nftables a packet met, as the kernel tells it (Linux, include/uapi/linux/netfilter/nf_tables.h,
/// NFTA_TRACE_*). Rules of x_tables are not told.
/// </summary>
internal sealed class TraceListener : IDisposable
{
    /// <summary>Marks each packet that arrives or is sent to be traced, before any other chain sees it.</summary>
    public const string Chains = """
        table inet foobar_observer {
            chain trace_arriving {
                type filter hook prerouting priority -2147483648
                meta nftrace set 1
            }
            chain trace_sent {
                type filter hook output priority -2147483647
                meta nftrace set 1
            }
        }
        """;

    private const int HeaderLength = 20;
    private const int FamilyOffset = 16;
    private const ushort TraceMessage = (10 << 8) | 17;
    private const int LevelNetlink = 270;
    private const int AddMembership = 1;
    private const int TraceGroup = 9;
    private const byte NoOperation = 1;
    private const int AttributeTable = 1;
    private const int AttributeChain = 2;
    private const int AttributeHandle = 3;
    private const int AttributeType = 4;
    private const int TypeRule = 3;
    private static readonly Dictionary<byte, string> Families = new() { [1] = "inet", [2] = "ip", [10] = "ip6" };
    private readonly int _descriptor = Native.OpenSocket(Native.AddressFamilyNetlink, Native.NetlinkNetfilter);
    private readonly byte[] _buffer = new byte[1 << 16];

    public TraceListener()
    {
        Native.SetSocketOption(_descriptor, Native.SocketLevel, Native.OptionReceiveBufferForce, 16 << 20);
        Native.SetSocketOption(_descriptor, LevelNetlink, AddMembership, TraceGroup);

        // A socket gets its address with the first message it sends, and hears nothing before it has one.
        _ = Native.Send(
            _descriptor,
            [16, 0, 0, 0, NoOperation, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            [Native.AddressFamilyNetlink, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }

    /// <summary>The rules met since the last call, in order: <c>inet t0 base1 handle 7</c>.</summary>
    public IReadOnlyList<string> Rules()
    {
        List<string> rules = [];
        for (int length = Native.ReceiveWaiting(_descriptor, _buffer); length > 0; length = Native.ReceiveWaiting(_descriptor, _buffer))
        {
            ReadOnlySpan<byte> messages = _buffer.AsSpan(0, length);
            while (messages.Length >= HeaderLength)
            {
                int size = BitConverter.ToInt32(messages);
                if (BitConverter.ToUInt16(messages[4..]) == TraceMessage && Rule(messages[HeaderLength..size]) is { } rule)
                {
                    rules.Add($"{Families[messages[FamilyOffset]]} {rule}");
                }

                messages = messages[Math.Min(messages.Length, (size + 3) & ~3)..];
            }
        }

        return rules;
    }

    public void Dispose() => _ = Native.Close(_descriptor);

    private static string? Rule(ReadOnlySpan<byte> attributes)
    {
        (string table, string chain, ulong handle, uint type) = (string.Empty, string.Empty, 0, 0);
        while (attributes.Length >= 4)
        {
            int length = BitConverter.ToUInt16(attributes);
            ReadOnlySpan<byte> value = attributes[4..length];
            switch (BitConverter.ToUInt16(attributes[2..]) & 0x3fff)
            {
                case AttributeTable:
                    table = Encoding.ASCII.GetString(value).TrimEnd('\0');
                    break;
                case AttributeChain:
                    chain = Encoding.ASCII.GetString(value).TrimEnd('\0');
                    break;
                case AttributeHandle:
                    handle = BinaryPrimitives.ReadUInt64BigEndian(value);
                    break;
                case AttributeType:
                    type = BinaryPrimitives.ReadUInt32BigEndian(value);
                    break;
            }

            attributes = attributes[Math.Min(attributes.Length, (length + 3) & ~3)..];
        }

        // The end of a chain is told like a rule without a handle.
        return type == TypeRule && handle > 0 && table != ObserverRuleset.Table
            ? string.Create(CultureInfo.InvariantCulture, $"{table} {chain} handle {handle}")
            : null;
    }
}
