using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Planning;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>A rejoin that is about to begin.</summary>
/// <param name="host">Who runs it.</param>
/// <param name="survey">Who looks at the members.</param>
/// <param name="options">What is asked for.</param>
internal sealed class NewRejoin(OperationHost host, RejoinSurvey survey, RejoinOptions options) : IOperation<RejoinResult>
{
    public string Kind => "repair";

    public async Task<IConnectedOperation<RejoinResult>> ConnectAsync(DateTimeOffset started, CancellationToken cancellationToken)
    {
        host.Earlier.RefuseUnfinished();
        ConfirmedRepair repair = await survey.AcceptAsync(options, options.Confirmed, cancellationToken);
#pragma warning disable CA2000 // The host owns it.
        RejoinConnections live = await RejoinConnections.OpenAsync(host.Session, repair.Server, repair.Primary, cancellationToken);
#pragma warning restore CA2000
        return new Connected(this, repair, live);
    }

    private async Task<IDecidedOperation<RejoinResult>> DecideAsync(
        ConfirmedRepair repair, RejoinConnections live, CancellationToken cancellationToken)
    {
        if (await live.Primary.Member.Marks.ReadAsync(cancellationToken) is { IsUnfinished: true } other)
        {
            throw new FoobarException(
                "OperationRunning", ErrorKind.Refused,
                $"The repair was refused, and nothing was changed: {repair.Primary}: {other}.")
                {
                    Server = repair.Primary,
                    Recommendation = OperationMarker.Recommendation,
                };
        }

        await survey.AcceptAsync(options, repair, cancellationToken);
        CloseEarlier();
        return new DecidedRejoin(host, live, new(live, options, host.Store, Guid.CreateVersion7().ToString(), host.Time));
    }

    // A killed repair needs no resume: every step of a new one may be done again.
    private void CloseEarlier()
    {
        while (host.Store.FindUnfinished(Kind) is { } earlier)
        {
            using FileJournal journal = host.Store.OpenJournal(earlier.Path);
            journal.Append([new() { Time = host.Time.GetUtcNow(), Event = JournalEvent.End, Name = "end", Text = "Superseded" }]);
        }
    }

    private sealed class Connected(NewRejoin operation, ConfirmedRepair repair, RejoinConnections live) : IConnectedOperation<RejoinResult>
    {
        public OperationConnections Live => live;

        public Task<IDecidedOperation<RejoinResult>> DecideAsync(DateTimeOffset started, CancellationToken cancellationToken) =>
            operation.DecideAsync(repair, live, cancellationToken);
    }
}
