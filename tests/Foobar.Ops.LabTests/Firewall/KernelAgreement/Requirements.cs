using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Firewall.KernelAgreement;

/// <summary>What these tests need of the machine.</summary>
internal static class Requirements
{
    /// <summary>Skips the test, with the reason, where network namespaces or the tools are missing.</summary>
    public static void Check(params string[] tools)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Network namespaces, tun devices and rulesets need root.");
        Assert.SkipUnless(File.Exists("/dev/net/tun"), "The kernel offers no tun devices (/dev/net/tun).");
        Needs.Programs(["nft", "ip", .. tools]);
    }
}
