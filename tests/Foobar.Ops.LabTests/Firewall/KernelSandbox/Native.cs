using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Foobar.Ops.LabTests.Firewall.KernelSandbox;

/// <summary>The system calls that the base class library has none for. Each failure is a <see cref="Win32Exception"/> with errno.</summary>
internal static partial class Native
{
    public const int CloneNewNetwork = 0x40000000;
    public const int OpenReadWriteNonBlocking = 0x2 | 0x800 | 0x80000;
    public const int AddressFamilyNetlink = 16;
    public const int AddressFamilyInternet = 2;
    public const int AddressFamilyInternet6 = 10;
    public const int SocketRaw = 3;
    public const int SocketNonBlocking = 0x800 | 0x80000;
    public const int ProtocolRaw = 255;
    public const int NetlinkNetfilter = 12;
    public const int SocketLevel = 1;
    public const int OptionReceiveBufferForce = 33;
    public const int OptionMark = 36;
    public const int LevelIpv6 = 41;
    public const int OptionIpv6HeaderIncluded = 36;
    public const int MessageDontWait = 0x40;
    public const int ErrnoAgain = 11;
    public const int ErrnoPermission = 1;
    public const uint TunSetInterface = 0x400454ca;

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Control(int descriptor, nuint request, Span<byte> argument);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Read(int descriptor, Span<byte> buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Write(int descriptor, ReadOnlySpan<byte> buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetOption(int descriptor, int level, int option, in int value, uint length);

    [LibraryImport("libc", EntryPoint = "sendto", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint SendTo(
        int descriptor, ReadOnlySpan<byte> buffer, nuint length, int flags, ReadOnlySpan<byte> address, uint addressLength);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Receive(int descriptor, Span<byte> buffer, nuint length, int flags);

    /// <summary>Moves the calling thread, and no other, into a new network namespace of its own.</summary>
    public static void EnterNewNetworkNamespace() => Checked(Unshare(CloneNewNetwork), "unshare(CLONE_NEWNET)");

    public static int OpenFile(string path) => (int)Checked(Open(path, OpenReadWriteNonBlocking), $"open {path}");

    public static void Configure(int descriptor, uint request, Span<byte> argument) =>
        Checked(Control(descriptor, request, argument), "ioctl");

    public static int OpenSocket(int family, int protocol) =>
        (int)Checked(Socket(family, SocketRaw | SocketNonBlocking, protocol), "socket");

    public static void SetSocketOption(int descriptor, int level, int option, int value) =>
        Checked(SetOption(descriptor, level, option, in value, sizeof(int)), "setsockopt");

    public static void WriteAll(int descriptor, ReadOnlySpan<byte> bytes) =>
        Checked(Write(descriptor, bytes, (nuint)bytes.Length), "write");

    /// <summary>Sends one datagram; <see langword="false"/> if netfilter refused it (EPERM).</summary>
    public static bool Send(int descriptor, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> address)
    {
        nint sent = SendTo(descriptor, bytes, (nuint)bytes.Length, 0, address, (uint)address.Length);
        if (sent < 0 && Marshal.GetLastPInvokeError() == ErrnoPermission)
        {
            return false;
        }

        Checked(sent, "sendto");
        return true;
    }

    /// <summary>Reads one packet from a device; 0 if none is waiting.</summary>
    public static int ReadWaiting(int descriptor, Span<byte> buffer) => OrNothing(Read(descriptor, buffer, (nuint)buffer.Length), "read");

    /// <summary>Receives one datagram; 0 if none is waiting.</summary>
    public static int ReceiveWaiting(int descriptor, Span<byte> buffer) =>
        OrNothing(Receive(descriptor, buffer, (nuint)buffer.Length, MessageDontWait), "recv");

    private static int OrNothing(nint result, string what) =>
        result < 0 && Marshal.GetLastPInvokeError() == ErrnoAgain ? 0 : (int)Checked(result, what);

    private static nint Checked(nint result, string what) => result >= 0
        ? result
        : throw new Win32Exception(
            Marshal.GetLastPInvokeError(), $"{what}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
}
