using Foobar.Ops.Database;
using Foobar.Ops.Planning;

namespace Foobar.Ops.Operations.Replication.Switchover;

/// <summary>What a switchover needs of a preflight besides what its journal keeps.</summary>
/// <param name="Durability">What the candidate waits for at each commit when it is a primary.</param>
/// <param name="SemiSync">Whether commits shall wait for a replica after the switch.</param>
/// <param name="Unbound">The names of the accounts that <c>read_only</c> does not bind on the old primary; <see langword="null"/> if not
/// known.</param>
/// <param name="Unlogged">What keeps writes out of the old primary's log, so that no transaction tells of them.</param>
internal sealed record SwitchoverMeans(
    Durability Durability, bool SemiSync, IReadOnlyList<string>? Unbound, IReadOnlyList<string> Unlogged);

/// <summary>A switchover of which it is decided what it does.</summary>
internal sealed class DecidedSwitchover : IDecidedOperation<FailoverResult>
{
    private readonly OperationHost _host;
    private readonly SwitchoverConnections _live;
    private readonly SwitchoverParameters _parameters;
    private readonly SwitchoverSteps _steps;
    private readonly FailoverCanary? _canary;

    /// <summary>Builds its steps.</summary>
    /// <param name="host">Who runs it.</param>
    /// <param name="live">The connections.</param>
    /// <param name="options">The limits.</param>
    /// <param name="parameters">What was decided, as the journal keeps it.</param>
    /// <param name="means">What else it needs.</param>
    /// <param name="canary">The canary, which writes already; <see langword="null"/> for none.</param>
    public DecidedSwitchover(
        OperationHost host,
        SwitchoverConnections live,
        FailoverOptions options,
        SwitchoverParameters parameters,
        SwitchoverMeans means,
        FailoverCanary? canary = null)
    {
        (_host, _live, _parameters, _canary) = (host, live, parameters, canary);
        WriteFence fence = new(live.OldPrimary.Member, live.OldSecond, live.Candidate.Member, means.Unbound);
        _steps = new(
            live, options, parameters, means.Durability, fence, new ReverseLink(live, means.SemiSync), host.Time)
            {
                Unlogged = means.Unlogged,
                Canary = canary?.Writer,
            };
    }

    public OperationIds Ids => _parameters.Ids;

    public bool LeavesOpen => true;

    public Plan Plan() => _steps.Plan();

    public Task<FailoverResult> ReportAsync(OperationEnd end) =>
        new SwitchoverReport(_live, _steps, end.Runner, _host.Store, _host.Time) { Canary = _canary }
            .MakeAsync(end.Result, end.Journal, end.Started);

    public ValueTask DisposeAsync() => _canary?.DisposeAsync() ?? ValueTask.CompletedTask;
}
