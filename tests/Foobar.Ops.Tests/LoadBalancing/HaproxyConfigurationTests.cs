using Foobar.Ops.Errors;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.LoadBalancing.Haproxy;

namespace Foobar.Ops.Tests.LoadBalancing;

/// <summary>What a start of HAProxy makes of servers, and how that is changed in its configuration.</summary>
public sealed class HaproxyConfigurationTests
{
    private const string Defaults = "defaults\n    mode tcp\n    timeout connect 2s\n    timeout client 1h\n    timeout server 1h\n";

    private const string Inherited = Defaults + """
        backend db-write
            default-server check inter 1s on-marked-down shutdown-sessions disabled
            server db-01 192.0.2.11:3306 enabled
            server db-02 192.0.2.12:3306
        """;

    [Fact]
    public void A_server_that_inherits_disabled_is_enabled_by_a_word_of_its_own()
    {
        string opened = HaproxyConfiguration.WithDisabled(Inherited, "db-write", "db-02", disabled: false);
        string switched = HaproxyConfiguration.WithDisabled(opened, "db-write", "db-01", disabled: true);

        Assert.Contains(
            "    server db-01 192.0.2.11:3306 disabled\n    server db-02 192.0.2.12:3306 enabled", switched, StringComparison.Ordinal);
        Assert.Equal([("db-01", false), ("db-02", true)], Starts(switched, "db-write").Select(start => (start.Name, start.TakesTraffic)));
    }

    [Fact]
    public void Defaults_are_inherited_from_the_last_section_or_the_one_that_is_named()
    {
        const string Last = Defaults + "    default-server disabled\nbackend b\n    server s 192.0.2.1:1\n";
        const string Named =
            "defaults off\n    default-server disabled\ndefaults on from off\n    default-server enabled\ndefaults other\n"
                + "    default-server disabled\nbackend b from on\n    server s 192.0.2.1:1\n";

        Assert.Contains(
            "server s 192.0.2.1:1 enabled", HaproxyConfiguration.WithDisabled(Last, "b", "s", disabled: false), StringComparison.Ordinal);
        Assert.True(Assert.Single(Starts(Named, "b")).TakesTraffic);
        Assert.False(Assert.Single(Starts(Named.Replace("from on", "", StringComparison.Ordinal), "b")).TakesTraffic);
    }

    // As HAProxy 2.6 shows them in 'show servers state' after a start.
    [Theory]
    [InlineData("enabled", true)]
    [InlineData("", false)]
    [InlineData("enabled disabled", false)]
    [InlineData("disabled enabled", true)]
    [InlineData("cookie enabled", false)]
    [InlineData("\tenabled", true)]
    [InlineData("\"enabled\"", true)]
    [InlineData("cookie \"a#b\" enabled", true)]
    [InlineData("cookie a\\#b enabled", true)]
    [InlineData("cookie 'a b' enabled # disabled", true)]
    [InlineData("enabled#disabled", true)]
    [InlineData("enabled weight 0", false)]
    public void The_last_word_of_the_line_holds(string words, bool takesTraffic) =>
        Assert.Equal(
            takesTraffic,
            Assert.Single(Starts($"{Defaults} default-server disabled\nbackend b\n server s 192.0.2.1:1 {words}\n", "b")).TakesTraffic);

    [Fact]
    public void A_default_server_line_holds_for_the_servers_behind_it_only()
    {
        const string Text =
            "backend b\n server a 192.0.2.1:1\n default-server disabled\n server c 192.0.2.1:2\n default-server enabled\n"
                + " server d 192.0.2.1:3\n";

        Assert.Equal([true, false, true], Starts(Text, "b").Select(start => start.TakesTraffic));
    }

    [Theory]
    [InlineData(" server s 192.0.2.1:1 disabled\t# spare\r\n", " server s 192.0.2.1:1\t# spare\r\n")]
    [InlineData("\tserver s\t192.0.2.1:1\tdisabled\tcheck\n", "\tserver s\t192.0.2.1:1\tcheck\n")]
    [InlineData(" server s 192.0.2.1:1 cookie \"a#b\" disabled\n", " server s 192.0.2.1:1 cookie \"a#b\"\n")]
    [InlineData(" server s 192.0.2.1:1 cookie disabled disabled\n", " server s 192.0.2.1:1 cookie disabled\n")]
    [InlineData(" server s 192.0.2.1:1\n", " server s 192.0.2.1:1\n")]
    public void All_else_stays_byte_for_byte(string line, string expected) =>
        Assert.Equal(
            $"# x\nbackend b\n{expected}", HaproxyConfiguration.WithDisabled($"# x\nbackend b\n{line}", "b", "s", disabled: false));

    [Theory]
    [InlineData("backend b\n server-template s 2 db.example.com:3306\n", "BackendNotInConfiguration")]
    [InlineData("backend b\n server s 192.0.2.1:1 disabled brandnew\n", "EndpointRefused")]
    [InlineData("backend b\n brandnew on\n server s 192.0.2.1:1 disabled\n", "EndpointRefused")]
    [InlineData("backend b\n server s 192.0.2.1:1 disabled weight 0\n", "EndpointRefused")]
    [InlineData("backend b\n disabled\n server s 192.0.2.1:1 disabled\n", "EndpointRefused")]
    [InlineData("defaults\n disabled\nbackend b\n server s 192.0.2.1:1 disabled\n", "EndpointRefused")]
    [InlineData("backend b\n server s 192.0.2.1:1 track b/t\n server t 192.0.2.1:2\n", "EndpointRefused")]
    [InlineData("defaults\n load-server-state-from-file global\nbackend b\n server s 192.0.2.1:1 disabled\n", "EndpointRefused")]
    [InlineData("backend b\n .if defined(X)\n server s 192.0.2.1:1 disabled\n .endif\n", "EndpointRefused")]
    [InlineData("backend b\n server s 192.0.2.1:1 \"$WORD\"\n", "EndpointRefused")]
    [InlineData("backend b\n server s 192.0.2.1:1 disabled\nbackend b\n server s 192.0.2.1:1\n", "EndpointRefused")]
    [InlineData("backend b from nowhere\n server s 192.0.2.1:1 disabled\n", "EndpointRefused")]
    [InlineData("backend b\n server s 192.0.2.1:1 cookie \"a disabled\n", "OutputNotUnderstood")]
    public void What_cannot_be_told_or_done_is_refused(string text, string errorId) =>
        Assert.Equal(
            errorId, Assert.ThrowsAny<FoobarException>(() => HaproxyConfiguration.WithDisabled(text, "b", "s", disabled: false)).ErrorId);

    [Fact]
    public void A_state_file_that_is_switched_off_again_is_no_doubt() =>
        Assert.Empty(Assert.Single(Starts("defaults\n load-server-state-from-file none\nbackend b\n server s 192.0.2.1:1\n", "b")).Doubts);

    [Fact]
    public void The_file_that_holds_the_line_is_changed()
    {
        HaproxyFile[] files =
        [
            new("/etc/haproxy/1.cfg", "defaults\n default-server disabled\n"),
            new("/etc/haproxy/2.cfg", "backend b\n server s 192.0.2.1:1\n"),
        ];

        IReadOnlyList<HaproxyFile> changed = HaproxyConfiguration.WithDisabled(files, "b", "s", disabled: false);

        Assert.Equal(files[0], changed[0]);
        Assert.Equal("backend b\n server s 192.0.2.1:1 enabled\n", changed[1].Text);
    }

    [Theory]
    [InlineData("", new string[0])]
    [InlineData("== usual\n/etc/haproxy/haproxy.cfg\n", new[] { "/etc/haproxy/haproxy.cfg" })]
    [InlineData("== container\n==\n/a/1.cfg\n", new[] { "/a/1.cfg" })]
    [InlineData("==\n/a/1.cfg\n/a/2.cfg\n==\n/a/1.cfg\n/a/2.cfg\n== usual\n/etc/haproxy/haproxy.cfg\n", new[] { "/a/1.cfg", "/a/2.cfg" })]
    public void The_files_are_those_of_the_running_process(string listed, string[] paths) =>
        Assert.Equal(paths, HaproxyFiles.Paths(listed, "lb-01"));

    [Theory]
    [InlineData("==\n/a.cfg\n==\n/b.cfg\n")]
    [InlineData("== container\n== usual\n/etc/haproxy/haproxy.cfg\n")]
    public void Two_services_with_files_of_their_own_and_one_in_a_container_are_refused(string listed) =>
        Assert.Equal("EndpointRefused", Assert.Throws<FoobarException>(() => HaproxyFiles.Paths(listed, "lb-01")).ErrorId);

    [Fact]
    public void Any_text_is_taken_or_refused() =>
        ParserProperties.TakesOrRefusesAnyText(
            text => Starts(text, "db-write"), Inherited, " server s \"a\\\"b\" 'c' \\x41 cookie ${X} # y\n");

    private static IReadOnlyList<ServerStart> Starts(string text, string backend) =>
        ServerStartReader.ReadAll(HaproxySection.Of([new HaproxyFile("haproxy.cfg", text)]), backend);
}
