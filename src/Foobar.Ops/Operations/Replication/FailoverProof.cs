using System.Text.Json.Serialization;
using Foobar.Ops.Database;
using Foobar.Ops.Database.Gtids;
using Foobar.Ops.Operations.Canary;
using Foobar.Ops.Operations.Comparison;
using Foobar.Ops.Planning;

namespace Foobar.Ops.Operations.Replication;

/// <summary>Whether it is proved that no acknowledged write was lost.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ProofVerdict>))]
public enum ProofVerdict : long
{
    /// <summary>
    /// Every logged transaction of the old primary is on the new one, none came to the old one afterwards, and nothing is known that kept
    /// writes out of the log.
    /// </summary>
    Proven,

    /// <summary>Transactions are missing; they are named.</summary>
    Disproven,

    /// <summary>It can't be told; the reason is named.</summary>
    Unprovable,
}

/// <summary>The proof of a failover.</summary>
public sealed record FailoverProof
{
    /// <summary>What is proved.</summary>
    public required ProofVerdict Verdict { get; init; }

    /// <summary>Why, in one sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>The transactions that the new primary lacks; empty for none or unknown.</summary>
    public string MissingGtids { get; init; } = "";

    /// <summary>
    /// When the tables of both members were last compared (<c>Compare-FoobarReplication</c>) and what came of it: what is proved
    /// by transactions says nothing of rows that were changed without one.
    /// </summary>
    public string LastComparison { get; init; } = "";

    /// <summary>Judges what the members hold.</summary>
    /// <param name="flavor">The flavour of both.</param>
    /// <param name="oldFinal">What the old primary held when it was fenced; <see langword="null"/> if it could not be read.</param>
    /// <param name="oldNow">What the old primary holds now; <see langword="null"/> if it could not be read.</param>
    /// <param name="newNow">What the new primary holds now.</param>
    /// <param name="canary">What became of the canary's acknowledged writes; <see langword="null"/> for no canary.</param>
    /// <param name="unlogged">What kept writes out of the old primary's log, so that no transaction tells of them; empty for nothing
    /// known.</param>
    internal static FailoverProof Judge(
        DatabaseFlavor flavor, string? oldFinal, string? oldNow, string newNow, CanaryAccount? canary, IReadOnlyList<string> unlogged)
    {
        if (canary is { Lost: > 0 } or { Doubled: > 0 })
        {
            return new()
            {
                Verdict = ProofVerdict.Disproven,
                Reason =
                    $"{canary.Lost} of the canary's {canary.Acknowledged} acknowledged writes are missing, "
                        + $"{canary.Doubled} are there twice.",
            };
        }

        if (oldFinal is null)
        {
            return new() { Verdict = ProofVerdict.Unprovable, Reason = "The old primary's last transactions could not be read." };
        }

        string missing = GtidComparison.Errant(flavor, oldFinal, newNow);
        if (missing.Length > 0)
        {
            return new()
            {
                Verdict = ProofVerdict.Disproven,
                Reason = "Transactions of the old primary are not on the new one.",
                MissingGtids = missing,
            };
        }

        string later = oldNow is null ? "" : GtidComparison.Errant(flavor, oldNow, newNow);
        if (later.Length > 0)
        {
            return new()
            {
                Verdict = ProofVerdict.Disproven,
                Reason = "The old primary took transactions after it was fenced.",
                MissingGtids = later,
            };
        }

        const string Logged =
            "Every logged transaction of the old primary is on the new one, and none came to the old one after it was fenced";
        return (oldNow, unlogged) switch
        {
            (null, _) => new() { Verdict = ProofVerdict.Unprovable, Reason = "The old primary could not be read again after the switch." },
            (_, { Count: > 0 }) => new()
            {
                Verdict = ProofVerdict.Unprovable,
                Reason = $"{Logged}; but writes were kept out of its log: {string.Join("; ", unlogged)}.",
            },
            _ => new()
            {
                Verdict = ProofVerdict.Proven,
                Reason =
                    $"{Logged}{(canary is null ? "" : $"; all {canary.Acknowledged} acknowledged writes of the canary are there once")}.",
            },
        };
    }

    /// <summary>Judges what the members hold after writes went back to the old primary.</summary>
    internal static FailoverProof JudgeUndone(DatabaseFlavor flavor, string oldPrimary, string newPrimary, string oldNow, string newNow)
    {
        string missing = GtidComparison.Errant(flavor, newNow, oldNow);
        return missing.Length == 0
            ? new()
            {
                Verdict = ProofVerdict.Proven,
                Reason = $"Writes are at {oldPrimary} again, and every logged transaction that {newPrimary} took meanwhile is there.",
            }
            : new()
            {
                Verdict = ProofVerdict.Disproven,
                Reason = $"Writes are at {oldPrimary} again, and it lacks transactions that {newPrimary} has.",
                MissingGtids = missing,
            };
    }
}
