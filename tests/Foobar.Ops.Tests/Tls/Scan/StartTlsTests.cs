using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.Tls.Scan;
using Foobar.Ops.Tls.Scan.Registry;

namespace Foobar.Ops.Tests.Tls.Scan;

/// <summary>TLS that is begun in another protocol, by servers that speak just that much of it.</summary>
public sealed class StartTlsTests
{
    private static readonly byte[] Greeting = MySqlGreeting(capabilities: 0xFFFF);

    [Theory]
    [InlineData(StartTls.MySql, "192.0.2.11", true)]
    [InlineData(StartTls.MySql, "db.example", true)]
    [InlineData(StartTls.MySql, "127.0.0.1", false)]
    [InlineData(StartTls.MySql, "::1", false)]
    [InlineData(StartTls.MySql, "localhost", false)]
    [InlineData(StartTls.PostgreSql, "192.0.2.11", false)]
    [InlineData(StartTls.None, "192.0.2.11", false)]
    public void A_scan_of_MySQL_may_bring_its_host_a_refusal(StartTls protocol, string host, bool risky) =>
        Assert.Equal(risky, protocol.Risk(host)?.Contains("max_connect_errors", StringComparison.Ordinal) == true);

    [Theory]
    [InlineData(StartTls.MySql)]
    [InlineData(StartTls.PostgreSql)]
    [InlineData(StartTls.Smtp)]
    [InlineData(StartTls.Ldap)]
    public async Task TLS_is_begun(StartTls protocol)
    {
        using TestEndpoint endpoint = TestEndpoint.Of(async stream =>
        {
            await BeginAsync(protocol, stream);
            byte[] hello = new byte[16384];
            int read = await stream.ReadAsync(hello);
            bool isTls12 = read > 10 && hello[0] == 22 && hello[10] == 3 && hello.AsSpan(0, read).IndexOf((byte[])[0x02, 0x03, 0x04]) < 0;
            await stream.WriteAsync(
                isTls12 && hello.AsSpan(0, read).IndexOf((byte[])[0xC0, 0x2F]) >= 0 ? ServerBytes.Flight() : ServerBytes.Alert(70));
        });

        TlsScan scan = await ScanAsync(endpoint, protocol);

        Assert.Equal("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", Assert.Single(scan.Of(TlsVersion.Tls12).Suites).Name);
    }

    public static TheoryData<StartTls, byte[], string> Refusals => new()
    {
        { StartTls.MySql, MySqlGreeting(capabilities: 0xF7FF), "offers no TLS" },
        { StartTls.MySql, [12, 0, 0, 0, 0xFF, 0x69, 0x04, .. Encoding.ASCII.GetBytes("Host blo.")], "Host blo." },
        { StartTls.MySql, Encoding.ASCII.GetBytes("SSH-2.0-OpenSSH\r\n"), "does not speak MySQL" },
        { StartTls.MySql, [1, 0, 0, 0, 10], "does not speak MySQL" },
        { StartTls.PostgreSql, [(byte)'N'], "offers no TLS" },
        { StartTls.PostgreSql, [(byte)'H'], "does not speak PostgreSQL" },
        { StartTls.Smtp, Encoding.ASCII.GetBytes("220 mx\r\n250 mx\r\n"), "offers no TLS" },
        { StartTls.Smtp, Encoding.ASCII.GetBytes("554 go away\r\n"), "554 go away" },
        { StartTls.Smtp, Encoding.ASCII.GetBytes("SSH-2.0-OpenSSH\r\n"), "does not speak SMTP" },
        { StartTls.Smtp, [.. Enumerable.Repeat((byte)'2', 5000)], "does not speak SMTP" },
        { StartTls.Ldap, [0x30, 12, 2, 1, 1, 0x78, 7, 0x0A, 1, 2, 4, 0, 4, 0], "offers no TLS" },
        { StartTls.Ldap, [0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xFF], "does not speak LDAP" },
        { StartTls.Ldap, [0x30, 0], "does not speak LDAP" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task What_can_t_begin_says_why(StartTls protocol, byte[] answer, string problem)
    {
        using TestEndpoint endpoint = TestEndpoint.Of(async stream =>
        {
            await stream.WriteAsync(answer);
            _ = await stream.ReadAsync(new byte[1000]);
            await Task.Delay(TimeSpan.FromSeconds(1));
        });

        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => ScanAsync(endpoint, protocol));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    private static Task<TlsScan> ScanAsync(TestEndpoint endpoint, StartTls protocol) => TlsScanner.ScanAsync(
        endpoint.Endpoint, endpoint.ConnectAsync, new ScanOptions { StartTls = protocol, ConnectionLimit = TimeSpan.FromSeconds(2) }, null,
            TestContext.Current.CancellationToken);

    private static async Task BeginAsync(StartTls protocol, Stream stream)
    {
        byte[] buffer = new byte[1000];
        switch (protocol)
        {
            case StartTls.MySql:
                await stream.WriteAsync(Greeting);
                await stream.ReadExactlyAsync(buffer.AsMemory(0, 36));
                break;
            case StartTls.PostgreSql:
                await stream.ReadExactlyAsync(buffer.AsMemory(0, 8));
                await stream.WriteAsync("S"u8.ToArray());
                break;
            case StartTls.Smtp:
                await stream.WriteAsync("220-mx.example.net\r\n220 ready\r\n"u8.ToArray());
                _ = await stream.ReadAsync(buffer);
                await stream.WriteAsync("250-mx.example.net\r\n250-SIZE 1\r\n250 starttls\r\n"u8.ToArray());
                _ = await stream.ReadAsync(buffer);
                await stream.WriteAsync("220 go ahead\r\n"u8.ToArray());
                break;
            default:
                await stream.ReadExactlyAsync(buffer.AsMemory(0, 31));
                await stream.WriteAsync((byte[])[0x30, 12, 2, 1, 1, 0x78, 7, 0x0A, 1, 0, 4, 0, 4, 0]);
                break;
        }
    }

    private static byte[] MySqlGreeting(int capabilities)
    {
        byte[] packet = [10, .. Encoding.ASCII.GetBytes("8.4.3"), 0, 1, 0, 0, 0, .. new byte[8], 0, (byte)capabilities,
            (byte)(capabilities >> 8), 45, 2, 0, 0, 0];
        return [(byte)packet.Length, 0, 0, 0, .. packet];
    }
}
