using System.Net;
using Foobar.Ops.Discovery.Sockets;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Tests.Discovery;

public sealed class SocketScriptTests
{
    private const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private const string Sample = $"""
        ==> listeners
        tcp   LISTEN 0      511       0.0.0.0:80           0.0.0.0:*    users:(("nginx",pid=301,fd=5),("nginx",pid=300,fd=5))
        tcp   LISTEN 0      80     192.0.2.11:3306         0.0.0.0:*    users:(("mariadbd",pid=400,fd=22))
        tcp   LISTEN 0      4096            *:8080               *:*    users:(("docker-proxy",pid=700,fd=4))
        udp   UNCONN 0      0         0.0.0.0:51820        0.0.0.0:*

        ==> connections
        11 in tcp 192.0.2.11:80 192.0.2.10:0 users:(("nginx",pid=301))
        1 in tcp 192.0.2.11:80 192.0.2.10:0 users:(("nginx",pid=300))
        2 out tcp 192.0.2.11:0 192.0.2.10:3306 users:(("python3",pid=500))
        1 in tcp [::ffff:192.0.2.11]:3306 [::ffff:192.0.2.12]:0 users:(("mariadbd",pid=400))
        1 out udp 192.0.2.11%host0:0 192.0.2.10:123

        ==> groups
        300 /system.slice/nginx.service
        301 /system.slice/nginx.service
        400 /
        400 /system.slice/mariadb.service
        500 /system.slice/docker-{Id}.scope
        700 /system.slice/docker.service

        ==> containers
        docker|{Id}|app|registry.example/app:1|0.0.0.0:8080->80/tcp, :::8080->80/tcp, 127.0.0.1:9000-9001->9000-9001/udp, 3306/tcp

        """;

    [Fact]
    public void Listeners_are_read_with_process_and_unit()
    {
        SocketFacts facts = SocketScript.Parse(Sample);

        Assert.Equal(
            [
                "tcp/80 on 0.0.0.0: nginx (nginx.service)", "tcp/3306 on 192.0.2.11: mariadbd (mariadb.service)",
                "tcp/8080 on *: docker-proxy (docker.service)", "udp/51820 on 0.0.0.0: ",
            ],
            facts.Listeners.Value!.Select(
                static listener =>
                    $"{listener.Socket.Label}: {string.Join(", ", listener.Holders.Select(static holder => holder.Label))}"));
    }

    [Fact]
    public void Conversations_are_read_with_their_direction()
    {
        SocketFacts facts = SocketScript.Parse(Sample);

        Assert.Equal(
            [
                "in 80 192.0.2.10 12 nginx (nginx.service)", "in 3306 192.0.2.12 1 mariadbd (mariadb.service)", "out 123 192.0.2.10 1 ",
                "out 3306 192.0.2.10 2 python3 (container 0123456789ab)",
            ],
            facts.Conversations.Value!.Select(static each =>
                $"{(each.IsIncoming ? "in" : "out")} {each.Port} {each.PeerAddress} {each.Count} "
                    + $"{string.Join(", ", each.Holders.Select(static holder => holder.Label))}"));
        Assert.All(facts.Conversations.Value!, static each => Assert.Equal(IPAddress.Parse("192.0.2.11"), each.LocalAddress));
    }

    [Fact]
    public void Containers_are_read_with_the_ports_that_lead_into_them()
    {
        RunningContainer container = Assert.Single(SocketScript.Parse(Sample).Containers.Value!);

        Assert.Equal(("docker", Id, "app", "registry.example/app:1"), (container.Engine, container.Id, container.Name, container.Image));
        Assert.Equal(
            [new PortRange(TransportProtocol.Tcp, 8080, 8080), new PortRange(TransportProtocol.Udp, 9000, 9001)], container.Ports);
    }

    [Fact]
    public void An_engine_that_does_not_answer_leaves_the_rest()
    {
        SocketFacts facts = SocketScript.Parse(
            Sample[..Sample.IndexOf("docker|", StringComparison.Ordinal)] + "!docker: permission denied\n");

        Assert.Equal("docker: permission denied", facts.Containers.Failure);
        Assert.NotNull(facts.Listeners.Value);
    }

    [Fact]
    public void Too_many_kinds_of_connections_are_not_told_in_part()
    {
        string lines = string.Concat(
            Enumerable.Range(0, 5001).Select(static number => $"1 in tcp 192.0.2.11:80 10.0.{number / 256}.{number % 256}:0\n"));

        SocketFacts facts = SocketScript.Parse($"==> listeners\n\n==> connections\n{lines}\n==> groups\n\n==> containers\n");

        Assert.Contains("5000", facts.Conversations.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_section_is_an_error() => Assert.Throws<ParseException>(static () => SocketScript.Parse("==> listeners\n"));

    [Fact]
    public void Any_text_is_taken_or_refused() => ParserProperties.TakesOrRefusesAnyText(SocketScript.Parse, Sample);
}
