using Foobar.Ops.Operations.FirewallChange;

namespace Foobar.Ops.Tests.Operations;

public sealed class ChangePreparationTests
{
    [Theory]
    [InlineData(
        "# Warning: table ip filter is managed by iptables-nft, do not touch!\n/dev/stdin:3:1-5: Error: syntax error\n",
        "/dev/stdin:3:1-5: Error: syntax error")]
    [InlineData("Error: no\nmore", "Error: no")]
    [InlineData("# Warning: alone\n", "# Warning: alone")]
    [InlineData("", "")]
    public void What_nft_refuses_is_told_before_what_it_warns_of(string said, string told) =>
        Assert.Equal(told, ChangePreparation.ErrorOf(said));
}
