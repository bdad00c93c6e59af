using System.Text;
using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.Operations.Backends;
using Foobar.Ops.Tests.Database;
using Foobar.Ops.Tests.Remoting;

namespace Foobar.Ops.Tests.Operations.Backends;

/// <summary>What may be changed by hand in the backend that leads writes.</summary>
public sealed class WriteBackendRuleTests
{
    private const string Backend = "mysql-write";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_replica_is_never_brought_in(bool acceptOutage)
    {
        FoobarException error = Refuse("web-02", BackendTarget.Ready, acceptOutage, servers: [Up("web-01"), Out("web-02")])!;
        Assert.Equal(("BackendNotPrimary", ErrorKind.Refused, "lb-01"), (error.ErrorId, error.Kind, error.Server));
        Assert.Contains("web-02 is a replica of web-01, which refuses writes", error.Message, StringComparison.Ordinal);
        Assert.Contains("Invoke-FoobarFailover -To web-02", error.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public void The_primary_is_brought_in_beside_a_replica_too() =>
        Assert.Null(Refuse("web-01", BackendTarget.Ready, servers: [Out("web-01"), Up("web-02")]));

    [Theory]
    [InlineData(BackendTarget.Drain)]
    [InlineData(BackendTarget.Maint)]
    public void A_replica_is_no_other_server_that_takes_traffic(BackendTarget target)
    {
        FoobarException error = Refuse("web-01", target, servers: [Up("web-01"), Up("web-02")])!;
        Assert.Equal("BackendWouldBeEmpty", error.ErrorId);
        Assert.Contains("web-02 is a replica", error.Message, StringComparison.Ordinal);
        Assert.Null(Refuse("web-01", target, acceptOutage: true, servers: [Up("web-01"), Up("web-02")]));
        Assert.Null(Refuse("web-02", target, servers: [Up("web-01"), Up("web-02")]));
        Assert.Null(Refuse("web-01", target, servers: [Out("web-01"), Out("web-02")]));
    }

    [Fact]
    public void Servers_of_other_backends_do_not_count() =>
        Assert.Equal(
            "BackendWouldBeEmpty",
            Refuse(
                "web-01", BackendTarget.Maint,
                servers: [Up("web-01"), Up("web-02") with { Backend = "web", Address = "192.0.2.11:80" }])?.ErrorId);

    [Theory]
    [InlineData(BackendTarget.Ready, "web-01", "BackendNotPrimary")]
    [InlineData(BackendTarget.Maint, "web-02", "BackendWouldBeEmpty")]
    public void What_can_not_be_told_is_refused_unless_an_outage_is_accepted(BackendTarget target, string name, string id)
    {
        SiteCase<ReplicationFacts> facts = HealthySite.Case(primary: ReplicationFacts.Unreadable("cut off", "the database connection"));
        BackendServer[] servers = [target == BackendTarget.Ready ? Out("web-01") : Up("web-01"), Up("web-02")];
        FoobarException error = Refuse(name, target, facts: facts, servers: servers)!;
        Assert.Equal(id, error.ErrorId);
        Assert.Contains("whether web-01 takes writes could not be read: cut off", error.Message, StringComparison.Ordinal);
        Assert.Null(Refuse(name, target, acceptOutage: true, facts: facts, servers: servers));
    }

    [Fact]
    public void A_server_that_is_no_member_can_not_be_told()
    {
        BackendServer other = Out("other") with { Address = "192.0.2.99:3306" };
        Assert.Contains(
            "'other' at 192.0.2.99:3306 is no declared member",
            Refuse("other", BackendTarget.Ready, servers: [Up("web-01"), other])!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_members_that_take_writes_none_is_brought_in()
    {
        SiteCase<ReplicationFacts> facts = HealthySite.Case(replica: HealthySite.Replica with
        {
            Channels = Reading.Of<IReadOnlyList<ReplicationChannel>>([]),
            Guard = HealthySite.Primary.Guard,
        });
        FoobarException error = Refuse("web-02", BackendTarget.Ready, facts: facts, servers: [Out("web-01"), Out("web-02")])!;
        Assert.Contains("more than one member takes writes: web-01, web-02", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_replica_that_takes_writes_is_none_that_may_lead()
    {
        SiteCase<ReplicationFacts> facts = HealthySite.Case(replica: HealthySite.Replica with { Guard = HealthySite.Primary.Guard });
        Assert.Equal(
            "BackendNotPrimary", Refuse("web-02", BackendTarget.Ready, facts: facts, servers: [Up("web-01"), Out("web-02")])?.ErrorId);
        Assert.Null(Refuse("web-01", BackendTarget.Ready, facts: facts, servers: [Out("web-01"), Out("web-02")]));
    }

    [Fact]
    public void A_member_that_refuses_writes_and_replicates_from_none_is_not_brought_in()
    {
        SiteCase<ReplicationFacts> facts = HealthySite.Case(primary: HealthySite.Primary with { Guard = HealthySite.Replica.Guard });
        FoobarException error = Refuse("web-01", BackendTarget.Ready, facts: facts, servers: [Out("web-01"), Out("web-02")])!;
        Assert.Contains("web-01 refuses writes", error.Message, StringComparison.Ordinal);
        Assert.Contains("Resume-FoobarFailover", error.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_backend_of_the_write_endpoint_alone_is_held_to_the_databases_and_nothing_is_ordered()
    {
        Site site = TestSite.Create(new Policy
        {
            Flows = TestSite.DefaultFlows,
            Database = new DatabasePolicy { WriteEndpoint = new WriteEndpoint { Server = "lb-01", Backend = Backend } },
        });
        FakeSiteSession session = new(site);
        List<string> asked = [];
        session.Server("lb-01").On("socat", command =>
        {
            asked.Add(Encoding.ASCII.GetString(command.Input.Span).Trim());
            return (asked[^1].StartsWith("show servers state", StringComparison.Ordinal) ? States : Table, 0, "");
        });
        BackendOperation operation = new(session, BackendTarget.Maint, acceptOutage: false);

        // No database answers.
        FoobarException? refusal = await operation.FindRefusalAsync("lb-01", Backend, "web-01", TestContext.Current.CancellationToken);
        Assert.Equal("BackendWouldBeEmpty", refusal?.ErrorId);
        Assert.Equal(
            "BackendWouldBeEmpty",
            (await Assert.ThrowsAsync<FoobarException>(
                () => operation.SetAsync("lb-01", Backend, "web-01", TimeSpan.Zero, TestContext.Current.CancellationToken))).ErrorId);
        Assert.Null(await operation.FindRefusalAsync("lb-01", "web", "web-01", TestContext.Current.CancellationToken));
        Assert.Equal(
            "BackendServerNotFound",
            (await operation.FindRefusalAsync("lb-01", "web", "web-09", TestContext.Current.CancellationToken))?.ErrorId);
        Assert.DoesNotContain(asked, command => command.StartsWith("set", StringComparison.Ordinal));
    }

    private const string Table = "# pxname,svname,scur,status,weight,type,addr,\n"
        + "web,web-01,0,UP,1,2,192.0.2.11:80,\nweb,web-02,0,UP,1,2,192.0.2.12:80,\nweb,BACKEND,0,UP,1,1,,\n"
        + "mysql-write,web-01,0,UP,1,2,192.0.2.11:3306,\nmysql-write,web-02,0,UP,1,2,192.0.2.12:3306,\nmysql-write,BACKEND,0,UP,1,1,,\n";

    private const string States = "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight\n"
        + "3 web 1 web-01 192.0.2.11 2 0 1\n3 web 2 web-02 192.0.2.12 2 0 1\n";

    private static FoobarException? Refuse(
        string name, BackendTarget target, bool acceptOutage = false, SiteCase<ReplicationFacts>? facts = null,
        params BackendServer[] servers) =>
        new WriteBackendRule(ReplicationTopology.Of(facts ?? HealthySite.Case()), target, acceptOutage, onlyOne: true).Refuse(
            servers.First(server => server.Name == name), servers);

    private static BackendServer Up(string name) => Server(name, "UP");

    private static BackendServer Out(string name) => Server(name, "MAINT");

    private static BackendServer Server(string name, string status) => new()
    {
        Server = "lb-01",
        Backend = Backend,
        Name = name,
        Address = $"192.0.2.{(name == "web-01" ? 11 : 12)}:3306",
        Status = status,
        Weight = 1,
        SinceSeconds = 1,
        DowntimeSeconds = 0,
        QueueLength = 0,
        CurrentSessions = 0,
        SessionsTotal = 0,
    };
}
