using System.Globalization;
using Foobar.Ops.Firewall.Collection;

namespace Foobar.Ops.Tests.Firewall;

/// <summary>Listings compared as text: what passes makes no difference, all else does.</summary>
public sealed class ListingTextTests
{
    [Theory]
    [InlineData("""{"rule": {"handle": 9, "expr": []}}""", """{"rule": {"handle": 1034, "expr": []}}""")]
    [InlineData("""{"handle":5}{"handle": 77}""", """{"handle":51}{"handle": 7}""")]
    [InlineData("""{"counter": {"packets": 0, "bytes": 0}}""", """{"counter": {"packets": 12, "bytes": 1200}}""")]
    [InlineData(
        "# Generated on Sunday\n*filter\n:INPUT DROP [0:0]\n[1:60] -A INPUT -j DROP\n# Completed",
        "# Generated on Monday, 9\n*filter\n:INPUT DROP [7:420]\n[12:60] -A INPUT -j DROP\n# Completed at last")]
    [InlineData("", "")]
    public void What_passes_makes_no_difference(string left, string right)
    {
        Assert.True(ListingText.Same(left, right));
        Assert.True(ListingText.Same(right, left));
    }

    [Theory]
    [InlineData("""{"dport": 80}""", """{"dport": 81}""")]
    [InlineData("""{"handle": 9, "dport": 80}""", """{"handle": 10, "dport": 8}""")]
    [InlineData("""{"handle": 9}""", """{"handle": 9}{"handle": 10}""")]
    [InlineData("""{"handle": 9""", """{"handle": """)]
    [InlineData("""{"handle": 9}""", """{"handle": "x"}""")]
    [InlineData("[0:0] -A INPUT -p tcp --dport 22 -j ACCEPT", "[0:1] -A INPUT -p tcp --dport 222 -j ACCEPT")]
    [InlineData("# a\n-A INPUT -j DROP\n", "# b\n-A INPUT -j ACCEPT\n")]
    [InlineData("-A INPUT -j DROP\n", "# b\n-A INPUT -j DROP\n")]
    [InlineData("add partners 192.0.2.1\n", "add partners 192.0.2.11\n")]
    [InlineData("", "x")]
    public void All_else_does(string left, string right)
    {
        Assert.False(ListingText.Same(left, right));
        Assert.False(ListingText.Same(right, left));
    }

    [Fact]
    public void One_port_among_many_handles_and_counters_is_seen()
    {
        Random random = new(4);
        for (int round = 0; round < 200; round++)
        {
            int[] ports = [.. Enumerable.Range(0, random.Next(1, 30)).Select(_ => random.Next(1, 2000))];
            string left = Listing(ports, random);
            Assert.True(ListingText.Same(left, Listing(ports, random)));
            ports[random.Next(ports.Length)] += random.Next(1, 2000);
            Assert.False(ListingText.Same(left, Listing(ports, random)));
        }
    }

    private static string Listing(int[] ports, Random random) => string.Concat(ports.Select(port => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"handle": {{random.Next(2000)}}, "right": {{port}}, "counter": {"packets":{{random.Next(20)}}, "bytes": {{random.Next(2000)}}} }""")));
}
