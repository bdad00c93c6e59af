using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Forwarding;
using Foobar.Ops.Remoting.Ssh;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>Nothing from an inventory, a server or a user reaches a shell unquoted.</summary>
public sealed class QuotingTests : IDisposable
{
    private readonly string _canary = Path.Combine(Path.GetTempPath(), $"canary-{Guid.NewGuid():N}");

    [Theory, InlineData("dash"), InlineData("bash --posix"), InlineData("busybox sh")]
    public async Task Thousands_of_hostile_values_come_back_as_they_were(string shell)
    {
        await using ServerSession session = await ShellTests.OpenAsync(shell);
        for (int round = 0; round < 20; round++)
        {
            string[] values = [.. HostileText.Strings(_canary).Sample(150, 30).Select(value => value)];
            CommandResult words = await session.RunAsync(RemoteCommand.Create($"printf '%s\\0' {values}"));
            Assert.Equal(values, Split(words));
            CommandResult arguments = await session.RunAsync(RemoteCommand.FromScript("printf '%s\\0' \"$@\"", values));
            Assert.Equal(values, Split(arguments));
        }

        Assert.False(File.Exists(_canary), "a value was run");
    }

    [Fact]
    public void What_no_shell_can_be_given_is_refused()
    {
        foreach (string value in new[] { "a\0b", "\ud800", "x\udc00y", "\udc00\ud800" })
        {
            FoobarException error = Assert.Throws<FoobarException>(() => RemoteCommand.Create($"echo {value}"));
            Assert.Equal(("ArgumentNotQuotable", ErrorKind.InvalidInput), (error.ErrorId, error.Kind));
            Assert.Throws<FoobarException>(() => RemoteCommand.FromScript(value));
            Assert.Throws<FoobarException>(() => RemoteCommand.FromScript("echo", value));
        }
    }

    [Fact]
    public void Hosts_users_and_jumps_that_mean_something_to_a_shell_or_to_ssh_are_refused()
    {
        Prop.ForAll(HostileText.Strings(_canary).Three().ToArbitrary(), values =>
        {
            (string host, string user, string jump) = values;
            Server server = new()
            {
                Name = "web-01",
                Roles = [Role.Web],
                Ssh = new SshEndpoint { Host = host, User = user, ProxyJump = jump },
            };
            try
            {
                string[] arguments = [.. SshSettings.Destination(server)];
                return arguments is ["-l", string first, "-J", string second, "--", string third]
                    && new[] { first, second, third }
                        .All(
                            value =>
                                value.Length > 0
                                    && value[0] != '-'
                                    && value.All(
                                        each => char.IsAsciiLetterOrDigit(each) || ".-_:%[]@,/+".Contains(each, StringComparison.Ordinal)));
            }
            catch (FoobarException error)
            {
                return error.ErrorId == "SshEndpointInvalid" && !error.Message.Any(char.IsControl);
            }
        }).CheckSeeded();
    }

    [Theory]
    [InlineData("-oProxyCommand=x")]
    [InlineData("a b")]
    [InlineData("$(touch x)")]
    [InlineData("a;b")]
    [InlineData("")]
    [InlineData("web-01\n")]
    public void A_host_like_that_never_reaches_ssh(string host)
    {
        FoobarException error = Assert.Throws<FoobarException>(
            () => SshSettings.Destination(new Server { Name = "web-01", Roles = [Role.Web], Ssh = new SshEndpoint { Host = host } }));
        Assert.Equal(("SshEndpointInvalid", "web-01"), (error.ErrorId, error.Server));
    }

    [Fact]
    public void A_second_hop_that_looks_like_an_option_is_refused() =>
        Assert.Throws<FoobarException>(
            () => SshSettings.Destination(new Server
            {
                Name = "web-01",
                Roles = [Role.Web],
                Ssh = new SshEndpoint { Host = "web-01", ProxyJump = "lb-01,-oProxyCommand=x" },
            }));

    [Fact]
    public void Socket_paths_survive_the_forward_argument()
    {
        Prop.ForAll(HostileText.Strings(_canary).ToArbitrary(), text =>
        {
            string path = "/" + text;
            try
            {
                string argument = SshForward.Argument("/run/x/1", new RemoteEndpoint.UnixSocket(path));
                return Parse(argument) is ["/run/x/1", string target] && target == path;
            }
            catch (FoobarException error)
            {
                return error.ErrorId == "EndpointInvalid" && (path.Any(char.IsControl) || path.Contains("${", StringComparison.Ordinal));
            }
        }).CheckSeeded();
    }

    [Fact]
    public void Forwards_lead_to_nothing_but_hosts_with_ports_and_absolute_paths()
    {
        foreach (RemoteEndpoint endpoint in new RemoteEndpoint[]
        {
            new RemoteEndpoint.Tcp(
                "-x", 1), new RemoteEndpoint.Tcp(
                    "a b", 1), new RemoteEndpoint.Tcp("", 1), new RemoteEndpoint.Tcp("a", 0), new RemoteEndpoint.Tcp("a", 65536),
            new RemoteEndpoint.UnixSocket(
                "relative"), new RemoteEndpoint.UnixSocket(
                    ""), new RemoteEndpoint.UnixSocket("/a\nb"), new RemoteEndpoint.UnixSocket("/${HOME}"),
        })
        {
            Assert.Equal("EndpointInvalid", Assert.Throws<FoobarException>(() => SshForward.Argument("/x", endpoint)).ErrorId);
        }

        Assert.Equal("/x:[::1]:3306", SshForward.Argument("/x", new RemoteEndpoint.Tcp("::1", 3306)));
    }

    [Fact]
    public void An_endpoint_is_told_as_people_write_it()
    {
        Assert.Equal("[::1]:3306", $"{new RemoteEndpoint.Tcp("::1", 3306)}");
        Assert.Equal("/run/mysqld/mysqld.sock", $"{new RemoteEndpoint.UnixSocket("/run/mysqld/mysqld.sock")}");
    }

    public void Dispose() => File.Delete(_canary);

    private static string[] Split(CommandResult result) => Encoding.UTF8.GetString(result.Output.Span).Split('\0')[..^1];

    /// <summary>As OpenSSH's parse_fwd_field and its token expansion read it (misc.c, readconf.c).</summary>
    private static List<string> Parse(string argument)
    {
        List<string> fields = [];
        StringBuilder field = new();
        for (int at = 0; at < argument.Length; at++)
        {
            if (argument[at] == '\\' && at + 1 < argument.Length)
            {
                field.Append(argument[++at]);
            }
            else if (argument[at] == ':')
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else
            {
                field.Append(argument[at]);
            }
        }

        return [.. fields.Append(field.ToString()).Select(each => each.Replace("%%", "%", StringComparison.Ordinal))];
    }
}
