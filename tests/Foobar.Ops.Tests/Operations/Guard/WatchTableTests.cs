using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Guard;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Operations.Guard;

/// <summary>Suspensions of several operators in the one row that guards read.</summary>
public sealed class WatchTableTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 30, 3, 0, 0, TimeSpan.Zero);

    private readonly WatchRow _row = new();

    [Fact]
    public async Task The_first_suspension_is_written()
    {
        await SuspendAsync(30, "reboots");
        WatchStanding standing = await ReadAsync();
        Assert.Equal((Now.AddMinutes(30), "reboots"), (standing.SuspendedUntil, standing.Reason));
    }

    [Fact]
    public async Task A_shorter_suspension_leaves_a_longer_one_with_its_reason_and_holder()
    {
        await SuspendAsync(30, "reboots");
        _row.Holder = "ann on admin-01";
        await SuspendAsync(1, "");
        WatchStanding standing = await ReadAsync();
        Assert.Equal(
            (Now.AddMinutes(30), "reboots", "ann on admin-01"), (standing.SuspendedUntil, standing.Reason, standing.Holder));
    }

    [Fact]
    public async Task A_longer_suspension_and_one_after_the_end_of_another_take_its_place()
    {
        await SuspendAsync(-10, "over");
        await SuspendAsync(5, "a look");
        await SuspendAsync(30, "reboots");
        Assert.Equal((Now.AddMinutes(30), "reboots"), ((await ReadAsync()).SuspendedUntil, (await ReadAsync()).Reason));
    }

    [Fact]
    public async Task To_resume_ends_a_suspension_and_a_shorter_one_may_follow()
    {
        await SuspendAsync(30, "reboots");
        await WatchTable.ResumeAsync(_row, TestContext.Current.CancellationToken);
        Assert.Null((await ReadAsync()).SuspendedUntil);
        await SuspendAsync(1, "a look");
        Assert.Equal("a look", (await ReadAsync()).Reason);
    }

    [Fact]
    public void An_operator_is_told_which_suspension_stands()
    {
        WatchStanding none = new(), ann = Standing(30, "ann on admin-01", "reboots"), ben = Standing(1, "ben on admin-02", "");
        Assert.Null(WatchChange.Suspended(none, Now.AddMinutes(1), ben, Now).Warning);
        Assert.Null(WatchChange.Suspended(Standing(-1, "ann", "over"), Now.AddMinutes(1), ben, Now).Warning);
        string stands = WatchChange.Suspended(ann, Now.AddMinutes(1), ann, Now).Warning!;
        Assert.Contains("until 2026-11-30 03:30:00Z by ann on admin-01 ('reboots') stands", stands, StringComparison.Ordinal);
        Assert.Contains("Resume-FoobarWatch", stands, StringComparison.Ordinal);
        string replaced = WatchChange.Suspended(ben, Now.AddMinutes(30), ann, Now).Warning!;
        Assert.Contains("until 2026-11-30 03:01:00Z by ben on admin-02", replaced, StringComparison.Ordinal);
    }

    [Fact]
    public void An_operator_is_told_whose_suspension_was_ended()
    {
        Assert.Null(WatchChange.Resumed(new(), new(), Now).Warning);
        Assert.Null(WatchChange.Resumed(Standing(-1, "ann", "over"), new(), Now).Warning);
        Assert.Contains(
            "by ann ('reboots') was ended", WatchChange.Resumed(Standing(30, "ann", "reboots"), new(), Now).Warning,
            StringComparison.Ordinal);
    }

    private static WatchStanding Standing(int minutes, string holder, string reason) =>
        new() { SuspendedUntil = Now.AddMinutes(minutes), Holder = holder, Reason = reason };

    private Task SuspendAsync(int minutes, string reason) =>
        WatchTable.SuspendAsync(_row, Now.AddMinutes(minutes), reason, TestContext.Current.CancellationToken);

    private Task<WatchStanding> ReadAsync() => WatchTable.ReadAsync(_row, TestContext.Current.CancellationToken);

    /// <summary>A database with the row alone. It knows the statements of the table word for word.</summary>
    private sealed class WatchRow : IDatabaseSession
    {
        private string? _until;
        private string _reason = "", _acknowledged = "";

        public string Server => "web-01";

        public string ServerVersion => "9.7.0";

        public bool IsMariaDb => false;

        public TimeSpan TimeLimit { get; set; } = TimeSpan.FromSeconds(30);

        public string Holder { get; set; } = "";

        public Task<IReadOnlyList<DatabaseRow>> QueryAsync(
            string sql, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default) =>
            sql.Contains("foobar_ops.watch", StringComparison.Ordinal)
                ? Task.FromResult<IReadOnlyList<DatabaseRow>>(
                    [
                        new(
                        [
                            new("suspended_until", _until), new("reason", _reason), new("acknowledged", _acknowledged),
                            new("holder", Holder),
                        ]),
                    ])
                : Task.FromException<IReadOnlyList<DatabaseRow>>(
                    new DatabaseException("StatementRefused", ErrorKind.Failed, "no such table") { Number = 1146, SqlState = "42S02" });

        public Task<int> ExecuteAsync(
            string sql, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default)
        {
            switch (string.Join(' ', sql.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)))
            {
                case "UPDATE foobar_ops.watch SET suspended_until = @until, reason = @reason, holder = @holder "
                    + "WHERE slot = 1 AND (suspended_until IS NULL OR suspended_until < CAST(@until AS DATETIME(3)))":
                    if (_until is null || Time(_until) < Time((string)parameters!["until"]!))
                    {
                        Set((string)parameters!["until"]!, (string)parameters["reason"]!, _acknowledged, parameters);
                    }

                    return Task.FromResult(1);
                case "UPDATE foobar_ops.watch SET suspended_until = @until, reason = @reason, holder = @holder WHERE slot = 1":
                    Set((string)parameters!["until"]!, (string)parameters["reason"]!, _acknowledged, parameters);
                    return Task.FromResult(1);
                case "UPDATE foobar_ops.watch SET suspended_until = NULL, reason = '', acknowledged = @id, holder = @holder WHERE slot = 1":
                    Set(null, "", (string)parameters!["id"]!, parameters);
                    return Task.FromResult(1);
                case var made when made.StartsWith("CREATE ", StringComparison.Ordinal)
                    || made.StartsWith("INSERT IGNORE INTO foobar_ops.watch ", StringComparison.Ordinal):
                    return Task.FromResult(0);
                default:
                    return Task.FromException<int>(
                        new DatabaseException(
                            "StatementRefused", ErrorKind.Failed, $"unknown: {sql}") { Number = 1064, SqlState = "42000" });
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static DateTime Time(string text) => DateTime.Parse(text, CultureInfo.InvariantCulture);

        private void Set(string? until, string reason, string acknowledged, IReadOnlyDictionary<string, object?> parameters) =>
            (_until, _reason, _acknowledged, Holder) = (until, reason, acknowledged, (string)parameters["holder"]!);
    }
}
