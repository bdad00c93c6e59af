using Foobar.Ops.Tests.Remoting;
using Foobar.Ops.Tls;

namespace Foobar.Ops.Tests.Tls;

/// <summary>The addresses of a host's name, here and on a server.</summary>
public sealed class HostAddressesTests
{
    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("2001:db8::1")]
    public async Task An_address_is_its_own(string address) =>
        Assert.Equal([address], await HostAddresses.OfAsync(address, TestContext.Current.CancellationToken));

    [Fact]
    public async Task A_name_of_this_machine_has_its_addresses() =>
        Assert.Contains("127.0.0.1", await HostAddresses.OfAsync("localhost", TestContext.Current.CancellationToken));

    [Fact]
    public async Task A_name_that_nobody_knows_is_left_for_the_connection_to_tell() =>
        Assert.Equal(["nobody.invalid"], await HostAddresses.OfAsync("nobody.invalid", TestContext.Current.CancellationToken));

    [Fact]
    public async Task A_server_resolves_names_by_itself()
    {
        FakeServerSession session = new FakeServerSession(TestSite.Create().Find("lb-01")!)
            .On("getent ahosts", "2001:db8::11 STREAM web-01\n2001:db8::11 DGRAM\n192.0.2.11     STREAM\n192.0.2.11     RAW\n");

        Assert.Equal(["2001:db8::11", "192.0.2.11"], await HostAddresses.OfAsync(session, "web-01", TestContext.Current.CancellationToken));
        Assert.Equal(
            ["web-09"],
            await HostAddresses.OfAsync(
                new FakeServerSession(TestSite.Create().Find("lb-01")!), "web-09", TestContext.Current.CancellationToken));
    }
}
