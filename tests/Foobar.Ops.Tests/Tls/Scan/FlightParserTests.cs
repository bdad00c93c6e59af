using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Foobar.Ops.Tls.Scan.Registry;
using Foobar.Ops.Tls.Scan.Wire;

namespace Foobar.Ops.Tests.Tls.Scan;

/// <summary>What is made of a server's bytes, hostile ones too.</summary>
public sealed class FlightParserTests
{
    private static readonly byte[] Ssl20Hello = Ssl20([4, 0, 1, 0, 2, 0, 3, 0, 6, 0, 1, 0xAA, 0xBB, 0xCC, 1, 0, 0x80, 7, 0, 0xC0, 0xEE]);

    private static readonly byte[][] Samples =
    [
        ServerBytes.Flight(),
        ServerBytes.Hello(
            0x1301, extensions: [.. ServerBytes.Extension(43, [3, 4]), .. ServerBytes.Extension(51, [0x11, 0xEC])],
            random: ServerBytes.RetryRandom),
        [.. ServerBytes.Hello(0x0033), .. ServerBytes.Message(12, [0, 4, 0x80, 0, 0, 1, 0, 1, 2, 0, 1, 3, 4, 1, 0, 0])],
        ServerBytes.Alert(40),
        Ssl20Hello,
    ];

    [Fact]
    public void A_flight_is_read_whole()
    {
        ServerFlight flight = Parse(ServerBytes.Flight(), FlightPart.All);

        Assert.Equal((TlsVersion.Tls12, 0xC02F, false), (flight.Hello!.Version, flight.Hello.Suite, flight.Hello.IsRetry));
        Assert.Equal([[1, 2, 3], [4, 5]], flight.Certificates);
        Assert.Equal(new KeyExchange(23, null, 0x0804), flight.KeyExchange);
        Assert.True(flight.IsDone);
        Assert.Contains(0xFF01, flight.Hello.Extensions.Keys);
    }

    [Fact]
    public void How_bytes_come_makes_no_difference()
    {
        byte[] bytes = ServerBytes.Flight();
        FlightParser parser = new(FlightPart.All);
        foreach (byte each in bytes)
        {
            Assert.False(parser.IsComplete);
            parser.Take([each]);
        }

        Assert.True(parser.IsComplete);
        Assert.Equal(new KeyExchange(23, null, 0x0804), parser.Flight.KeyExchange);
    }

    [Fact]
    public void A_message_may_lie_in_many_records()
    {
        byte[] message = [2, .. ServerBytes.Block24([3, 3, .. new byte[32], 0, 0x13, 1, 0])];

        ServerFlight flight = Parse([.. message.SelectMany(each => ServerBytes.Record(22, [each]))], FlightPart.Hello);

        Assert.Equal(0x1301, flight.Hello!.Suite);
    }

    [Fact]
    public void A_retry_names_the_group_that_the_server_wants()
    {
        ServerHello hello = Parse(Samples[1], FlightPart.All).Hello!;

        Assert.Equal((TlsVersion.Tls13, true, "X25519MLKEM768"), (hello.Version, hello.IsRetry, NamedGroup.Of(hello.Group!.Value).Name));
    }

    [Theory]
    [InlineData("444F574E47524401", true)]
    [InlineData("444F574E47524400", true)]
    [InlineData("444F574E47524402", false)]
    [InlineData("0000000000000000", false)]
    public void A_forced_downgrade_is_marked_in_the_random_number(string end, bool marked) =>
        Assert.Equal(
            marked, Parse(
                ServerBytes.Hello(
                    0xC02F, random: [.. new byte[24], .. Convert.FromHexString(end)]), FlightPart.Hello).Hello!.ForbidsDowngrade);

    [Theory]
    [InlineData(new byte[] { 0x80, 0, 0, 1 }, 32)]
    [InlineData(new byte[] { 0x01, 0, 0 }, 17)]
    [InlineData(new byte[] { 0, 0, 0x7F }, 7)]
    [InlineData(new byte[] { 0 }, 0)]
    public void The_size_of_a_prime_is_that_of_its_number(byte[] prime, int bits)
    {
        byte[] exchange = [.. ServerBytes.Block16(prime), 0, 1, 2, 0, 1, 3, 4, 1, 0, 0];

        Assert.Equal(
            new KeyExchange(null, bits, 0x0401),
            Parse([.. ServerBytes.Hello(0x0033), .. ServerBytes.Message(12, exchange)], FlightPart.KeyExchange).KeyExchange);
    }

    [Fact]
    public void An_export_key_is_told()
    {
        byte[] exchange = [.. ServerBytes.Block16([0x80, .. new byte[63]]), 0, 1, 3];

        Assert.Equal(
            512, Parse(
            [.. ServerBytes.Hello(0x0003, 0x0300), .. ServerBytes.Message(12, exchange)], FlightPart.KeyExchange).KeyExchange!.PrimeBits);
    }

    [Fact]
    public void An_alert_ends_the_answer_and_a_warning_does_not()
    {
        Assert.Equal((byte)40, Parse(ServerBytes.Alert(40), FlightPart.All).Alert);
        Assert.Equal((byte)0, Parse(ServerBytes.Alert(0, level: 1), FlightPart.All).Alert);

        ServerFlight flight = Parse([.. ServerBytes.Alert(112, level: 1), .. ServerBytes.Flight()], FlightPart.All);
        Assert.Equal(((byte?)112, true, null), (flight.Warning, flight.IsDone, flight.Alert));
    }

    [Fact]
    public void SSL_2_lists_its_cipher_kinds()
    {
        Assert.Equal([0x010080, 0x0700C0], Parse(Ssl20Hello, FlightPart.Hello).Ssl20Kinds);
        Assert.Equal(AlertText.HandshakeFailure, Parse(Ssl20([0, 0, 1]), FlightPart.Hello).Alert);
    }

    [Fact]
    public void Another_protocol_is_told_by_what_it_says()
    {
        WireException error = Assert.Throws<WireException>(
            () => Parse(Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\n\r\n"), FlightPart.All));

        Assert.True(error.IsOtherProtocol);
        Assert.Contains("HTTP/1.1 400 Bad Request", error.Message, StringComparison.Ordinal);
        Assert.True(Assert.Throws<WireException>(() => Parse([0x16, 0x09, 0xFF], FlightPart.All)).IsOtherProtocol);
    }

    public static TheoryData<byte[], string> Broken => new()
    {
        { [22, 3, 3, 0xFF, 0xFF], "record" },
        { ServerBytes.Record(22, [2, 0xFF, 0xFF, 0xFF]), "16777215 bytes" },
        { [.. ServerBytes.Hello(0xC02F), .. ServerBytes.Record(22, [11, 0x02, 0, 1])], "131073 bytes" },
        { ServerBytes.Message(11, [0, 0, 0]), "another message" },
        { ServerBytes.Message(2, [3, 3]), "beyond its end" },
        { ServerBytes.Hello(1, extensions: [.. ServerBytes.Extension(5, []), .. ServerBytes.Extension(5, [])]), "twice" },
        { [.. ServerBytes.Hello(1), .. ServerBytes.Hello(1)], "two ServerHellos" },
        { ServerBytes.Record(23, new byte[100]), "before its ServerHello" },
        { ServerBytes.Record(21, [2]), "alert" },
        { [.. ServerBytes.Hello(1), .. ServerBytes.Certificates([.. Enumerable.Repeat(new byte[1], 101)])], "more certificates" },
        { [.. Enumerable.Repeat(ServerBytes.Record(22, []), FlightParser.MostBytes).SelectMany(record => record).Take(
            FlightParser.MostBytes + 1)], "without an end" },
        { [.. ServerBytes.Hello(0xC02F), .. Enumerable.Repeat(ServerBytes.Message(99, new byte[10000]), 100).SelectMany(record => record)],
            "without an end" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void What_breaks_the_bounds_is_an_error_that_says_so(byte[] bytes, string problem) =>
        Assert.Contains(problem, Assert.Throws<WireException>(() => Parse(bytes, FlightPart.All)).Message, StringComparison.Ordinal);

    [Fact]
    public void Any_bytes_are_taken_or_refused()
    {
        foreach (byte[] sample in Samples)
        {
            Assert.NotEqual(new ServerFlight(), Parse(sample, FlightPart.All));
        }

        Gen<byte[]> edited = from sample in Gen.Elements(Samples)
                             from edits in Gen.ListOf(Gen.Choose(0, int.MaxValue - 1), 4)
                             select edits.Aggregate(sample, Edit);
        Arbitrary<byte[]> bytes = Gen.OneOf(edited, ArbMap.Default.GeneratorFor<byte[]>().Select(any => any ?? [])).ToArbitrary();
        Prop.ForAll(bytes, IsTakenOrRefused).CheckSeeded(5000);
    }

    private static bool IsTakenOrRefused(byte[] bytes)
    {
        foreach (FlightPart part in Enum.GetValues<FlightPart>())
        {
            try
            {
                Parse(bytes, part);
            }
            catch (WireException)
            {
            }
        }

        return true;
    }

    private static byte[] Edit(byte[] bytes, int seed)
    {
        Random random = new(seed);
        int at = random.Next(bytes.Length + 1), length = Math.Min(random.Next(1, 12), bytes.Length - at);
        return random.Next(5) switch
        {
            0 => [.. bytes[..at], .. bytes[(at + length)..]],
            1 => [.. bytes[..at], (byte)random.Next(256), .. bytes[at..]],
            2 => bytes[..at],
            3 => [.. bytes[..at], .. bytes[at..(at + length)], .. bytes[at..]],
            _ => [.. bytes[..at], .. bytes[at..].Select((value, index) => index == 0 ? (byte)random.Next(256) : value)],
        };
    }

    private static ServerFlight Parse(byte[] bytes, FlightPart part)
    {
        FlightParser parser = new(part);
        parser.Take(bytes);
        return parser.Flight;
    }

    private static byte[] Ssl20(byte[] content) => [.. ServerBytes.Number16(0x8000 | content.Length), .. content];
}
