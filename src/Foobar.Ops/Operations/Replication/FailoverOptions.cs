using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication;

/// <summary>What the operator asks of a failover.</summary>
public sealed record FailoverOptions
{
    /// <summary>
    /// The member that shall become the primary; <see langword="null"/> to choose it by the rules of <see cref="CandidateRanking"/>.
    /// </summary>
    public string? To { get; init; }

    /// <summary>
    /// The primary and the member that shall take its place as they were shown to the operator and confirmed; what would be
    /// anything else by now is refused. <see langword="null"/> where nobody was asked.
    /// </summary>
    public ConfirmedMove? Confirmed { get; init; }

    /// <summary>Without a sign of life for how long another operator's run counts as lost.</summary>
    internal TimeSpan LostAfter { get; init; } = OperatorLock.LostAfter;

    /// <summary>In an emergency: whether acknowledged writes may be lost where it can't be excluded.</summary>
    public bool AcceptDataLoss { get; init; }

    /// <summary>
    /// In an emergency that no person sees: how many transactions may be lost at most, as far as it can be reckoned
    /// (<see cref="LossEstimate.AtRisk"/>); <see langword="null"/> for none.
    /// </summary>
    public long? MaximumLoss { get; init; }

    /// <summary>Whether no person began it; its marker says so.</summary>
    internal bool Automatic { get; init; }

    /// <summary>The id of the only operation that may be taken over; <see langword="null"/> for whichever is found.</summary>
    internal string? Left { get; init; }

    /// <summary>In an emergency: told what was seen, before anything is changed or refused.</summary>
    internal Action<FailoverPreview>? Seen { get; init; }

    /// <summary>
    /// The canary's account, with SELECT, INSERT and DELETE on <c>foobar_ops.canary</c> through the write endpoint;
    /// <see langword="null"/> for no canary.
    /// </summary>
    public DatabaseLogin? Canary { get; init; }

    /// <summary>How often the canary writes.</summary>
    public TimeSpan CanaryInterval { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>How long to wait for a small backlog before writes are stopped.</summary>
    public TimeSpan DrainLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long writes may be stopped while the candidate applies the rest; then they go back to the old primary.</summary>
    public TimeSpan CatchUpLimit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A backlog of no more transactions than this is small enough to stop writes.</summary>
    public double DrainTransactions { get; init; } = 5;

    /// <summary>A transaction that is open for longer than this, in seconds, stands in the way.</summary>
    public double LongTransactionSeconds { get; init; } = 30;
}

/// <summary>A failover as it was confirmed.</summary>
/// <param name="OldPrimary">The primary before it.</param>
/// <param name="NewPrimary">The primary after it.</param>
public sealed record ConfirmedMove(string OldPrimary, string NewPrimary);
