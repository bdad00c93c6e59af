using System.Diagnostics;
using System.Net.Sockets;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>A write canary's way to a database, at whose end somebody misbehaves.</summary>
public sealed class DatabasePathTests : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly LocalForward _forward = new(Path.Combine(Path.GetTempPath(), $"path-{Guid.NewGuid():N}"));
    private readonly Secret _password = new("s3cret");

    public DatabasePathTests()
    {
        _listener.Bind(new UnixDomainSocketEndPoint(_forward.LocalPath));
        _listener.Listen();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_that_falls_silent_is_given_up_in_time(bool greets)
    {
        await using DatabasePath path = await OpenAsync();
        Task<Socket> accepting = _listener.AcceptAsync();
        long started = Stopwatch.GetTimestamp();
        Task opening = path.OpenChannelAsync(TestContext.Current.CancellationToken);
        using Socket accepted = await accepting;
        await accepted.SendAsync(greets ? WireTests.Packet(0, WireTests.Greeting("mysql_native_password")) : [], TestContext.Current.CancellationToken);
        DatabaseException error = await Assert.ThrowsAsync<DatabaseException>(() => opening);
        Assert.Equal(("DatabaseTimeout", "lb-01"), (error.ErrorId, error.Server));
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, Limit * 10);

        // Nothing is left at the server's end.
        await DrainAsync(accepted);
    }

    [Fact]
    public async Task A_cancelled_one_ends_at_once()
    {
        await using DatabasePath path = await OpenAsync();
        using CancellationTokenSource cancel = new();
        Task opening = path.OpenChannelAsync(cancel.Token);
        using Socket accepted = await _listener.AcceptAsync(TestContext.Current.CancellationToken);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening);
        await DrainAsync(accepted);
    }

    [Fact]
    public async Task Another_way_of_logging_in_is_left_to_the_driver()
    {
        await using DatabasePath path = await OpenAsync();
        Task opening = path.OpenChannelAsync(TestContext.Current.CancellationToken);
        using (Socket first = await _listener.AcceptAsync(TestContext.Current.CancellationToken))
        {
            await first.SendAsync(WireTests.Packet(0, WireTests.Greeting("mysql_native_password")), TestContext.Current.CancellationToken);
            await first.SendAsync(WireTests.Packet(2, [0xfe, .. "client_ed25519\0saltsalt"u8]), TestContext.Current.CancellationToken);
            await DrainAsync(first);
        }

        using Socket second = await _listener.AcceptAsync(TestContext.Current.CancellationToken);
        _listener.Dispose();
        second.Dispose();
        DatabaseException error = await Assert.ThrowsAsync<DatabaseException>(() => opening);
        Assert.Equal(ErrorKind.Connection, error.Kind);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        _password.Dispose();
        File.Delete(_forward.LocalPath);
        await _forward.DisposeAsync();
    }

    private Task<DatabasePath> OpenAsync() => DatabasePath.OpenAsync(
        new FakeServerSession(TestSite.Create().Find("lb-01")!) { Forward = _forward }, new("192.0.2.10", 3306), new("canary", _password), Limit, TestContext.Current.CancellationToken);

    private static async Task DrainAsync(Socket socket)
    {
        byte[] heard = new byte[256];
        while (await socket.ReceiveAsync(heard, TestContext.Current.CancellationToken) > 0)
        {
        }
    }

    private sealed record LocalForward(string LocalPath) : IForward
    {
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
