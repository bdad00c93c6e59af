using Foobar.Ops.LabTests.Firewall.KernelSandbox;

namespace Foobar.Ops.LabTests.Firewall.KernelAgreement;

/// <summary>What these tests need of the machine.</summary>
internal static class Requirements
{
    /// <summary>Skips the test, with the reason, where network namespaces or the tools are missing.</summary>
    public static void Check(params string[] tools)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Skip("Network namespaces, tun devices and rulesets need root.");
        }

        if (!File.Exists("/dev/net/tun"))
        {
            Assert.Skip("The kernel offers no tun devices (/dev/net/tun).");
        }

        foreach (string tool in tools.Append("nft").Append("ip").Where(static tool => !Tool.Exists(tool)))
        {
            Assert.Skip($"{tool} is not installed.");
        }
    }
}
