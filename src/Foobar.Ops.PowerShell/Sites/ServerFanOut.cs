using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Hosting;

namespace Foobar.Ops.PowerShell.Sites;

/// <summary>Works on several servers at once; what fails on one is an error of that one, and the others go on.</summary>
/// <param name="Throttle">How many servers are worked on at once, at least 1.</param>
/// <param name="Limit">How long the work on one server may take, from its own start.</param>
internal sealed record ServerFanOut(int Throttle, TimeSpan Limit)
{
    /// <summary>Works on all servers; ends when each is done, has failed or has used up its time.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task RunAsync(
        IReadOnlyList<Server> servers, CmdletOutput output, Func<Server, CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        output.Progress.Expect(servers.Select(server => server.Name));
        ParallelOptions options = new() { MaxDegreeOfParallelism = Throttle, CancellationToken = cancellationToken };
        return Parallel.ForEachAsync(servers, options, async (server, token) =>
        {
            try
            {
                await WithinLimitAsync(server, work, token);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                output.Fail(exception, server.Name);
            }
            finally
            {
                output.Progress.Done(server.Name);
            }
        });
    }

    private async Task WithinLimitAsync(Server server, Func<Server, CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            await work(server, limit.Token);
        }
        catch (OperationCanceledException exception) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            string seconds = Limit.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
            throw new FoobarException(
                "ServerTimeout", ErrorKind.Timeout,
                $"{server.Name}: not done within {seconds} s; what ran there was ended.",
                exception) { Server = server.Name };
        }
    }
}
