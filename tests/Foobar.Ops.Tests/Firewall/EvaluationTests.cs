using Foobar.Ops.Firewall.Evaluation;
using static Foobar.Ops.Tests.Firewall.Rules;

namespace Foobar.Ops.Tests.Firewall;

public sealed class EvaluationTests
{
    private const string Established = """{"match":{"op":"in","left":{"ct":{"key":"state"}},"right":["established","related"]}}""";

    [Theory]
    [InlineData("10.1.2.3", 443, true)]
    [InlineData("11.1.2.3", 443, false)]
    [InlineData("10.1.2.3", 444, false)]
    [InlineData("2001:db8::1", 443, false)]
    [InlineData("2001:db8::1", 22, true)]
    public void A_rule_lets_through_what_all_its_matches_name(string source, int port, bool passes)
    {
        FirewallModel model = Model(Input(
            "drop",
            $"{Established},{Accept}",
            $"{Payload("ip", "saddr", """{"prefix":{"addr":"10.0.0.0","len":8}}""")},{Payload("tcp", "dport", """{"set":[80,443]}""")},{Accept}",
            $"{Payload("tcp", "dport", "22")},{Accept}"));
        Fate fate = model.Judge(model.Hook("input"), Tcp(source, source, port));
        Assert.Equal(passes, fate.Passes);
        Tracer tracer = new(model);
        Assert.Equal(passes, tracer.Run("input", Tcp(source, source, port)));
    }

    [Fact]
    public void A_limit_makes_its_space_unknown_only_where_it_matters()
    {
        const string Limit = """{"limit":{"rate":10,"burst":5,"per":"second"}}""";
        FirewallModel model = Model(
            Input(
                "drop",
                $"{Payload("tcp", "dport", "22")},{Limit},{Accept}",
                $"{Payload("tcp", "dport", "80")},{Limit},{Accept}",
                $"{Payload("tcp", "dport", "80")},{Accept}"));
        Assert.Null(model.Judge(model.Hook("input"), Tcp("10.0.0.1", "10.0.0.2", 22)).Passes);
        Assert.True(model.Judge(model.Hook("input"), Tcp("10.0.0.1", "10.0.0.2", 80)).Passes);
        Assert.False(model.Judge(model.Hook("input"), Tcp("10.0.0.1", "10.0.0.2", 81)).Passes);
    }
}
