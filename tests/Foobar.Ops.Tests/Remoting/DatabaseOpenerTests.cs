using System.Data.Common;
using System.Diagnostics;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Database;
using Foobar.Ops.Remoting.Drivers;
using FsCheck;
using FsCheck.Fluent;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>Opening a connection by the real driver, with a server at the other end that misbehaves.</summary>
public sealed class DatabaseOpenerTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    // TLS, besides what the scripted greeting offers: Capabilities 0x0800.
    private static byte[] Encrypted
    {
        get
        {
            byte[] greeting = ScriptedDatabase.Greeting("9.7.0", 1);
            greeting["10".Length + "9.7.0".Length + 4 + 8 + 1 + 1] |= 0x08;
            return greeting;
        }
    }

    /// <summary>What the server says and then never any more: nothing, or a greeting that offers TLS.</summary>
    public static TheoryData<bool, bool> Silences => new((false, true), (true, true), (false, false));

    [Theory]
    [MemberData(nameof(Silences))]
    public async Task A_server_that_falls_silent_is_given_up_in_time_and_ends_no_process(bool greets, bool encrypt)
    {
        List<object> uncaught = [];
        AppDomain.CurrentDomain.UnhandledException += (_, error) => uncaught.Add(error.ExceptionObject);
        await using ScriptedDatabase database = new() { Greets = _ => greets ? Encrypted : [], LogsIn = () => [] };
        long started = Stopwatch.GetTimestamp();
        DatabaseException error = await Assert.ThrowsAsync<DatabaseException>(() => OpenAsync(database, encrypt));
        Assert.Equal("DatabaseTimeout", error.ErrorId);
        Assert.DoesNotContain("killed", error.Recommendation, StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, Limit * 10);

        // Nothing of it is left: the driver's own limit ends the connection.
        await database.EndOf(1).WaitAsync(Limit * 10, TestContext.Current.CancellationToken);
        Assert.Empty(uncaught);
    }

    [Fact]
    public async Task Whoever_cancels_before_the_greeting_is_back_at_once()
    {
        await using ScriptedDatabase database = new() { Greets = _ => [] };
        using CancellationTokenSource cancel = new();
        Task opening = DatabaseOpener.ConnectAsync(
            "web-01", database.Path, "app", password: null, encrypt: true, TimeSpan.FromMinutes(10), cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening.WaitAsync(Limit * 10, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(1045, "#28000Access denied for user 'app'", "DatabaseLoginRefused", "28000")]
    [InlineData(1698, "#28000Access denied for user 'app'", "DatabaseLoginRefused", "28000")]
    [InlineData(1040, "#08004Too many connections", "DatabaseUnreachable", "08004")]
    public async Task A_refused_login_keeps_the_server_s_number_state_and_words(int number, string words, string expected, string state)
    {
        await using ScriptedDatabase database = new() { LogsIn = () => ScriptedDatabase.Error(number, words) };
        DatabaseException error = await Assert.ThrowsAsync<DatabaseException>(() => OpenAsync(database));
        Assert.Equal((expected, number, state, "web-01"), (error.ErrorId, error.Number, error.SqlState, error.Server));
        Assert.Contains(words[6..], error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "-DatabaseCredential")]
    [InlineData("wrong", "the password")]
    public async Task What_to_do_for_a_refused_login_depends_on_what_logged_in(string? password, string advice)
    {
        await using ScriptedDatabase database = new() { LogsIn = () => ScriptedDatabase.Error(1045, "#28000Access denied") };
        using Secret? given = password is null ? null : new Secret(password);
        DatabaseException error = await Assert.ThrowsAsync<DatabaseException>(
            () => DatabaseOpener.ConnectAsync(
                "web-01", database.Path, "app", given, encrypt: false, TimeSpan.FromMinutes(1), CancellationToken.None));
        Assert.Equal("DatabaseLoginRefused", error.ErrorId);
        Assert.Contains(advice, error.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_refuses_instead_of_greeting_is_heard()
    {
        await using ScriptedDatabase database = new() { Greets = _ => ScriptedDatabase.Error(1040, "Too many connections") };
        DatabaseException error = await Assert.ThrowsAsync<DatabaseException>(() => OpenAsync(database));
        Assert.Equal(("DatabaseUnreachable", 1040), (error.ErrorId, error.Number));
        Assert.Contains("Too many connections", error.Message, StringComparison.Ordinal);
    }

    // The driver's own words are "Unable to connect to any of the specified MySQL hosts.", whatever it met.
    [Fact]
    public async Task A_forward_that_is_gone_is_told_from_a_database_that_does_not_run()
    {
        string path = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"));

        DatabaseException error = await Assert.ThrowsAsync<DatabaseException>(
            () => DatabaseOpener.ConnectAsync(
                "web-01", path, "app", password: null, encrypt: false, TimeSpan.FromMinutes(1), CancellationToken.None));

        Assert.Equal("DatabaseUnreachable", error.ErrorId);
        Assert.Contains(
            "the SSH connection that carries it has ended, or its forward was closed (", error.Message, StringComparison.Ordinal);
        Assert.StartsWith("Run the command again", error.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_login_method_that_the_driver_has_not_is_named()
    {
        await using ScriptedDatabase database = new() { LogsIn = () => [0xfe, .. "client_ed25519\0"u8, .. new byte[32]] };
        DatabaseException error = await Assert.ThrowsAsync<DatabaseException>(() => OpenAsync(database));
        Assert.Equal(("DatabaseLoginRefused", ErrorKind.Authentication), (error.ErrorId, error.Kind));
        Assert.Contains("client_ed25519", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.5, "DatabaseUnreachable")]
    [InlineData(2, "DatabaseTimeout")]
    public async Task What_the_driver_says_after_the_limit_is_a_timeout(double waited, string expected)
    {
        await using ScriptedDatabase database = new() { Greets = _ => [0] };
        Exception raw = await Assert.ThrowsAnyAsync<Exception>(
            () => LoadedDrivers.Database.Create(new(database.Path, "app", null, Encrypt: false, Limit))
                .OpenAsync(TestContext.Current.CancellationToken));
        foreach (Exception error in (Exception[])[raw, new IOException("closed")])
        {
            Exception told = DatabaseOpener.Told("web-01", "app", byPassword: false, error, Limit, TimeSpan.FromSeconds(waited));
            Assert.Equal(expected, Assert.IsType<DatabaseException>(told).ErrorId);
        }
    }

    [Fact]
    public async Task What_the_server_says_after_the_limit_is_told_as_it_is()
    {
        await using ScriptedDatabase database = new() { LogsIn = () => ScriptedDatabase.Error(1045, "#28000Access denied") };
        Exception raw = await Assert.ThrowsAnyAsync<Exception>(
            () => LoadedDrivers.Database.Create(new(database.Path, "app", null, Encrypt: false, Limit))
                .OpenAsync(TestContext.Current.CancellationToken));
        Exception told = DatabaseOpener.Told("web-01", "app", byPassword: false, raw, Limit, Limit * 2);
        Assert.Equal("DatabaseLoginRefused", Assert.IsType<DatabaseException>(told).ErrorId);
    }

    [Fact]
    public void Whatever_a_server_says_is_a_login_or_a_clean_error() => Prop.ForAll<byte[], byte[]>((greeting, answer) =>
    {
        foreach (bool greets in (bool[])[true, false])
        {
            ScriptedDatabase database = new()
            {
                Greets = id => greets ? ScriptedDatabase.Greeting("9.7.0", id) : [10, .. greeting],
                LogsIn = () => [0xfe, .. answer],
                Answers = (_, _) => Task.FromResult<byte[]?>(null),
            };
            Exception? error = Record.ExceptionAsync(() => OpenAsync(database)).AsTask().GetAwaiter().GetResult();
            database.DisposeAsync().AsTask().GetAwaiter().GetResult();
            Assert.True(error is null or DatabaseException, error?.ToString());
        }
    }).CheckSeeded();

    [Fact]
    public async Task The_warm_up_reaches_its_end() =>
        await LoadedDrivers.Database.WarmUpAsync().WaitAsync(Limit * 10, TestContext.Current.CancellationToken);

    private static Task<DbConnection> OpenAsync(ScriptedDatabase database, bool encrypt = false) =>
        DatabaseOpener.ConnectAsync("web-01", database.Path, "app", password: null, encrypt, Limit, TestContext.Current.CancellationToken);
}
