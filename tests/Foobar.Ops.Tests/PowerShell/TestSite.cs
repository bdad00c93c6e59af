using Foobar.Ops.Inventory;

namespace Foobar.Ops.Tests.PowerShell;

/// <summary>Sites for the tests of what the cmdlets are made of.</summary>
internal static class TestSite
{
    public static Site Small { get; } = new()
    {
        Name = "www.foobar.com",
        Servers = [Server("lb-01", Role.LoadBalancer), Server("web-01", Role.Web, Role.Database), Server("web-02", Role.Web)],
        Policy = new Policy(),
    };

    public static Server Server(string name, params Role[] roles) =>
        new() { Name = name, Roles = roles, Ssh = new SshEndpoint { Host = name } };
}
