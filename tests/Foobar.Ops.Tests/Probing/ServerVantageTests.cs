using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Probing;
using Foobar.Ops.Remoting;
using Foobar.Ops.Testing;

namespace Foobar.Ops.Tests.Probing;

/// <summary>The probing programs on this machine's own shell, and what is read of what they say.</summary>
public sealed class ServerVantageTests
{
    private static readonly ProbeOptions Quick = new() { Wait = TimeSpan.FromMilliseconds(400), RatePerSecond = 1000 };

    /// <summary>The tools, each with those that are hidden so that it is chosen.</summary>
    public static TheoryData<string, string> Tools => new() { { "perl", "" }, { "python", "perl" }, { "bash", "perl python3" } };

    [Theory]
    [MemberData(nameof(Tools))]
    public async Task Each_tool_tells_open_refused_and_silent_apart(string tool, string hidden)
    {
        using Socket listening = Listen(SocketType.Stream, IPAddress.Loopback);
        using Socket version6 = Listen(SocketType.Stream, IPAddress.IPv6Loopback);
        using Socket silent = Listen(SocketType.Dgram, IPAddress.Loopback);
        using Socket closed = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        version6.Listen();
        Probe[] probes = [Tcp(listening), Tcp(closed), Tcp(version6), Udp(silent), Udp(closed)];

        IReadOnlyList<ProbeResult> results = await RunAsync(tool, hidden, probes);

        ProbeState told = tool == "bash" ? ProbeState.Unknown : ProbeState.NoReply;
        Assert.Equal(
            [ProbeState.Open, ProbeState.Refused, ProbeState.Open, told, tool == "bash" ? ProbeState.Unknown : ProbeState.Refused],
            results.Select(static result => result.State));
        Assert.Equal(probes, results.Select(static result => result.Probe));
        if (tool != "bash")
        {
            Assert.Equal(IPAddress.Loopback, results[0].Source);
            Assert.Equal(IPAddress.IPv6Loopback, results[2].Source);
        }
    }

    [Fact]
    public async Task A_server_without_any_tool_makes_every_probe_unknown_with_the_reason()
    {
        IReadOnlyList<ProbeResult> results = await RunAsync(
            "none", "perl python3 bash", [new Probe(IPAddress.Loopback, TransportProtocol.Tcp, 9)]);

        Assert.Equal(ProbeState.Unknown, Assert.Single(results).State);
        Assert.Contains("none of perl, python3 and bash", results[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probes_keep_to_their_rate()
    {
        Probe[] probes = [.. Enumerable.Repeat(new Probe(IPAddress.Loopback, TransportProtocol.Tcp, 9), 8)];
        long begun = Stopwatch.GetTimestamp();
        await new LocalVantage().RunAsync(probes, new ProbeOptions { RatePerSecond = 20 }, TestContext.Current.CancellationToken);
        Assert.True(Stopwatch.GetElapsedTime(begun) >= TimeSpan.FromMilliseconds(340));
    }

    [Fact]
    public async Task This_machine_tells_open_refused_and_silent_apart()
    {
        using Socket listening = Listen(SocketType.Stream, IPAddress.Loopback);
        using Socket silent = Listen(SocketType.Dgram, IPAddress.Loopback);
        using Socket closed = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();

        IReadOnlyList<ProbeResult> results = await new LocalVantage().RunAsync(
            [Tcp(listening), Tcp(closed), Udp(silent), Udp(closed)], Quick, TestContext.Current.CancellationToken);

        Assert.Equal(
            [ProbeState.Open, ProbeState.Refused, ProbeState.NoReply, ProbeState.Refused], results.Select(static result => result.State));
    }

    [Fact]
    public async Task Cancelling_ends_the_probes_of_this_machine()
    {
        using Socket silent = Listen(SocketType.Dgram, IPAddress.Loopback);
        using CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new LocalVantage().RunAsync([Udp(silent)], Quick with { Wait = TimeSpan.FromMinutes(1) }, stop.Token));
    }

    [Fact]
    public void What_no_line_speaks_of_is_unknown()
    {
        Probe[] probes = [new(IPAddress.Loopback, TransportProtocol.Tcp, 1), new(IPAddress.Loopback, TransportProtocol.Tcp, 2)];
        IReadOnlyList<ProbeResult> results = ServerVantage.Parse(
            probes, "tool perl\n1 EHOSTUNREACH 3.5 192.0.2.1\n", "Alarm clock", "web-01");
        Assert.Equal([ProbeState.Unknown, ProbeState.Unreachable], results.Select(static result => result.State));
        Assert.Contains("Alarm clock", results[0].Detail, StringComparison.Ordinal);
        Assert.Equal(
            ("EHOSTUNREACH", IPAddress.Parse("192.0.2.1"), TimeSpan.FromMilliseconds(3.5)),
            (results[1].Detail, results[1].Source, results[1].Time));
    }

    [Fact]
    public void A_line_of_another_form_names_the_server_and_the_line() =>
        Assert.Equal(2, Assert.Throws<ParseException>(() => ServerVantage.Parse([], "tool perl\nPermission denied\n", "", "web-01")).Line);

    [Fact]
    public void Any_output_is_read_or_refused() => ParserProperties.TakesOrRefusesAnyText(
        text =>
            ServerVantage.Parse(
                [new(IPAddress.Loopback, TransportProtocol.Tcp, 1)], text, "", "web-01"), "tool perl\n0 open 0.5 192.0.2.1\n", "tool none");

    // A folder that holds no more than the tools that are not hidden stands in for a small server.
    private static async Task<IReadOnlyList<ProbeResult>> RunAsync(string tool, string hidden, Probe[] probes)
    {
        string folder = Directory.CreateTempSubdirectory("foobar-probe-").FullName;
        try
        {
            Needs.Programs("timeout", "perl", "python3", "bash", "env");
            foreach (string name in ((string[])["sh", "timeout", "perl", "python3", "bash", "env"]).Except(hidden.Split(' ')))
            {
                string path = ((string[])["/usr/bin", "/bin", .. Environment.GetEnvironmentVariable("PATH")!.Split(':')])
                    .Select(place => Path.Combine(place, name))
                    .First(File.Exists);
                string stand = Path.Combine(folder, name);
                await File.WriteAllTextAsync(stand, $"#!/bin/sh\nexec {path} \"$@\"\n", TestContext.Current.CancellationToken);
                File.SetUnixFileMode(stand, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            }

            RemoteCommand command = ServerVantage.Command(probes, Quick);
            ProcessStartInfo start = new(
                Path.Combine(folder, "sh"),
                [
                    "-c",
                    command.Script.Replace("PATH=\"$PATH:/usr/sbin:/sbin\"", $"PATH={folder}", StringComparison.Ordinal)
                        .Replace("/usr/libexec/platform-python", "no-such", StringComparison.Ordinal),
                ])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using Process process = Process.Start(start)!;
            await FeedAsync(process.StandardInput.BaseStream, command.Input);
            string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            Assert.StartsWith($"tool {tool}", output, StringComparison.Ordinal);
            return ServerVantage.Parse(
                probes, output, await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken), "here");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Socket Listen(SocketType type, IPAddress address)
    {
        Socket socket = new(address.AddressFamily, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address, 0));
        return socket;
    }

    private static Probe Tcp(Socket socket) =>
        new(((IPEndPoint)socket.LocalEndPoint!).Address, TransportProtocol.Tcp, ((IPEndPoint)socket.LocalEndPoint!).Port);

    private static Probe Udp(Socket socket) => Tcp(socket) with { Protocol = TransportProtocol.Udp };

    // A shell without a tool ends without reading.
    private static async Task FeedAsync(Stream input, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await using (input)
            {
                await input.WriteAsync(bytes, TestContext.Current.CancellationToken);
            }
        }
        catch (IOException)
        {
        }
    }
}
