using Foobar.Ops.Database;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tests.Remoting;

namespace Foobar.Ops.Tests.Database;

/// <summary>Who holds a lock for which every write waits, and who only seems to.</summary>
public sealed class GlobalLockReaderTests
{
    [Fact]
    public async Task A_statement_that_ended_while_the_server_looked_is_no_lock()
    {
        // A busy application: at each look another connection seems to be idle and to hold what its statement held.
        long next = 17;
        await using FakeDatabaseSession database = new FakeDatabaseSession("web-01", "9.7.0")
            .On("metadata_locks", () => [Held("INTENTION_EXCLUSIVE", ++next)]);
        Assert.Empty(await GlobalLockReader.ReadAsync(database, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("INTENTION_EXCLUSIVE", "LOCK TABLES")]
    [InlineData("SHARED", "FLUSH TABLES WITH READ LOCK")]
    public async Task A_lock_that_stays_is_told_with_its_owner(string type, string statement)
    {
        await using FakeDatabaseSession database = new FakeDatabaseSession("web-01", "9.7.0").On("metadata_locks", () => [Held(type, 18)]);
        Assert.Equal(
            $"connection 18 of app from 192.0.2.11 (idle for 0 s) holds {statement}, for which every write waits",
            Assert.Single(await GlobalLockReader.ReadAsync(database, TestContext.Current.CancellationToken)));
    }

    private static DatabaseRow Held(string type, long id) =>
        new(new Dictionary<string, object?> { ["type"] = type, ["id"] = id, ["user"] = "app", ["host"] = "192.0.2.11", ["seconds"] = 0L });
}
