using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>What the operator asks of a repair.</summary>
public sealed record RejoinOptions
{
    /// <summary>The member to bring back; <see langword="null"/> where only one does not replicate.</summary>
    public string? Server { get; init; }

    /// <summary>
    /// The member and the primary as they were shown to the operator and confirmed; what would be anything else by now is
    /// refused. <see langword="null"/> where nobody was asked.
    /// </summary>
    public ConfirmedRepair? Confirmed { get; init; }

    /// <summary>Whether no person began it; its marker says so.</summary>
    internal bool Automatic { get; init; }

    /// <summary>Without a sign of life for how long another operator's run counts as lost.</summary>
    internal TimeSpan LostAfter { get; init; } = OperatorLock.LostAfter;

    /// <summary>How it logs in at the primary; <see langword="null"/> for the login that was kept, or that another replica has.</summary>
    public DatabaseLogin? Login { get; init; }

    /// <summary>Whether it is copied afresh though its transactions would let it rejoin as it is.</summary>
    public bool Copy { get; init; }

    /// <summary>How long its database may take to start; recovery after a crash is part of that.</summary>
    public TimeSpan StartLimit { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a fresh copy may take.</summary>
    public TimeSpan CopyLimit { get; init; } = TimeSpan.FromHours(6);

    /// <summary>How long it may take to catch up.</summary>
    public TimeSpan CatchUpLimit { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>A repair as it was confirmed.</summary>
/// <param name="Server">The member that comes back.</param>
/// <param name="Primary">The primary that it follows.</param>
public sealed record ConfirmedRepair(string Server, string Primary);
