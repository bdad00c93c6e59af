using System.Text.Json.Serialization;
using Foobar.Ops.Operations.Replication.Machines;

namespace Foobar.Ops.Operations.Replication.Detection;

/// <summary>What has become of a primary.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PrimaryCause>))]
public enum PrimaryCause : long
{
    /// <summary>It lives and takes writes.</summary>
    Alive,

    /// <summary>It lives; only this machine can't reach it.</summary>
    CutFromOperator,

    /// <summary>It lives; only a replica can't reach it.</summary>
    CutFromReplica,

    /// <summary>It lives; only the load balancer can't reach it.</summary>
    CutFromBalancer,

    /// <summary>Its machine answers, its database does not run.</summary>
    DatabaseDown,

    /// <summary>Its process is there and stopped.</summary>
    Frozen,

    /// <summary>Its process is there and runs, and answers nobody.</summary>
    Hung,

    /// <summary>It greets, and can't write: its disk is full.</summary>
    DiskFull,

    /// <summary>It greets, and can't write: its file system is read-only.</summary>
    DiskReadOnly,

    /// <summary>Nobody reaches its machine: no power, or no network.</summary>
    Unreachable,

    /// <summary>Not enough observers could look, or they disagree.</summary>
    Unclear,
}

/// <summary>Whether a primary is dead, and why that is thought.</summary>
public sealed record PrimaryVerdict
{
    /// <summary>The primary.</summary>
    public required string Primary { get; init; }

    /// <summary>Whether it takes no writes any more, seen so from several observers: only then may another take its place.</summary>
    public required bool Dead { get; init; }

    /// <summary>What has become of it.</summary>
    public required PrimaryCause Cause { get; init; }

    /// <summary>Why that is thought, in one sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>What each observer saw.</summary>
    public required IReadOnlyList<ObserverReport> Reports { get; init; }

    /// <summary>What its machine says; <see langword="null"/> if it did not answer.</summary>
    public MachineReport? Machine { get; init; }

    /// <summary>How long it took to see.</summary>
    public TimeSpan Duration { get; init; }
}
