using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Canary;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Operations;

public sealed class WriteCanaryTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    [Fact]
    public async Task What_no_patience_mends_is_told_at_once_and_in_the_servers_words()
    {
        for (int attempt = 0; attempt < 200; attempt++)
        {
            await using WriteCanary canary = new(
                _ => throw new DatabaseException("DatabaseLoginRefused", ErrorKind.Authentication, "Access denied (error 1045)"),
                $"{Guid.NewGuid()}", Interval);
            FoobarException error = await Assert.ThrowsAsync<FoobarException>(
                () => canary.StartAsync(TestContext.Current.CancellationToken));
            Assert.Equal("CanaryFailed", error.ErrorId);
            Assert.Contains("Access denied", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(
        1290,
        "The MySQL server is running with the --read-only option so it cannot execute this statement (error 1290)",
        "leads to a member that takes no writes")]
    [InlineData(1290, "Der MySQL-Server läuft mit der Option --super-ro und kann diese Anweisung nicht ausführen (error 1290)",
        "leads to a member that takes no writes")]
    [InlineData(1836, "Ausführung im Nur-Lese-Modus (error 1836)", "leads to a member that takes no writes")]
    [InlineData(1142, "INSERT command denied (error 1142)", "needs SELECT, INSERT and DELETE")]
    public async Task The_advice_is_about_the_endpoint_where_that_is_at_fault(int number, string message, string advice)
    {
        await using WriteCanary canary = new(
            _ => throw new DatabaseException("StatementRefused", ErrorKind.Failed, message) { Number = number },
            $"{Guid.NewGuid()}", Interval);
        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => canary.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains(advice, error.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_failed_is_left_and_its_write_not_repeated()
    {
        List<Channel> opened = [];
        await using WriteCanary canary = new(
            _ =>
            {
                opened.Add(new Channel(works: opened.Count != 0));
                return Task.FromResult<IDatabaseSession>(opened[^1]);
            },
            $"{Guid.NewGuid()}",
            Interval);
        await canary.StartAsync(TestContext.Current.CancellationToken);
        IReadOnlyList<CanaryWrite> writes = await canary.StopAsync();
        Assert.Equal((2, true), (opened.Count, opened[0].IsClosed));
        Assert.Contains("gone", writes[0].Error, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(1, writes.Count).Select(number => (long)number), writes.Select(write => write.Sequence));
        Assert.Single(opened[0].Statements);
        Assert.DoesNotContain(opened[0].Statements[0], opened[1].Statements);
    }

    private sealed class Channel(bool works) : IDatabaseSession
    {
        public string Server => "lb-01";

        public string ServerVersion => "9.7.0";

        public bool IsMariaDb => false;

        public TimeSpan TimeLimit { get; set; }

        public List<string> Statements { get; } = [];

        public bool IsClosed { get; private set; }

        public Task<IReadOnlyList<DatabaseRow>> QueryAsync(
            string sql, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException("A canary only writes.");

        public Task<int> ExecuteAsync(
            string sql, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default)
        {
            Statements.Add(sql);
            return works ? Task.FromResult(1) : throw new DatabaseException("DatabaseConnectionLost", ErrorKind.Connection, "gone");
        }

        public ValueTask DisposeAsync()
        {
            IsClosed = true;
            return ValueTask.CompletedTask;
        }
    }
}
