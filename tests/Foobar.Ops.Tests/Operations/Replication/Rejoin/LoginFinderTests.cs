using Foobar.Ops.Database;
using Foobar.Ops.Operations.Replication.Rejoin;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tests.Database;

namespace Foobar.Ops.Tests.Operations.Replication.Rejoin;

/// <summary>Which login a returning member gets.</summary>
public sealed class LoginFinderTests
{
    [Fact]
    public void The_member_that_comes_back_is_asked_last_and_the_primary_not_at_all() =>
        Assert.Equal(["db-03", "web-02"], LoginFinder.Order(["web-01", "web-02", "db-03"], "web-01", "web-02"));

    [Theory]
    [InlineData(ReplicationThread.Running, 0, "Accepted")]
    [InlineData(ReplicationThread.Connecting, 1045, "Refused")]
    [InlineData(ReplicationThread.Stopped, 1045, "Refused")]
    [InlineData(ReplicationThread.Connecting, 2003, "Untried")]
    [InlineData(ReplicationThread.Stopped, 0, "Untried")]
    public void A_receiver_tells_what_its_login_is_worth(ReplicationThread receiver, long error, string expected) =>
        Assert.Equal(
            expected, $"{LoginFinder.Judge([HealthySite.Channel with { Receiver = receiver, ReceiverErrorNumber = error }])}");

    [Fact]
    public void One_that_works_goes_before_one_that_was_kept_and_that_before_one_that_nobody_has_tried()
    {
        (string, LoginStanding, ReplicationSource) refused = ("web-02", LoginStanding.Refused, Login("refused"));
        (string, LoginStanding, ReplicationSource) untried = ("db-04", LoginStanding.Untried, Login("untried"));
        (string, LoginStanding, ReplicationSource) works = ("db-03", LoginStanding.Accepted, Login("works"));
        Assert.Equal("works", LoginFinder.Best([untried, works, refused], Login("kept"))?.User);
        Assert.Equal("kept", LoginFinder.Best([untried, refused], Login("kept"))?.User);
        Assert.Equal("untried", LoginFinder.Best([refused, untried], kept: null)?.User);
        Assert.Null(LoginFinder.Best([refused], kept: null));
        Assert.Null(LoginFinder.Best([], kept: null));
    }

    private static ReplicationSource Login(string user) => new()
    {
        Host = "192.0.2.11",
        Port = 3306,
        User = user,
        Password = new Secret("x"),
        Tls = false,
        TlsVerify = false,
    };
}
