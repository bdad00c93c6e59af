using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Replication.Machines;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Detection;

/// <summary>
/// This machine's own look at a primary: a login over SSH, and where its machine says that the disk is in the way, a write.
/// </summary>
internal sealed class OperatorObserver(ISiteSession site, string primary, Task<MachineReport?> machine)
{
    // For all of its statements: a slow disk is no full one.
    private static readonly TimeSpan WriteLimit = TimeSpan.FromSeconds(1.2);

    /// <summary>Looks until it answers or there was time enough.</summary>
    /// <returns>What was seen, and why a write failed: <see langword="null"/> if none was tried or it worked.</returns>
    public async Task<(ObserverReport Report, string? WriteFailure)> LookAsync(Task enough, CancellationToken cancellationToken)
    {
        long started = site.Time.GetTimestamp();
        using CancellationTokenSource timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _ = enough.ContinueWith(
            _ => timer.Cancel(), cancellationToken, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            await site.GetServerAsync(primary, timer.Token);
            IDatabaseSession database = await UntilOpenAsync(timer.Token);
            string version = database.ServerVersion;
            Task writing = TryAsync(
                database, writes: await machine is { } report && (report.DiskFull || report.ReadOnly), cancellationToken);
            return (Report(
                ProbeOutcome.Answers, $"its database let us in ({version})"), await WriteFailureAsync(writing, site.Time, timer.Token));
        }
        catch (FoobarException error)
        {
            return (Report(error is DatabaseException ? ProbeOutcome.Refused : ProbeOutcome.Blind, error.Message), null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            bool there = machine is { IsCompletedSuccessfully: true } && await machine is not null;
            return (Report(
                there ? ProbeOutcome.Silent : ProbeOutcome.Blind,
                there ? "its machine answers over SSH, its database does not" : "its machine does not answer over SSH"), null);
        }

        ObserverReport Report(ProbeOutcome outcome, string evidence) =>
            new()
            {
                Observer = Observer.Operator,
                ProbeOutcome = outcome,
                Evidence = evidence,
                Duration = site.Time.GetElapsedTime(started),
            };
    }

    // A database that is being restarted refuses for a moment.
    private async Task<IDatabaseSession> UntilOpenAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            DatabaseException last;
            try
            {
                return await site.OpenDatabaseAsync(primary, cancellationToken);
            }
            catch (DatabaseException error)
            {
                last = error;
            }

            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), site.Time, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                throw last;
            }
        }
    }

    private static async Task<string?> WriteFailureAsync(Task writing, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await writing.WaitAsync(WriteLimit, time, cancellationToken);
            return null;
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException or TimeoutException)
        {
            return error is FoobarException and not DatabaseException { ErrorId: "DatabaseTimeout" }
                ? error.Message.TrimEnd('.')
                : "a write did not come back";
        }
    }

    // Ends when the write has. One that hangs is ended on the server, which takes its time on a full disk, and saying goodbye
    // may: the outage goes on meanwhile, and neither tells anything of the write.
    private static Task TryAsync(IDatabaseSession database, bool writes, CancellationToken cancellationToken)
    {
        TaskCompletionSource written = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = WriteAsync();
        return written.Task;

        async Task WriteAsync()
        {
            await using (database)
            {
                database.TimeLimit = WriteLimit;
                Task writing = writes ? DatabaseMember.Of(database).Marks.TryWriteAsync(cancellationToken) : Task.CompletedTask;
                await writing.ContinueWith(
                    written.SetFromTask, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
        }
    }
}
