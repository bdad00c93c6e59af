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
            .On("metadata_locks", () => [Held("GLOBAL INTENTION_EXCLUSIVE", ++next)]);
        Assert.Empty(await GlobalLockReader.ReadAsync(database, backups: true, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("GLOBAL INTENTION_EXCLUSIVE", "Query", "busy for 0 s) holds LOCK TABLES, for which every write to these tables ")]
    [InlineData("GLOBAL SHARED", "Sleep", "idle for 0 s) holds FLUSH TABLES WITH READ LOCK, for which every write waits")]
    [InlineData("BACKUP LOCK SHARED", "Sleep", "idle for 0 s) holds LOCK INSTANCE FOR BACKUP: a backup runs, ")]
    public async Task A_lock_that_stays_is_told_with_its_owner(string type, string command, string told)
    {
        await using FakeDatabaseSession database = new FakeDatabaseSession("web-01", "9.7.0")
            .On("metadata_locks", () => [Held(type, 18, command)]);
        Assert.StartsWith(
            $"connection 18 of app from 192.0.2.11 ({told}",
            Assert.Single(await GlobalLockReader.ReadAsync(database, backups: true, TestContext.Current.CancellationToken)),
            StringComparison.Ordinal);
        Assert.Equal(
            type != "BACKUP LOCK SHARED",
            (await GlobalLockReader.ReadAsync(database, backups: false, TestContext.Current.CancellationToken)).Any());
    }

    private static DatabaseRow Held(string type, long id, string command = "Sleep") => new(new Dictionary<string, object?>
    {
        ["type"] = type, ["id"] = id, ["user"] = "app", ["host"] = "192.0.2.11", ["command"] = command, ["seconds"] = 0L,
    });
}
