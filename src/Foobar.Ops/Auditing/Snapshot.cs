using System.Runtime.CompilerServices;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Auditing;

/// <summary>All facts of a site at one time. It can be saved, judged offline and compared; see <see cref="SnapshotFile"/>.</summary>
public sealed record Snapshot
{
    /// <summary>The site as declared when the facts were read, its policy among it.</summary>
    public required Site Site { get; init; }

    /// <summary>When the reading began, in UTC; the only clock that judgement has.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>How long the reading took.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>The version of the module that read the facts.</summary>
    public string? ModuleVersion { get; init; }

    /// <summary>The facts, by server in the order of the inventory and then by part.</summary>
    public required IReadOnlyList<SnapshotFacts> Facts { get; init; }

    // With many servers a search through the list for each control of each server would take longer than judging.
    private static readonly ConditionalWeakTable<
        IReadOnlyList<SnapshotFacts>, Dictionary<(string Part, string Server), SnapshotFacts>> Indexes = [];

    /// <summary>The facts of one part of one server; a reading without a value if the snapshot holds none.</summary>
    public Reading<TFacts> Read<TFacts>(string part, string server)
        where TFacts : class
    {
        return Indexes.GetValue(Facts, Index).GetValueOrDefault((part, server.ToUpperInvariant())) switch
        {
            null => Reading.Unreadable<TFacts>($"The snapshot holds no facts '{part}' of {server}."),
            { Value: TFacts value } => Reading.Of(value),
            { Failure: { } failure } => Reading.Unreadable<TFacts>(failure),
            _ => Reading.Unreadable<TFacts>($"The snapshot's facts '{part}' of {server} are of another kind."),
        };
    }

    private static Dictionary<(string Part, string Server), SnapshotFacts> Index(IReadOnlyList<SnapshotFacts> facts)
    {
        Dictionary<(string Part, string Server), SnapshotFacts> index = new(facts.Count);
        foreach (SnapshotFacts one in facts)
        {
            index.TryAdd((one.Part, one.Server.ToUpperInvariant()), one);
        }

        return index;
    }
}

/// <summary>The facts of one area of one server, or why they could not be read.</summary>
public sealed record SnapshotFacts
{
    /// <summary>The server they are of.</summary>
    public required string Server { get; init; }

    /// <summary>The part of the audit they belong to: <c>server</c>, <c>firewall</c>.</summary>
    public required string Part { get; init; }

    /// <summary>The facts; <see langword="null"/> if they could not be read.</summary>
    public object? Value { get; init; }

    /// <summary>Why they could not be read; <see langword="null"/> if they could.</summary>
    public string? Failure { get; init; }
}
