using System.Threading.Channels;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;

namespace Foobar.Ops.Tests.PowerShell;

public sealed class ServerFanOutTests
{
    private readonly Channel<CmdletRecord> _records = Channel.CreateUnbounded<CmdletRecord>();

    [Fact]
    public async Task One_server_s_failure_is_one_error_with_it_as_target_and_the_others_go_on()
    {
        await new ServerFanOut(4, TimeSpan.FromSeconds(30)).RunAsync(
            Servers("a", "b", "c"),
            Output(),
            async (server, _) =>
            {
                await Task.Yield();
                if (server.Name == "b")
                {
                    throw new IOException("broken");
                }

                Output().Write(server.Name);
            },
            TestContext.Current.CancellationToken);

        List<CmdletRecord> records = Records();
        Assert.Equal(["a", "c"], records.OfType<CmdletRecord.Result>().Select(record => record.Value).Order());
        Assert.Equal("b", Assert.Single(records.OfType<CmdletRecord.Failure>()).Description.Target);
    }

    [Fact]
    public async Task A_server_that_takes_too_long_is_a_timeout_of_that_server()
    {
        await new ServerFanOut(4, TimeSpan.FromMilliseconds(50)).RunAsync(
            Servers("quick", "hung"),
            Output(),
            (server, token) => server.Name == "hung" ? Task.Delay(Timeout.Infinite, token) : Task.CompletedTask,
            TestContext.Current.CancellationToken);

        CmdletRecord.Failure failure = Assert.IsType<CmdletRecord.Failure>(Assert.Single(Records()));
        Assert.Equal(("ServerTimeout", (object)"hung"), (failure.Description.Id, failure.Description.Target));
        Assert.Equal(ErrorKind.Timeout, Assert.IsType<FoobarException>(failure.Description.Exception).Kind);
    }

    [Fact]
    public async Task No_more_servers_are_worked_on_at_once_than_allowed()
    {
        int now = 0, most = 0;
        await new ServerFanOut(2, TimeSpan.FromSeconds(30)).RunAsync(
            Servers("a", "b", "c", "d", "e"),
            Output(),
            async (_, token) =>
            {
                most = Math.Max(most, Interlocked.Increment(ref now));
                await Task.Delay(20, token);
                Interlocked.Decrement(ref now);
            },
            TestContext.Current.CancellationToken);

        Assert.Equal(2, most);
    }

    [Fact]
    public async Task Cancelling_ends_all_without_an_error_record()
    {
        using CancellationTokenSource stopping = new(TimeSpan.FromMilliseconds(50));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new ServerFanOut(4, TimeSpan.FromSeconds(30)).RunAsync(
            Servers("a", "b"), Output(), (_, token) => Task.Delay(Timeout.Infinite, token), stopping.Token));

        Assert.Empty(Records());
    }

    private CmdletOutput Output() => new(_records.Writer, new WorkProgress("Test"));

    private List<CmdletRecord> Records()
    {
        _records.Writer.TryComplete();
        List<CmdletRecord> records = [];
        while (_records.Reader.TryRead(out CmdletRecord? record))
        {
            records.Add(record);
        }

        return records;
    }

    private static Server[] Servers(params string[] names) => [.. names.Select(name => TestSite.Server(name))];
}
