using System.Diagnostics;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Failover.Emergency;

/// <summary>This machine's own look at a primary: a login over SSH, and where its machine says that the disk is in the way, a write.</summary>
internal sealed class OperatorVantage(ISiteSession site, string primary, Task<MachineReport?> machine)
{
    /// <summary>Looks until it answers or there was time enough.</summary>
    /// <returns>What was seen, and why a write failed: <see langword="null"/> if none was tried or it worked.</returns>
    public async Task<(VantageReport Report, string? WriteFailure)> LookAsync(Task enough, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        using CancellationTokenSource timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _ = enough.ContinueWith(_ => timer.Cancel(), cancellationToken, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            await site.GetServerAsync(primary, timer.Token);
            await using IDatabaseSession database = await UntilOpenAsync(timer.Token);
            string? failure = await machine is { } report && (report.DiskFull || report.ReadOnly) ? await WriteFailureAsync(database, timer.Token) : null;
            return (Report(Sight.Answers, $"its database let us in ({database.ServerVersion})"), failure);
        }
        catch (FoobarException error)
        {
            return (Report(error is DatabaseException ? Sight.Refused : Sight.Blind, error.Message), null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            bool there = machine is { IsCompletedSuccessfully: true } && await machine is not null;
            return (Report(there ? Sight.Silent : Sight.Blind, there ? "its machine answers over SSH, its database does not" : "its machine does not answer over SSH"), null);
        }

        VantageReport Report(Sight sight, string evidence) => new() { Vantage = Vantage.Operator, Sight = sight, Evidence = evidence, Duration = Stopwatch.GetElapsedTime(started) };
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
                await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
            }
            catch (OperationCanceledException)
            {
                throw last;
            }
        }
    }

    private static async Task<string?> WriteFailureAsync(IDatabaseSession database, CancellationToken cancellationToken)
    {
        database.TimeLimit = TimeSpan.FromSeconds(0.6);
        try
        {
            await OperationMarker.TryWriteAsync(database, cancellationToken);
            return null;
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            return error is DatabaseException { ErrorId: "DatabaseTimeout" } or OperationCanceledException ? "a write did not come back" : error.Message.TrimEnd('.');
        }
    }
}
