using System.Data.Common;
using System.Diagnostics;
using System.Net.Sockets;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Database;

namespace Foobar.Ops.Tests.Remoting;

public sealed class DatabaseOpenerTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    // Client/Server protocol, Protocol::HandshakeV10: 4.1 protocol, TLS, secure connection, plugin authentication.
    private static readonly byte[] Payload =
    [
        10, .. "9.7.0\0"u8, 42, 0, 0, 0, .. "saltsalt"u8, 0,
        0x00, 0x8a, 45, 2, 0, 0x08, 0x00, 21, .. new byte[10], .. "saltsaltsalt\0"u8, .. "mysql_native_password\0"u8,
    ];

    /// <summary>What the server says and then never any more: nothing, or a greeting that offers TLS.</summary>
    public static TheoryData<bool, bool> Silences => new((false, true), (true, true), (false, false));

    [Theory]
    [MemberData(nameof(Silences))]
    public async Task A_server_that_falls_silent_is_given_up_in_time_and_ends_no_process(bool greets, bool encrypt)
    {
        List<object> uncaught = [];
        AppDomain.CurrentDomain.UnhandledException += (_, error) => uncaught.Add(error.ExceptionObject);
        string path = Path.Combine(Path.GetTempPath(), $"silent-{Guid.NewGuid():N}");
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        Task<Socket> accepting = listener.AcceptAsync();
        long started = Stopwatch.GetTimestamp();
        Task opening = DatabaseOpener.ConnectAsync("web-01", path, "app", password: null, encrypt, Limit, TestContext.Current.CancellationToken);
        using Socket accepted = await accepting;
        await accepted.SendAsync(greets ? [(byte)Payload.Length, 0, 0, 0, .. Payload] : Array.Empty<byte>(), TestContext.Current.CancellationToken);
        DatabaseException error = await Assert.ThrowsAsync<DatabaseException>(() => opening);
        Assert.Equal("DatabaseTimeout", error.ErrorId);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, Limit * 10);

        // The driver's own limit would throw on a thread of the timer's, where nobody can catch it.
        await Task.Delay(Limit * 2, TestContext.Current.CancellationToken);
        Assert.Empty(uncaught);
        File.Delete(path);
    }

    [Theory]
    [InlineData(1042, 0.5, "DatabaseUnreachable")]
    [InlineData(1042, 2, "DatabaseTimeout")]
    [InlineData(0, 2, "DatabaseTimeout")]
    [InlineData(1045, 2, "DatabaseLoginRefused")]
    [InlineData(1040, 2, "DatabaseUnreachable")]
    public void What_came_after_the_limit_is_a_timeout_unless_the_server_said_it(int number, double waited, string expected)
    {
        Exception told = DatabaseOpener.Told("web-01", "app", new DriverError(number), Limit, TimeSpan.FromSeconds(waited));
        Assert.Equal((expected, "web-01"), (Assert.IsType<DatabaseException>(told).ErrorId, ((DatabaseException)told).Server));
        Assert.Equal(waited > 1 ? "DatabaseTimeout" : "DatabaseUnreachable", ((DatabaseException)DatabaseOpener.Told("web-01", "app", new IOException("closed"), Limit, TimeSpan.FromSeconds(waited))).ErrorId);
    }

    private sealed class DriverError(int number) : DbException("the driver's words")
    {
        public int Number => number;
    }
}
