using System.Security.Cryptography;
using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Database.Wire;
using FsCheck;
using FsCheck.Fluent;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>The canary's own words to a database (MySQL Client/Server Protocol).</summary>
public sealed class WireTests
{
    private const byte Ok = 0;
    private const byte Error = 0xff;
    private const byte Switch = 0xfe;
    private const byte More = 1;

    private static readonly byte[] Salt = [.. Enumerable.Range(1, 20).Select(number => (byte)number)];

    public static TheoryData<string> Plugins => [Scramble.Native, Scramble.CachingSha2];

    [Fact]
    public void Reads_what_a_server_greets_with()
    {
        ServerGreeting greeting = ServerGreeting.Parse("lb-01", "x", Greeting(Scramble.CachingSha2));
        Assert.Equal(("9.7.0", 298L, Scramble.CachingSha2), (greeting.Version, greeting.ConnectionId, greeting.Plugin));
        Assert.Equal(Salt, greeting.Salt);
        Assert.True(greeting.Capabilities.HasFlag(Capabilities.PluginAuth));
        Assert.False(greeting.Capabilities.HasFlag(Capabilities.Tls));
    }

    [Fact]
    public void Any_bytes_are_a_greeting_or_a_clean_error() => Prop.ForAll<byte[]>(bytes =>
    {
        WireError.Of(bytes);
        try
        {
            ServerGreeting.Parse("lb-01", "x", (byte[])[10, .. bytes]);
        }
        catch (ParseException)
        {
            // Refused cleanly.
        }
    }).CheckSeeded();

    [Fact]
    public void Shows_a_password_to_be_known_as_a_server_checks_it()
    {
        using Secret password = new("s3cret");
        byte[] plain = "s3cret"u8.ToArray();
#pragma warning disable CA5350 // The protocol's own hash.
        byte[] stored = SHA1.HashData(SHA1.HashData(plain));
        byte[] native = Scramble.Of(Scramble.Native, password, Salt)!;
        Assert.Equal(stored, SHA1.HashData([.. native.Zip(SHA1.HashData([.. Salt, .. stored]), (left, right) => (byte)(left ^ right))]));
#pragma warning restore CA5350

        byte[] twice = SHA256.HashData(SHA256.HashData(plain));
        byte[] cached = Scramble.Of(Scramble.CachingSha2, password, Salt)!;
        Assert.Equal(twice, SHA256.HashData([.. cached.Zip(SHA256.HashData([.. twice, .. Salt]), (left, right) => (byte)(left ^ right))]));

        using Secret none = new("");
        Assert.Empty(Scramble.Of(Scramble.Native, none, Salt)!);
        Assert.Null(Scramble.Of("client_ed25519", password, Salt));
    }

    [Theory]
    [MemberData(nameof(Plugins))]
    public async Task Logs_in_with_what_the_server_suggests(string plugin)
    {
        (Conversation server, bool done) = await LogInAsync(Greeting(plugin), plugin == Scramble.CachingSha2 ? [[More, 3], [Ok, 0, 0]] : [[Ok, 0, 0]]);
        Assert.True(done);
        byte[] answer = Assert.Single(server.Heard);
        using Secret password = new("s3cret");
        Assert.Equal([.. "canary\0"u8, (byte)Scramble.Of(plugin, password, Salt)!.Length, .. Scramble.Of(plugin, password, Salt)!, .. Encoding.ASCII.GetBytes(plugin), 0], answer[32..]);
    }

    [Fact]
    public async Task Follows_to_another_way_of_logging_in()
    {
        (Conversation server, bool done) = await LogInAsync(Greeting(Scramble.CachingSha2), [[Switch, .. Encoding.ASCII.GetBytes(Scramble.Native), 0, .. Salt, 0], [Ok, 0, 0]]);
        Assert.True(done);
        using Secret password = new("s3cret");
        Assert.Equal(Scramble.Of(Scramble.Native, password, Salt), server.Heard[1]);
    }

    [Fact]
    public async Task Leaves_to_the_driver_what_it_does_not_know_and_sends_no_password_in_the_open()
    {
        (_, bool known) = await LogInAsync(Greeting(Scramble.Native), [[Switch, .. "client_ed25519\0"u8, .. Salt]]);
        Assert.False(known);
        (Conversation server, bool full) = await LogInAsync(Greeting(Scramble.CachingSha2), [[More, 4]]);
        Assert.False(full);
        Assert.Single(server.Heard);
    }

    [Fact]
    public async Task A_refusal_has_the_server_s_number_and_words()
    {
        DatabaseException error = await Assert.ThrowsAsync<DatabaseException>(() => LogInAsync(Greeting(Scramble.Native), [[Error, 0x15, 0x04, .. "#28000Access denied for user 'canary'"u8]]));
        Assert.Equal(("DatabaseLoginRefused", 1045, "28000", "lb-01"), (error.ErrorId, error.Number, error.SqlState, error.Server));
        Assert.Contains("Access denied", error.Message, StringComparison.Ordinal);
        DatabaseException full = await Assert.ThrowsAsync<DatabaseException>(() => LogInAsync([Error, 0x10, 0x04, .. "Too many connections"u8], []));
        Assert.Equal(("DatabaseUnreachable", 1040), (full.ErrorId, full.Number));
    }

    [Fact]
    public void Whatever_a_server_says_is_a_login_or_a_clean_error() => Prop.ForAll<byte[][]>(packets =>
    {
        try
        {
            LogInAsync(Greeting(Scramble.Native), [.. packets.Where(packet => packet.Length > 0)]).GetAwaiter().GetResult();
        }
        catch (Exception error) when (error is FoobarException or EndOfStreamException)
        {
            // Refused cleanly; the caller tells an ended stream as an unreachable database.
        }
    }).CheckSeeded();

    /// <summary>A packet as it stands on the wire.</summary>
    internal static byte[] Packet(int sequence, byte[] payload) => [(byte)payload.Length, (byte)(payload.Length >> 8), 0, (byte)sequence, .. payload];

    /// <summary>The greeting of a server without TLS.</summary>
    internal static byte[] Greeting(string plugin) =>
    [
        10, .. "9.7.0\0"u8, 0x2a, 1, 0, 0, .. Salt[..8], 0,
        0x00, 0x82, 45, 2, 0, 0x08, 0x00, 21, .. new byte[10], .. Salt[8..], 0, .. Encoding.ASCII.GetBytes(plugin), 0,
    ];

    private static async Task<(Conversation Server, bool Done)> LogInAsync(byte[] greeting, byte[][] says)
    {
        Conversation server = new([greeting, .. says]);
        using Secret password = new("s3cret");
        bool done = await new WireLogin("lb-01", new WirePackets("lb-01", server), new("canary", password)).RunAsync(TestContext.Current.CancellationToken);
        return (server, done);
    }

    /// <summary>A server that says its packets one after the other, and remembers the payloads that it heard.</summary>
    private sealed class Conversation(byte[][] says) : MemoryStream([.. says.SelectMany((payload, at) => Packet(2 * at, payload))])
    {
        public List<byte[]> Heard { get; } = [];

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Assert.Equal(buffer.Length - 4, buffer.Span[0] | (buffer.Span[1] << 8));
            Heard.Add(buffer[4..].ToArray());
            return ValueTask.CompletedTask;
        }
    }
}
