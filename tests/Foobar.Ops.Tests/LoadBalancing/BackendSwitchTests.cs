using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.Tests.Remoting;

namespace Foobar.Ops.Tests.LoadBalancing;

/// <summary>Servers taken out and back in, on a HAProxy that keeps their states.</summary>
public sealed class BackendSwitchTests
{
    private readonly Dictionary<string, string> _states = new() { ["web-01"] = "UP", ["web-02"] = "UP" };

    private readonly Dictionary<string, int> _reasons = [];

    private readonly List<string> _orders = [];

    private bool _isHealthy = true;

    private readonly Dictionary<string, string> _checks = [];

    private readonly Dictionary<string, string> _tracked = [];

    private string _older = "";

    private Action<string> _ordered = static _ => { };

    private string _configuration = "backend web\n    server web-01 192.0.2.11:80 check\n    server web-02 192.0.2.12:80 check\n";

    private int _sessions;

    [Fact]
    public async Task A_server_is_drained_once_its_sessions_have_ended()
    {
        _sessions = 3;

        BackendChange change = await SetAsync("web-01", BackendTarget.Drain, seconds: 5);

        Assert.Equal(("UP", "DRAIN", 0L), (change.Before, change.After, change.SessionsLeft));
        Assert.Equal(["set server web/web-01 state drain"], _orders);
    }

    [Fact]
    public async Task Sessions_that_do_not_end_are_told_and_the_server_stays_out()
    {
        _sessions = int.MaxValue;

        BackendChange change = await SetAsync("web-01", BackendTarget.Maint, seconds: 0);

        Assert.Equal("MAINT", change.After);
        Assert.True(change.SessionsLeft > 0);
    }

    [Fact]
    public async Task The_last_server_is_not_taken_out_unless_the_outage_is_accepted()
    {
        _states["web-02"] = "MAINT";

        Assert.Equal(
            "BackendWouldBeEmpty", (await Assert.ThrowsAsync<FoobarException>(() => SetAsync("web-01", BackendTarget.Drain))).ErrorId);
        Assert.Empty(_orders);
        Assert.Equal("DRAIN", (await SetAsync("web-01", BackendTarget.Drain, acceptOutage: true)).After);
    }

    [Fact]
    public async Task A_server_that_does_not_become_ready_is_put_back()
    {
        _states["web-01"] = "MAINT";
        _isHealthy = false;

        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => SetAsync("web-01", BackendTarget.Ready, seconds: 0));

        Assert.Equal("BackendNotReady", error.ErrorId);
        Assert.Equal(["set server web/web-01 state ready", "set server web/web-01 state maint"], _orders);
    }

    [Fact]
    public async Task A_server_is_ready_once_it_passed_a_check_after_the_order()
    {
        (_states["web-01"], _checks["web-01"]) = ("MAINT", "L7OK");
        _ordered = _ => _states["web-01"] = "UP 1/3";

        Task<BackendChange> setting = SetAsync("web-01", BackendTarget.Ready, seconds: 30);
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Assert.False(setting.IsCompleted);
        _states["web-01"] = "UP 2/3";

        Assert.Equal("UP 2/3", (await setting).After);
    }

    [Theory]
    [InlineData("UP 1/3", "L7OK")]
    [InlineData("UP 1/3", "L4CON")]
    [InlineData("UP 2/3", "L4CON")]
    [InlineData("UP", "L7STS")]
    [InlineData("UP", "L7OK")]
    public async Task A_server_that_was_ordered_back_and_passed_no_check_is_put_back(string status, string check)
    {
        (_states["web-01"], _checks["web-01"]) = ("MAINT", check);
        _ordered = order => _states["web-01"] = order.EndsWith("ready", StringComparison.Ordinal) ? status : "MAINT";

        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => SetAsync("web-01", BackendTarget.Ready, seconds: 0.5));

        Assert.Equal("BackendNotReady", error.ErrorId);
        Assert.Equal("set server web/web-01 state maint", _orders[^1]);
    }

    [Fact]
    public async Task Where_the_interval_of_the_checks_is_not_told_the_whole_patience_is_waited()
    {
        _configuration = "";
        (_states["web-01"], _checks["web-01"]) = ("MAINT", "L7OK");

        BackendChange change = await SetAsync("web-01", BackendTarget.Ready, seconds: 0.5);

        Assert.Equal("UP", change.After);
        Assert.True(change.Duration >= TimeSpan.FromSeconds(0.5), $"{change.Duration}");
    }

    [Theory]
    [InlineData("UP 1/3", "L7OK")]
    [InlineData("UP 2/3", "L4CON")]
    public async Task The_last_server_whose_check_passes_is_not_taken_out(string status, string check)
    {
        (_states["web-02"], _checks["web-02"]) = (status, check);

        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => SetAsync("web-01", BackendTarget.Drain));

        Assert.Equal("BackendWouldBeEmpty", error.ErrorId);
        Assert.Contains($"web-02 is {status}, {check}", error.Message, StringComparison.Ordinal);
        Assert.Empty(_orders);
    }

    [Fact]
    public async Task A_server_is_not_taken_out_under_the_last_one_that_tracks_it()
    {
        _tracked["api"] = "web/web-01";

        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => SetAsync("web-01", BackendTarget.Maint));

        Assert.Contains("'api/api-01' follows 'web/web-01'", error.Message, StringComparison.Ordinal);
        Assert.Empty(_orders);
    }

    [Fact]
    public async Task Of_two_operators_who_take_out_a_server_each_at_once_neither_empties_the_backend()
    {
        _ordered = _ => _states["web-02"] = "MAINT";

        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => SetAsync("web-01", BackendTarget.Maint));

        Assert.Equal("BackendWouldBeEmpty", error.ErrorId);
        Assert.Equal(["set server web/web-01 state maint", "set server web/web-01 state ready"], _orders);
    }

    [Fact]
    public async Task Sessions_of_a_worker_that_a_reload_left_are_waited_for_and_told()
    {
        _older = """
            0 0 192.0.2.10:40222 192.0.2.11:80 users:(("haproxy",pid=4711,fd=12))
            0 0 192.0.2.10:40223 192.0.2.11:80 users:(("haproxy",pid=89,fd=31))
            0 0 192.0.2.10:40224 192.0.2.11:80 users:(("curl",pid=90,fd=3))
            """;

        BackendChange change = await SetAsync("web-01", BackendTarget.Drain, seconds: 0);

        Assert.Equal((1L, 1L), (change.SessionsLeft, change.SessionsOfOlderWorkers));
    }

    [Theory]
    [InlineData("MAINT (resolution)", 0x20, "resolvers")]
    [InlineData("MAINT (via db/db-01)", 0x02, "tracks")]
    [InlineData("MAINT (resolution)", 0x21, "resolvers")]
    public async Task What_no_operator_ordered_is_not_lifted_and_not_turned_into_an_order(string status, int reasons, string advice)
    {
        (_states["web-01"], _reasons["web-01"]) = (status, reasons);

        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => SetAsync("web-01", BackendTarget.Ready, seconds: 0));

        Assert.Equal("BackendNotReady", error.ErrorId);
        Assert.Contains(advice, error.Recommendation, StringComparison.Ordinal);
        Assert.Empty(_orders);
    }

    [Fact]
    public async Task A_server_that_was_down_is_put_back_without_an_order_of_maintenance()
    {
        _states["web-01"] = "DOWN (agent)";
        _isHealthy = false;

        await Assert.ThrowsAsync<FoobarException>(() => SetAsync("web-01", BackendTarget.Ready, seconds: 0));

        Assert.Equal(["set server web/web-01 state ready", "set server web/web-01 state ready"], _orders);
    }

    [Fact]
    public async Task An_unknown_server_is_named_with_those_there_are()
    {
        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => SetAsync("web-09", BackendTarget.Drain));

        Assert.Equal("BackendServerNotFound", error.ErrorId);
        Assert.Contains("web/web-01, web/web-02", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_is_told_in_the_words_of_HAProxy()
    {
        FakeServerSession session = new FakeServerSession(TestSite.Create().Find("lb-01")!).On(
            "socat",
            command => Encoding.ASCII.GetString(command.Input.Span).StartsWith("set", StringComparison.Ordinal)
                ? ("Permission denied\n\n", 0, "")
                : (Answer(Encoding.ASCII.GetString(command.Input.Span).Trim()), 0, ""));

        FoobarException error = await Assert.ThrowsAsync<FoobarException>(
            () => BackendSwitch.SetAsync(
                session, "/s", "web", "web-01", BackendTarget.Drain, false, TimeSpan.Zero, TestContext.Current.CancellationToken));

        Assert.Equal("BackendChangeRefused", error.ErrorId);
        Assert.Contains("Permission denied", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_socket_is_told()
    {
        FakeServerSession session = new FakeServerSession(TestSite.Create().Find("lb-01")!).On("socat", "", 66, "no socket at /s\n");

        FoobarException error = await Assert.ThrowsAsync<FoobarException>(
            () => HaproxySocket.AskAsync(session, "/s", "show info", TestContext.Current.CancellationToken));

        Assert.Equal(("HaproxyUnreachable", "lb-01"), (error.ErrorId, error.Server));
        Assert.Contains("no socket at /s", error.Message, StringComparison.Ordinal);
        Assert.True(Assert.Single(session.Commands).Privileged);
    }

    private Task<BackendChange> SetAsync(string name, BackendTarget target, double seconds = 1, bool acceptOutage = false)
    {
        FakeServerSession session = new FakeServerSession(TestSite.Create().Find("lb-01")!)
            .On("socat", command => (Answer(Encoding.ASCII.GetString(command.Input.Span).Trim()), 0, ""))
            .On("ss -H", _ => (_older, 0, ""))
            .On("== usual", "== usual\n/etc/haproxy/haproxy.cfg\n").On("cat -- ", _ => (_configuration, 0, ""));
        return BackendSwitch.SetAsync(
            session, "/run/haproxy/admin.sock", "web", name, target, acceptOutage, TimeSpan.FromSeconds(seconds),
            TestContext.Current.CancellationToken);
    }

    private string Answer(string command)
    {
        if (command.StartsWith("set server web/", StringComparison.Ordinal))
        {
            _orders.Add(command);
            string[] words = command.Split(' ');
            _states[words[2][4..]] = words[4] switch { "drain" => "DRAIN", "maint" => "MAINT", _ => _isHealthy ? "UP" : "DOWN" };
            _ordered(command);
            return "\n";
        }

        if (command.StartsWith("show servers state", StringComparison.Ordinal))
        {
            return "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight\n"
                + string.Concat(
                    _states.Select(
                        pair =>
                            $"3 web 1 {pair.Key} 192.0.2.11 2 "
                                + $"{_reasons.GetValueOrDefault(pair.Key, pair.Value switch { "MAINT" => 5, "DRAIN" => 8, _ => 0 })} 1\n"));
        }

        if (command == "show info")
        {
            return "Name: HAProxy\nVersion: 3.2.1\nPid: 4711\nUptime_sec: 9\nCurrConns: 1\nMaxconn: 2000\n";
        }

        _sessions = Math.Max(0, _sessions - 1);
        return Table();
    }

    private string Table() => "# pxname,svname,scur,status,weight,type,addr,check_status,tracked,\n"
        + string.Concat(_states.Select(
            pair => $"web,{pair.Key},{_sessions},{pair.Value},1,2,192.0.2.11:80,{_checks.GetValueOrDefault(pair.Key, "")},,\n"))
        + "web,BACKEND,0,UP,1,1,,,,\n"
        + string.Concat(_tracked.Select(pair => $"{pair.Key},{pair.Key}-01,0,UP,1,2,192.0.2.11:80,,{pair.Value},\n"
            + $"{pair.Key},BACKEND,0,UP,1,1,,,,\n"));
}
