using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.LabTests.Lab;

/// <summary>The lab does what it promises, in each variant.</summary>
[Collection(OtherLabCollection.Name)]
public sealed class LabTests(LabFixture labs)
{
    [Theory]
    [InlineData("mysql")]
    [InlineData("mariadb")]
    public async Task An_order_written_from_outside_is_on_both_databases(string database)
    {
        RaisedLab lab = await labs.RequireAsync(Enum.Parse<DatabaseFlavour>(database, ignoreCase: true));
        string id = Guid.NewGuid().ToString("N");

        ToolResult written = await lab.ExecOutsideAsync($"{Curl(lab)} -X POST -d hello https://www.foobar.com/orders/{id}");
        ToolResult again = await lab.ExecOutsideAsync($"{Curl(lab)} -X POST -d hello https://www.foobar.com/orders/{id}");

        Assert.EndsWith("201", written.Output, StringComparison.Ordinal);
        Assert.EndsWith("409", again.Output, StringComparison.Ordinal);
        foreach (string server in new[] { "web-01", "web-02" })
        {
            await EventuallyAsync(async () =>
                (await lab.RunAsync(server, $"mysql -N shop -e \"SELECT COUNT(*) FROM orders WHERE id = '{id}'\"")).Trim() == "1");
        }
    }

    [Fact]
    public async Task A_visitor_reaches_the_site_and_nothing_else()
    {
        RaisedLab lab = await labs.RequireAsync();
        AddressPlan addresses = lab.Plan.Addresses;

        foreach (string target in new[]
        {
            $"{addresses.BalancerPublic.V4}",
            $"{addresses.BalancerPublic.V6}",
            $"{addresses.FirewallOutside.V4}",
            $"{addresses.FirewallOutside.V6}",
            $"{addresses.Web(1).V4}",
        })
        {
            bool site = target == $"{addresses.BalancerPublic.V4}" || target == $"{addresses.BalancerPublic.V6}";
            Assert.Equal(site, await OpenFromOutsideAsync(lab, target, 443));
            Assert.False(await OpenFromOutsideAsync(lab, target, 22), $"{target}:22 is open");
            Assert.False(await OpenFromOutsideAsync(lab, target, 3306), $"{target}:3306 is open");
        }
    }

    [Fact]
    public async Task The_operator_logs_in_on_every_server()
    {
        RaisedLab lab = await labs.RequireAsync();

        foreach (LabServer server in lab.Plan.Servers)
        {
            string name = await Tool.RunAsync(
                "ssh", ["-F", lab.SshConfig, "-o", "BatchMode=yes", server.Name, "hostname && sudo -n id -u"]);
            Assert.Equal($"{server.Name}\n0\n", name);
        }
    }

    private static string Curl(RaisedLab lab) => $"curl -sS --max-time 10 -w '%{{http_code}}' --cacert {lab.Plan.Files.RootCertificate}";

    private static async Task<bool> OpenFromOutsideAsync(RaisedLab lab, string address, int port) =>
        (await lab.ExecOutsideAsync($"timeout 1 bash -c 'echo > /dev/tcp/{address}/{port}'")).Succeeded;

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        for (int attempt = 0; attempt < 50; attempt++)
        {
            if (await condition())
            {
                return;
            }

            await Task.Delay(100);
        }

        Assert.Fail("Not within five seconds.");
    }
}
