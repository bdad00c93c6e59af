using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tests.Remoting;

namespace Foobar.Ops.Tests.Operations.Replication;

public sealed class ReplicaStartTests
{
    [Theory]
    [InlineData("No", "Yes", 1236, 0, "1236: io", "error log")]
    [InlineData("Yes", "No", 0, 1062, "1062: sql", "error log")]
    [InlineData("Connecting", "Yes", 1045, 0, "1045: io", "lets the account 'repl' in")]
    [InlineData("Connecting", "Yes", 2026, 0, "2026: io", "with TLS")]
    public async Task What_does_not_mend_by_itself_is_told_at_once(
        string receiver, string applier, int receiverError, int applierError, string why, string recommendation)
    {
        FakeDatabaseSession member = new FakeDatabaseSession("web-01", "9.7.0")
            .On("REPLICA STATUS", Status(receiver, applier, receiverError, applierError));
        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => WaitAsync(member));
        Assert.Equal(("ReverseLinkFailed", "web-01"), (error.ErrorId, error.Server));
        Assert.EndsWith($"can't replicate from web-02: {why}", error.Message, StringComparison.Ordinal);
        Assert.Contains(recommendation, error.Recommendation ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_may_mend_is_waited_for()
    {
        int looks = 0;
        FakeDatabaseSession member = new FakeDatabaseSession("web-01", "9.7.0").On("REPLICA STATUS", () => ++looks switch
        {
            1 => [Row(Status("Connecting", "Yes", 2003, 0))],
            2 => [Row(Status("Yes", "Connecting", 1045, 0))],
            _ => [Row(Status("Yes", "Yes", 1045, 0))],
        });
        await WaitAsync(member);
        Assert.Equal(3, looks);
    }

    [Fact]
    public async Task None_is_an_error() =>
        Assert.Contains(
            "no replication",
            (await Assert.ThrowsAsync<FoobarException>(
                () => WaitAsync(new FakeDatabaseSession("web-01", "9.7.0").On("REPLICA STATUS")))).Message,
            StringComparison.Ordinal);

    private static Task WaitAsync(FakeDatabaseSession member) =>
        ReplicaStart.WaitAsync(DatabaseMember.Of(member), "web-02", TestContext.Current.CancellationToken);

    private static DatabaseRow Row((string Column, object? Value)[] cells) =>
        new(cells.Select(cell => KeyValuePair.Create(cell.Column, cell.Value)));

    private static (string Column, object? Value)[] Status(string receiver, string applier, int receiverError, int applierError) =>
    [
        ("Source_Host", "192.0.2.12"), ("Source_User", "repl"), ("Replica_IO_Running", receiver), ("Replica_SQL_Running", applier),
        ("Last_IO_Errno", receiverError), ("Last_IO_Error", "io"), ("Last_SQL_Errno", applierError), ("Last_SQL_Error", "sql"),
    ];
}
