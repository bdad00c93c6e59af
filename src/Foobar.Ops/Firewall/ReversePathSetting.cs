namespace Foobar.Ops.Firewall;

/// <summary>
/// Whether the kernel drops IPv4 packets whose source the way back does not lead to (ip-sysctl of the Linux kernel,
/// <c>rp_filter</c>). There is no such setting for IPv6.
/// </summary>
/// <param name="Interface">The interface; <c>all</c> for what holds for each of them, <c>default</c> for those to come.</param>
/// <param name="Mode">
/// <c>net.ipv4.conf.INTERFACE.rp_filter</c>: 0 for no filter; 1 to drop what comes in by another interface than the way back
/// leads through; 2 to drop only what no way leads back to. Of an interface's and that of <c>all</c> the greater one holds.
/// </param>
public sealed record ReversePathSetting(string Interface, int Mode);
