using Foobar.Ops.Inventory;
using Foobar.Ops.Lab.Certificates;
using Foobar.Ops.Lab.Images;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Configuration;

/// <summary>All files a server gets before it boots for the first time.</summary>
internal static class ServerConfiguration
{
    /// <summary>The files of one server.</summary>
    /// <param name="plan">The lab.</param>
    /// <param name="server">The server.</param>
    /// <param name="authority">The lab's certificate authority.</param>
    /// <param name="operatorPublicKey">The operator's public key, as one line.</param>
    /// <param name="hostKey">The server's private host key.</param>
    public static IEnumerable<ServerFile> For(
        LabPlan plan, LabServer server, LabAuthority authority, string operatorPublicKey, string hostKey)
    {
        ImageFlavour flavour = ImageFlavour.Of(plan.Options);
        IEnumerable<ServerFile> common =
        [
            .. NetworkFiles.For(plan, server),
            .. FirewallFiles.For(plan, server),
            .. AccessFiles.For(plan, server, flavour, operatorPublicKey, hostKey),
            .. TimeFiles.For(plan, server),
            .. AgentFiles.For(plan, server, authority),
            new ServerFile("/etc/machine-id", Guid.NewGuid().ToString("N") + "\n"),
        ];
        return server.Roles[0] switch
        {
            Role.LoadBalancer => common.Concat(BalancerFiles.For(plan, server, authority)),
            Role.Database => common.Concat(DatabaseFiles.For(plan, server, authority)),
            Role.Web => common.Concat(WebFiles.For(plan, server, authority)).Concat(DatabaseFiles.For(plan, server, authority)),
            _ => common,
        };
    }
}
